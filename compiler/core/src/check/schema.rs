//! A document against the schema of its kind, every finding at its token.
//!
//! The schema comes from the types, so what passes here decodes. What JSON Schema cannot say is added by a walk over the
//! same tree: keys of lists that repeat, alternatives given together, versions that float or are not quoted.

use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::Value as Json;

use crate::diag::{Code, Diagnostic, list, suggest};
use crate::source::Span;
use crate::spec::duration::Duration;
use crate::spec::kind::Kind;
use crate::spec::merge::MergeRules;
use crate::spec::schema::{dereference, merge_rules, schema, to_json};
use crate::syntax::{Node, Value};

const UNKNOWN_FIELD: Code = Code(101);
const WRONG_TYPE: Code = Code(102);
const NOT_ALLOWED: Code = Code(103);
const MISSING: Code = Code(104);
const OUT_OF_RANGE: Code = Code(105);
const BAD_FORMAT: Code = Code(106);
const NULL: Code = Code(107);
const UNQUOTED_VERSION: Code = Code(108);
const LENGTH: Code = Code(110);
const ALTERNATIVES: Code = Code(111);
const REPEATED_KEY: Code = Code(112);
const FLOATING_VERSION: Code = Code(113);
const HTTP_ONLY: Code = Code(421);
const EXACT_VERSION: Code = Code(425);

/// Checks one document.
#[must_use]
pub fn check_document(kind: Kind, node: &Node) -> Vec<Diagnostic> {
    let json = to_json(node);
    let mut found: Vec<Diagnostic> = Vec::new();
    if let Some(validator) = validator(kind) {
        found.extend(validator.iter_errors(&json).flat_map(|error| describe(kind, node, &error)));
    }
    if let Some(spec) = node.get("spec") {
        walk(spec, merge_rules(kind), "", &mut found);
    }
    let root = schema(kind);
    check_values(root, root, node, &mut found);
    found
}

fn validator(kind: Kind) -> Option<&'static Validator> {
    static ALL: LazyLock<Vec<(Kind, Option<Validator>)>> = LazyLock::new(|| {
        Kind::ALL.iter().map(|kind| (*kind, jsonschema::draft202012::new(schema(*kind)).ok())).collect()
    });
    ALL.iter().find(|(known, _)| *known == kind).and_then(|(_, validator)| validator.as_ref())
}

/// A place in the tree: the node, the key that leads to it, and its dotted name.
struct Place<'a> {
    node: &'a Node,
    key_span: Option<Span>,
    name: String,
    schema: &'a Json,
}

fn locate<'a>(kind: Kind, root: &'a Node, error: &ValidationError<'_>) -> Place<'a> {
    let root_schema = schema(kind);
    let mut place = Place { node: root, key_span: None, name: String::new(), schema: root_schema };
    for segment in error.instance_path() {
        let target = dereference(root_schema, place.schema);
        match segment {
            LocationSegment::Property(name) => {
                let Some(entry) = place.node.entry(&name) else { break };
                let property = target
                    .get("properties")
                    .and_then(|all| all.get(&*name))
                    .or_else(|| target.get("additionalProperties"));
                let separator = if place.name.is_empty() { "" } else { "." };
                place = Place {
                    node: &entry.value,
                    key_span: Some(entry.key_span),
                    name: format!("{}{separator}{name}", place.name),
                    schema: property.unwrap_or(&Json::Null),
                };
            }
            LocationSegment::Index(index) => {
                let Some(item) = place.node.items().get(index) else { break };
                place = Place {
                    node: item,
                    key_span: None,
                    name: format!("{}[{index}]", place.name),
                    schema: target.get("items").unwrap_or(&Json::Null),
                };
            }
        }
    }
    place.schema = dereference(root_schema, place.schema);
    place.name = place.name.strip_prefix("spec.").map(str::to_owned).unwrap_or(place.name);
    place
}

