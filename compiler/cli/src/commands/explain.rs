//! `aipress explain CODE`, `site/NAME`, a Terraform address, and `tenant/NAME [FIELD]`: a value and the layer that gave it.

use std::path::Path;

use aipress_core::check::fleet::Fleet as Checked;
use aipress_core::diag::{Code, Diagnostic, suggest};
use aipress_core::explain;
use aipress_core::plan::fields::flat;
use aipress_core::source::{SourceId, SourceSet, Span};
use aipress_core::syntax::Node;

use super::{explain_connections, explain_placement};
use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;

/// Prints the page, or the fields.
///
/// # Errors
/// No such code, tenant or field; errors of the fleet.
pub fn run(folder: &Path, args: &ExplainArgs) -> Result<Exit, Failure> {
    match args.subject.split_once('/') {
        None if args.subject.starts_with("module.") => super::explain_address::run(folder, args),
        None if args.subject == "placement" => explain_placement::run(folder, args),
        None if args.subject == "connections" => explain_connections::run(folder, args),
        Some(("tenant", name)) => tenant(folder, name, args),
        Some(("site", name)) => super::show::site(folder, name, args.format, &args.input),
        _ if args.subject.contains("module.") => super::explain_address::run(folder, args),
        _ => {
            out::result(page(&args.subject)?);
            Ok(Exit::Fine)
        }
    }
}

fn page(subject: &str) -> Result<&'static str, Diagnostic> {
    let upper = subject.to_ascii_uppercase();
    let number = upper.strip_prefix("AIP").filter(|digits| digits.len() == 4).and_then(|digits| digits.parse().ok());
    number.and_then(|number| explain::page(Code(number))).ok_or_else(|| {
        Diagnostic::error_without_place(Code(603), format!("there is no page for `{subject}`"))
            .help("name a code as it is printed, such as `AIP0012`, or a tenant as `tenant/NAME`.")
    })
}

fn tenant(folder: &Path, name: &str, args: &ExplainArgs) -> Result<Exit, Failure> {
    let fleet = fleet::load(folder, &args.input)?;
    for (path, value, _, origin) in values(&fleet, name, args.field.as_deref())? {
        out::result(&format!("spec.{path}: {value}  [{origin}]\n"));
    }
    Ok(Exit::Fine)
}

/// A field, its value, its place, and the layer with the line in words.
pub type Value = (String, String, Span, String);

/// Lists the fields of a site, or those of a part of it.
///
/// # Errors
/// No such site or field.
pub fn values(fleet: &Fleet, name: &str, field: Option<&str>) -> Result<Vec<Value>, Failure> {
    let checked = fleet.compilation.context().fleet;
    let site = checked.site(name).ok_or_else(|| no_site(checked, name))?;
    let Some(resolved) = checked.resolve(&fleet.sources, site) else { return Err(no_site(checked, name).into()) };
    let wanted = field.map(|field| field.strip_prefix("spec.").unwrap_or(field));
    let fields = flat(&resolved.node);
    let is_wanted = |path: &str| {
        wanted.is_none_or(|wanted| {
            path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let found: Vec<Value> = fields
        .iter()
        .filter(|(path, ..)| is_wanted(path))
        .map(|(path, value, span)| (path.clone(), value.clone(), *span, origin(checked, &fleet.sources, *span)))
        .collect();
    match wanted {
        Some(wanted) if found.is_empty() => Err(no_field(wanted, fields.iter().map(|(path, ..)| path.as_str())).into()),
        _ => Ok(found),
    }
}

/// Names the layer of a value and its line.
fn origin(fleet: &Checked, sources: &SourceSet, span: Span) -> String {
    if span.source == SourceId::BUILT_IN {
        return "built-in".to_owned();
    }
    let place = format!("{}:{}", sources.path(span.source), sources.line_column(span).0);
    let layers = [("defaults", "defaults"), ("tiers", "tier"), ("enforced", "enforced"), ("merges", "always added")];
    let inside =
        |node: &Node| node.span.source == span.source && node.span.start <= span.start && span.end <= node.span.end;
    let layer = layers.iter().find(|(field, _)| fleet.platform.node.at(&["spec", field]).is_some_and(inside));
    match layer {
        Some((_, name)) => format!("{name}, {place}"),
        None => place,
    }
}

fn no_site(fleet: &Checked, name: &str) -> Diagnostic {
    let names: Vec<String> = fleet.sites.iter().map(|site| site.id.to_string()).collect();
    let help = match suggest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `tenant/{near}`?"),
        None => "name a tenant (`tenant/acme`) or one of its environments (`tenant/acme--staging`).".to_owned(),
    };
    Diagnostic::error_without_place(Code(603), format!("the fleet has no site `{name}`")).help(help)
}

fn no_field<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Diagnostic {
    // A map or a list can be asked for too: every beginning of a field that ends before a dot or a bracket.
    let parts = |path: &'a str| path.match_indices(['.', '[']).map(|(end, _)| &path[..end]).chain([path]);
    let help = match suggest(wanted, known.flat_map(parts)) {
        Some(near) => format!("did you mean `spec.{near}`?"),
        None => "leave the field out to see all of them.".to_owned(),
    };
    Diagnostic::error_without_place(Code(603), format!("the site has no field `spec.{wanted}`")).help(help)
}
