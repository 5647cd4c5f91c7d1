//! `aipress explain CODE`, a guard's name, `site/NAME`, a Terraform address, and `tenant/NAME [FIELD]`: a value and the layer that gave it.

use std::path::Path;

use aipress_core::check::fleet::Fleet as Checked;
use aipress_core::diag::{Code, Diagnostic, suggest};
use aipress_core::explain;
use aipress_core::plan::fields::flat;
use aipress_core::plan::guards::names;
use aipress_core::source::{SourceId, SourceSet, Span};
use aipress_core::spec::guards::GUARDS;
use aipress_core::syntax::Node;
use serde_json::json;

use super::{explain_connections, explain_placement};
use crate::args::ExplainArgs;
use crate::args::placement::AnswerFormat;
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
            out::result(&page(folder, args)?);
            Ok(Exit::Fine)
        }
    }
}

/// The page of a code, or of the code of a guard.
fn page(folder: &Path, args: &ExplainArgs) -> Result<String, Diagnostic> {
    let subject = args.subject.as_str();
    if let Some(code) = names::code(&subject.to_ascii_lowercase()) {
        let rest = explain::page(code).unwrap_or_default();
        return Ok(format!("The guard `{subject}` of a plan reports {code}.\n\n{rest}"));
    }
    let found = code(subject).filter(|_| subject.len() == "AIP0000".len()).and_then(explain::page);
    found.map(str::to_owned).ok_or_else(|| {
        Diagnostic::error_without_place(Code(603), format!("there is no page for `{subject}`")).help(near(folder, args))
    })
}

/// Reads a code: `AIP0205`, or with digits or letters left out.
fn code(subject: &str) -> Option<Code> {
    let upper = subject.to_ascii_uppercase();
    let digits = upper.strip_prefix("AIP").unwrap_or(&upper);
    let is_short = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_short.then(|| digits.parse().ok().map(Code)).flatten()
}

/// What may have been meant: a code, a site or a shard of the fleet if it compiles, a guard, or a word of this command.
fn near(folder: &Path, args: &ExplainArgs) -> String {
    let subject = args.subject.as_str();
    if let Some(code) = code(subject).filter(|code| explain::page(*code).is_some()) {
        return format!("did you mean `{code}`?");
    }
    let fleet = fleet::load(folder, &args.input).ok();
    let checked = fleet.as_ref().map(|fleet| fleet.compilation.context().fleet);
    let sites: Vec<String> = checked.iter().flat_map(|fleet| &fleet.sites).map(|site| site.id.to_string()).collect();
    if let Some(site) = suggest(subject, sites.iter().map(String::as_str)) {
        return format!("did you mean `tenant/{site}` (its values) or `site/{site}` (all that exists for it)?");
    }
    let shards = checked.iter().flat_map(|fleet| fleet.shards.keys()).map(String::as_str);
    if let Some(shard) = suggest(subject, shards) {
        return format!("did you mean `connections {shard}`? How full it is says `aipress capacity`.");
    }
    let codes: Vec<String> = explain::codes().iter().map(ToString::to_string).collect();
    let words = ["placement", "connections"].into_iter().chain(GUARDS.into_iter().map(|guard| guard.name));
    match suggest(subject, words.chain(codes.iter().map(String::as_str))) {
        Some(word) => format!("did you mean `{word}`?"),
        None => "name a code as it is printed (`AIP0012`), a guard (`destroys-data`), `tenant/NAME`, `site/NAME`, \
                 `placement SITE`, `connections SHARD` or a Terraform address."
            .to_owned(),
    }
}

/// Shows values: what the tenant's own document says first, then what it inherits, then what is built in.
fn tenant(folder: &Path, name: &str, args: &ExplainArgs) -> Result<Exit, Failure> {
    let fleet = fleet::load(folder, &args.input)?;
    let values = values(&fleet, name, args.field.as_deref())?;
    if args.format == AnswerFormat::Json {
        let one =
            |(path, value, _, origin): &Value| json!({"field": format!("spec.{path}"), "value": value, "from": origin});
        let all: Vec<_> = values.iter().map(one).collect();
        out::result(&format!("{:#}\n", json!({"formatVersion": 1, "site": name, "values": all})));
        return Ok(Exit::Fine);
    }
    let checked = fleet.compilation.context().fleet;
    let document = checked.site(name).and_then(|site| checked.tenants.get(site.tenant)).map(|tenant| tenant.source);
    // The platform's document may stand in the same file: what has no layer in its origin is the tenant's.
    let own = |value: &Value| Some(value.2.source) == document && value.3.starts_with("tenants/");
    let is_built_in = |value: &Value| value.2.source == SourceId::BUILT_IN;
    let parts: [(&str, Vec<&Value>); 3] = [
        ("set in its own document", values.iter().filter(|value| !is_built_in(value) && own(value)).collect()),
        ("inherited from the platform", values.iter().filter(|value| !is_built_in(value) && !own(value)).collect()),
        ("built in", values.iter().filter(|value| is_built_in(value)).collect()),
    ];
    let mut text = String::new();
    for (title, values) in parts.into_iter().filter(|(_, values)| !values.is_empty()) {
        // One field needs no table of contents.
        if args.field.is_none() {
            text += &format!("{}# {title}\n", if text.is_empty() { "" } else { "\n" });
        }
        for (path, value, _, origin) in values {
            text += &format!("spec.{path}: {value}  [{origin}]\n");
        }
    }
    out::result(&text);
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
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a tenant (`acme`) or one of its environments (`acme--staging`).".to_owned(),
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