fn describe(kind: Kind, root: &Node, error: &ValidationError<'_>) -> Vec<Diagnostic> {
    let place = locate(kind, root, error);
    let span = first_line(&place);
    let name = if place.name.is_empty() { "the document".to_owned() } else { format!("`{}`", place.name) };
    if place.node.value == Value::Null {
        return vec![null(&place, &name)];
    }
    let one = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            return unexpected.iter().map(|field| unknown_field(kind, &place, field)).collect();
        }
        ValidationErrorKind::Required { property } => missing(&place, &name, property.as_str().unwrap_or_default()),
        ValidationErrorKind::Type { kind } => wrong_type(&place, &name, kind),
        ValidationErrorKind::Enum { options } => {
            not_allowed(&place, &name, options.as_array().map_or(&[], Vec::as_slice))
        }
        ValidationErrorKind::Constant { expected_value } => {
            not_allowed(&place, &name, std::slice::from_ref(&**expected_value))
        }
        ValidationErrorKind::Minimum { limit } | ValidationErrorKind::ExclusiveMinimum { limit } => {
            out_of_range(&place, &name, &format!("expected at least {limit}"))
        }
        ValidationErrorKind::Maximum { limit } | ValidationErrorKind::ExclusiveMaximum { limit } => {
            out_of_range(&place, &name, &format!("expected at most {limit}"))
        }
        ValidationErrorKind::Pattern { .. } | ValidationErrorKind::Format { .. } => bad_format(&place, &name),
        ValidationErrorKind::MinLength { limit } => {
            length(&place, &name, &format!("expected at least {limit} characters"))
        }
        ValidationErrorKind::MaxLength { limit } => {
            length(&place, &name, &format!("expected at most {limit} characters"))
        }
        ValidationErrorKind::MinItems { limit } => {
            length(&place, &name, &format!("expected at least {}", items(*limit)))
        }
        ValidationErrorKind::MaxItems { limit } => {
            length(&place, &name, &format!("expected at most {}", items(*limit)))
        }
        ValidationErrorKind::MinProperties { limit } => {
            length(&place, &name, &format!("expected at least {limit} entries"))
        }
        ValidationErrorKind::MaxProperties { limit } => {
            length(&place, &name, &format!("expected at most {limit} entries"))
        }
        ValidationErrorKind::UniqueItems => Diagnostic::error(
            NOT_ALLOWED,
            format!("{name} holds the same item twice"),
            span,
            "expected different items",
        )
        .help("remove the repetition."),
        ValidationErrorKind::PropertyNames { error } => Diagnostic::error(
            BAD_FORMAT,
            format!("{name} has a key that may not stand there"),
            span,
            expectation(place.schema),
        )
        .help(format!("rename the key {}.", error.instance())),
        _ => Diagnostic::error(
            WRONG_TYPE,
            format!("{name} does not have the expected form"),
            span,
            expectation(place.schema),
        )
        .help("see `aipress schema` for what may stand here."),
    };
    vec![one]
}

fn items(limit: u64) -> String {
    crate::diag::count(limit, "item", "items")
}

/// Scalars are underlined whole; of maps and lists, the key that holds them.
fn first_line(place: &Place<'_>) -> Span {
    match (&place.node.value, place.key_span) {
        (Value::Map(_) | Value::Seq(_), Some(key)) => key,
        (Value::Map(entries), None) => entries.first().map_or(place.node.span, |entry| entry.key_span),
        _ => place.node.span,
    }
}

fn null(place: &Place<'_>, name: &str) -> Diagnostic {
    let span =
        if place.node.span.range().is_empty() { place.key_span.unwrap_or(place.node.span) } else { place.node.span };
    Diagnostic::error(NULL, format!("{name} has no value"), span, "expected a value; `null` is not one")
        .help("give a value, or remove the line to inherit it from a lower layer.")
}

fn unknown_field(kind: Kind, place: &Place<'_>, field: &str) -> Diagnostic {
    let span = place.node.entry(field).map_or(place.node.span, |entry| entry.key_span);
    let known: Vec<&str> = place
        .schema
        .get("properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect();
    let within = if place.name.is_empty() { format!("a {}", kind.name()) } else { format!("`{}`", place.name) };
    let help = match suggest(field, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if known.is_empty() => "remove it.".to_owned(),
        None => format!("use one of {}.", list(known, "and", 12)),
    };
    Diagnostic::error(UNKNOWN_FIELD, format!("unknown field `{field}`"), span, format!("{within} has no such field"))
        .help(help)
}

fn missing(place: &Place<'_>, name: &str, field: &str) -> Diagnostic {
    let what =
        place.schema.get("properties").and_then(|all| all.get(field)).and_then(|property| property.get("description"));
    let text = what.and_then(Json::as_str).and_then(|text| text.lines().next()).unwrap_or_default();
    Diagnostic::error(
        MISSING,
        format!("{name} lacks `{field}`"),
        first_line(place),
        format!("expected `{field}` in it"),
    )
    .help(format!("add `{field}`. {text}").trim_end().to_owned())
}

fn wrong_type(place: &Place<'_>, name: &str, kind: &TypeKind) -> Diagnostic {
    let expected = match kind {
        TypeKind::Single(one) => vec![one.to_string()],
        TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect(),
    };
    let is_text = expected.iter().any(|one| one == "string");
    let is_number = matches!(place.node.value, Value::Int(_) | Value::Float(_));
    let span = first_line(place);
    if is_text && is_number && place.schema.get("x-version").is_some() {
        return Diagnostic::error(
            UNQUOTED_VERSION,
            format!("{name} must be a quoted string"),
            span,
            "YAML reads this as a number: 8.30 becomes 8.3",
        )
        .help("put the version in double quotes.");
    }
    let words = expected.iter().map(|one| type_word(one)).collect::<Vec<_>>().join(" or ");
    let help = match &place.node.value {
        Value::Int(_) | Value::Float(_) | Value::Bool(_) if is_text => "put the value in double quotes.".to_owned(),
        Value::Str(_) if expected.iter().any(|one| one == "integer" || one == "number") => {
            "write the number without quotes and units.".to_owned()
        }
        Value::Str(_) if expected.iter().any(|one| one == "boolean") => {
            "write `true` or `false`, without quotes.".to_owned()
        }
        _ => format!("replace it by {words}."),
    };
    Diagnostic::error(
        WRONG_TYPE,
        format!("{name} is {}", found_word(&place.node.value)),
        span,
        format!("expected {words}"),
    )
    .help(help)
}

fn type_word(name: &str) -> &'static str {
    match name {
        "string" => "text",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a map",
        _ => "nothing",
    }
}

