//! Whether every resource has a provider that the blueprint requires, and a type that the provider has.

use super::module::{Declared, Mode, Module};
use super::{PROVIDER, Report, Tables, near, resource};
use crate::diag::Diagnostic;

/// The provider that is part of Terraform itself.
const BUILT_IN: &str = "terraform";

/// Checks the providers and types of all resources.
pub(super) fn check(module: &Module<'_>, tables: &Tables, report: &mut Report) {
    let mut without_table: Vec<&str> = Vec::new();
    for declared in module.resources.iter().filter(|declared| declared.provider != BUILT_IN) {
        let Some(source) = module.providers.get(declared.provider) else {
            report.diagnostics.push(undeclared(module, declared));
            continue;
        };
        let name = source.rsplit('/').next().unwrap_or(source);
        match tables.get(name) {
            None if without_table.contains(&name) => {}
            None => {
                without_table.push(name);
                report.diagnostics.push(no_table(declared, name));
            }
            Some(table) if declared.schema.is_none() => {
                let types = match declared.mode {
                    Mode::Resource => &table.resources,
                    Mode::Data => &table.data_sources,
                    Mode::Ephemeral => &table.ephemeral,
                };
                let provider = format!("{} {}", table.provider, table.version);
                let problem = resource::unknown_type(declared, &provider, types.keys().map(String::as_str));
                report.diagnostics.push(problem);
            }
            Some(_) => {}
        }
    }
}

fn undeclared(module: &Module<'_>, declared: &Declared<'_>) -> Diagnostic {
    let provider = declared.provider;
    let title =
        format!("`{}` uses the provider `{provider}`, which the blueprint does not require", declared.address());
    let otherwise = format!("add `{provider}` to `required_providers` in the blueprint's `versions.tf`.");
    let label = "its provider is not among `required_providers`";
    near(
        Diagnostic::error(PROVIDER, title, declared.kind_span(), label),
        provider,
        module.providers.keys().copied(),
        &otherwise,
    )
}

fn no_table(declared: &Declared<'_>, provider: &str) -> Diagnostic {
    let title = format!("what the provider `{provider}` offers is not known");
    Diagnostic::warning(PROVIDER, title, declared.kind_span(), "its resources are not checked before Terraform runs")
        .help("write its table with `aipress blueprint schema --from FILE`.")
}
