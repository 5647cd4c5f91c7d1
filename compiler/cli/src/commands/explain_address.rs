//! `aipress explain ADDRESS`: from a Terraform address to the blueprint's line that makes it and the YAML that its
//! arguments come from. Addresses that many stacks have need theirs in front: `shards/eu1-001:module.shard...`.

use std::collections::BTreeMap;
use std::path::Path;

use aipress_core::diag::{Code, Diagnostic, list};
use aipress_core::lower::{Call, module_name};
use aipress_core::plan::render::safe;
use aipress_core::source::{SourceId, Span};
use aipress_core::{Compilation, Stack};

use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::fleet::{self, Fleet};
use crate::out;

/// Runs the command.
///
/// # Errors
/// Errors of the fleet; an address that no stack has.
pub fn run(folder: &Path, args: &ExplainArgs) -> Result<Exit, Failure> {
    let fleet = fleet::load(folder, &args.input)?;
    let (stack, address) = match args.subject.split_once(":module.") {
        Some((stack, rest)) => (Some(stack), format!("module.{rest}")),
        None => (None, args.subject.clone()),
    };
    let module = address.split('.').nth(1).unwrap_or_default();
    let stacks = stacks(&fleet.compilation, stack, module);
    let [one] = stacks.as_slice() else { return Err(which(&address, &stacks).into()) };
    let rendered =
        fleet.compilation.render_with_calls(one).map_err(|errors| Failure::new(fleet.sources.clone(), errors))?;
    let call = rendered.calls.iter().find(|call| call.name == module);
    let predicted = rendered
        .files
        .iter()
        .any(|file| file.path.ends_with("/expected.json") && file.content.contains(&format!("{:?}", address)));
    let Some(call) = call else { return Err(which(&address, &[]).into()) };
    out::result(&text(&fleet, one, call, &address, predicted));
    Ok(Exit::Fine)
}

fn folder_of(stack: &Stack) -> String {
    match stack {
        Stack::Bootstrap => "bootstrap".to_owned(),
        Stack::Platform => "platform".to_owned(),
        Stack::Edge(name) => format!("edges/{name}"),
        Stack::Shard(name) => format!("shards/{name}"),
        Stack::Common => "common".to_owned(),
    }
}

/// The stacks that may have a module: the one that was named, the shard of a site, or all with such a call.
fn stacks(compilation: &Compilation, named: Option<&str>, module: &str) -> Vec<Stack> {
    let context = compilation.context();
    let site = context.fleet.sites.iter().find(|site| module_name(&site.id.resource()) == module);
    let home = site.and_then(|site| context.placement.get(&site.id.to_string()));
    let fits = |stack: &Stack| match (named, stack) {
        (Some(named), stack) => folder_of(stack) == named,
        (None, Stack::Shard(name)) => match home {
            Some(home) => home.shard == *name,
            None => module == "shard",
        },
        (None, Stack::Edge(_)) => module == "edge",
        (None, Stack::Platform) => module == "platform",
        (None, Stack::Bootstrap) => module == "bootstrap",
        (None, Stack::Common) => false,
    };
    compilation.stacks().into_iter().filter(fits).collect()
}

fn which(address: &str, stacks: &[Stack]) -> Diagnostic {
    if stacks.is_empty() {
        return Diagnostic::error_without_place(Code(603), format!("no stack has the address `{address}`"))
            .help("name it as Terraform does, such as `module.site_acme.google_storage_bucket.media[0]`.");
    }
    let names: Vec<String> = stacks.iter().map(folder_of).collect();
    let title = format!("{} have the address `{address}`", list(names.iter().map(String::as_str), "and", 4));
    let first = names.first().map_or("", String::as_str);
    Diagnostic::error_without_place(Code(603), title).help(format!("name one: `{first}:{address}`."))
}

fn text(fleet: &Fleet, stack: &Stack, call: &Call, address: &str, predicted: bool) -> String {
    let place = |span: Span| format!("{}:{}", safe(fleet.sources.path(span.source)), fleet.sources.line_column(span).0);
    let state = if predicted { "exists by this fleet" } else { "does not exist by this fleet" };
    let mut text = format!("{}\n  stack      {}; it {state}\n", safe(address), folder_of(stack));
    let mut parts = address.split('.').skip(2);
    let (kind, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let name = name.split('[').next().unwrap_or_default();
    let contract = fleet.compilation.contract(call.blueprint, &call.version);
    let resource =
        contract.and_then(|contract| contract.resources.iter().find(|one| one.kind == kind && one.name == name));
    let line = resource.map_or_else(|| "no such resource".to_owned(), |resource| place(resource.span));
    text += &format!("  blueprint  {}/{}: {line}\n", call.blueprint, call.version);
    // Several arguments of one call often come from the same line: told once.
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, argument) in &call.arguments {
        let Some(span) = argument.span.filter(|span| span.source != SourceId::BUILT_IN) else { continue };
        lines.entry(place(span)).or_default().push(name);
    }
    text += "  arguments of its call, by the line that gave them\n";
    for (place, names) in lines {
        text += &format!("    {place}: {}\n", names.join(", "));
    }
    text
}