fn found_word(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "a truth value",
        Value::Int(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Str(_) => "text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Str(text) if text.chars().count() <= 60 => format!("`{text}`"),
        Value::Int(number) => format!("`{number}`"),
        Value::Float(number) => format!("`{number}`"),
        Value::Bool(value) => format!("`{value}`"),
        Value::Null | Value::Str(_) | Value::Seq(_) | Value::Map(_) => "this value".to_owned(),
    }
}

fn not_allowed(place: &Place<'_>, name: &str, options: &[Json]) -> Diagnostic {
    if place.name == "proxysql.mode" && place.node.as_str().is_some_and(|mode| mode.starts_with("cloud")) {
        let words: Vec<&str> = options.iter().filter_map(Json::as_str).collect();
        return Diagnostic::error(
            HTTP_ONLY,
            "ProxySQL cannot run as a Cloud Run service",
            place.node.span,
            "Cloud Run takes HTTP only, the database speaks TCP",
        )
        .help(format!("use {}.", list(words, "or", 8)));
    }
    let words: Vec<String> =
        options.iter().map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned)).collect();
    let near = place.node.as_str().and_then(|text| suggest(text, words.iter().map(String::as_str)));
    let help = match near {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("use {}.", list(&words, "or", 24)),
    };
    Diagnostic::error(
        NOT_ALLOWED,
        format!("{name} may not be {}", shown(&place.node.value)),
        first_line(place),
        format!("expected {}", list(&words, "or", 8)),
    )
    .help(help)
}

fn out_of_range(place: &Place<'_>, name: &str, expected: &str) -> Diagnostic {
    Diagnostic::error(OUT_OF_RANGE, format!("{name} is out of range"), first_line(place), expected.to_owned())
        .help(format!("set {name} to {}.", range_words(place.schema)))
}

fn range_words(schema: &Json) -> String {
    match (schema.get("minimum"), schema.get("maximum")) {
        (Some(low), Some(high)) => format!("a value from {low} to {high}"),
        (Some(low), None) => format!("{low} or more"),
        (None, Some(high)) => format!("{high} or less"),
        (None, None) => "a value in range".to_owned(),
    }
}

fn example(schema: &Json) -> Option<String> {
    let value = schema.get("examples").and_then(|examples| examples.get(0))?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn expectation(schema: &Json) -> String {
    example(schema)
        .map_or_else(|| "expected another form".to_owned(), |example| format!("expected a form like `{example}`"))
}

fn bad_format(place: &Place<'_>, name: &str) -> Diagnostic {
    if place.schema.get("x-version").is_some() && is_floating(&place.node.value) {
        return floating(place.node, name);
    }
    let rule = place
        .schema
        .get("description")
        .and_then(Json::as_str)
        .and_then(|text| text.lines().next())
        .unwrap_or("write it as in the example.");
    Diagnostic::error(
        BAD_FORMAT,
        format!("{name} does not have the form that is expected"),
        first_line(place),
        expectation(place.schema),
    )
    .help(match example(place.schema) {
        Some(example) => format!("write it as in `{example}`. {}", sentence(rule)),
        None => sentence(rule),
    })
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '?']) { text.to_owned() } else { format!("{text}.") }
}

fn length(place: &Place<'_>, name: &str, expected: &str) -> Diagnostic {
    let found = match &place.node.value {
        Value::Str(text) => format!("has {}", crate::diag::count(text.chars().count(), "character", "characters")),
        Value::Seq(all) => format!("has {}", crate::diag::count(all.len(), "item", "items")),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Map(_) => {
            format!("has {}", crate::diag::count(place.node.entries().len(), "entry", "entries"))
        }
    };
    Diagnostic::error(LENGTH, format!("{name} {found}"), first_line(place), expected.to_owned())
        .help(format!("change {name} so that the limit holds."))
}

fn is_floating(value: &Value) -> bool {
    let Value::Str(text) = value else { return false };
    let word = text.to_ascii_lowercase();
    matches!(word.as_str(), "latest" | "stable" | "newest" | "nightly" | "trunk" | "dev" | "main" | "master" | "any")
        || word.contains(['*', '^', '~', '>', '<', 'x', ' '])
}

fn floating(node: &Node, name: &str) -> Diagnostic {
    // Versions of Terraform and its providers decide what every stack becomes: they have a code of their own.
    let code = if name.starts_with("`terraform.") { EXACT_VERSION } else { FLOATING_VERSION };
    Diagnostic::error(
        code,
        format!("{name} {} does not name one version", shown(&node.value)),
        node.span,
        "expected an exact version",
    )
    .help(format!(
        "write the exact version in double quotes, as in \"{}\".",
        if code == EXACT_VERSION { "8.7.0" } else { "6.9.1" }
    ))
}

/// Versions that float but have a form that the pattern lets pass; times that are too short or too long.
fn check_values(root: &Json, schema: &Json, node: &Node, found: &mut Vec<Diagnostic>) {
    let target = dereference(root, schema);
    for entry in node.entries() {
        let Some(property) = target.get("properties").and_then(|all| all.get(&*entry.key)) else { continue };
        let is_version = property.get("x-version").is_some();
        if is_version && property.get("pattern").is_none() && is_floating(&entry.value.value) {
            found.push(floating(&entry.value, &format!("`{}`", entry.key)));
        }
        found.extend(time_out_of_range(&entry.key, property, &entry.value));
        check_values(root, property, &entry.value, found);
    }
    if let Some(item_schema) = target.get("items") {
        node.items().iter().for_each(|item| check_values(root, item_schema, item, found));
    }
}

/// Lengths of time are text: their limits are `x-min` and `x-max`, which JSON Schema does not know.
fn time_out_of_range(name: &str, schema: &Json, node: &Node) -> Option<Diagnostic> {
    let limit = |key: &str| schema.get(key).and_then(Json::as_str).and_then(Duration::parse);
    let value = Duration::parse(node.as_str()?)?;
    let expected = match (limit("x-min"), limit("x-max")) {
        (Some(least), _) if value.seconds() < least.seconds() => format!("at least {least}"),
        (_, Some(most)) if value.seconds() > most.seconds() => format!("at most {most}"),
        _ => return None,
    };
    Some(
        Diagnostic::error(
            OUT_OF_RANGE,
            format!("`{name}` of {value} is out of range"),
            node.span,
            format!("expected {expected}"),
        )
        .help(format!("set `{name}` to {expected}.")),
    )
}

/// Keys of lists that repeat, and alternatives given together.
fn walk(node: &Node, rules: &MergeRules, name: &str, found: &mut Vec<Diagnostic>) {
    if let Some(key) = &rules.key {
        repeated(node, key, name, found);
    }
    for group in &rules.alternatives {
        let given: Vec<_> = group.iter().filter_map(|member| node.entry(member)).collect();
        if let [first, second, ..] = given.as_slice() {
            let names = list(given.iter().map(|entry| &*entry.key), "and", 4);
            let title = format!("{names} may not be given together");
            let help = format!("keep exactly one of {}.", list(group, "and", 4));
            found.push(
                Diagnostic::error(ALTERNATIVES, title, second.key_span, "expected only one of them")
                    .related(first.key_span, "given here")
                    .help(help),
            );
        }
    }
    for entry in node.entries() {
        walk(&entry.value, rules.field(&entry.key), &entry.key, found);
    }
    // Of an item only the fields count: it is a map, so the key finds no list in it.
    node.items().iter().for_each(|item| walk(item, rules, name, found));
}

fn repeated(list: &Node, key: &str, name: &str, found: &mut Vec<Diagnostic>) {
    let mut seen: std::collections::BTreeMap<&str, Span> = std::collections::BTreeMap::new();
    for value in list.items().iter().filter_map(|item| item.get(key)) {
        let Some(text) = value.as_str() else { continue };
        match seen.get(text) {
            Some(first) => found.push(
                Diagnostic::error(
                    REPEATED_KEY,
                    format!("`{name}` contains {key} `{text}` twice"),
                    value.span,
                    "given again here",
                )
                .related(*first, "first given here")
                .help("merge the two items into one, or rename one of them."),
            ),
            None => {
                seen.insert(text, value.span);
            }
        }
    }
}
