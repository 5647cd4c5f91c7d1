//! The published form: a schema file per kind, and one page that people read.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{dereference, schema};
use crate::spec::kind::{API_VERSION, Kind};

/// Returns the files of the folder `schema/`, with the paths under which they are committed.
#[must_use]
pub fn files() -> Vec<(String, String)> {
    let json = |kind: &Kind| {
        let text = serde_json::to_string_pretty(schema(*kind)).unwrap_or_default();
        (format!("schema/{}.schema.json", kind.slug()), format!("{text}\n"))
    };
    Kind::ALL.iter().map(json).chain(std::iter::once(("schema/README.md".to_owned(), readme()))).collect()
}

fn readme() -> String {
    let mut page = format!(
        "# The language\n\nEvery document has `apiVersion: {API_VERSION}`, a `kind`, `metadata` and a `spec`. These pages and the \
         JSON Schemas beside them\nare made from the compiler's own types; an editor that reads\n\n```yaml\n\
         # yaml-language-server: $schema=../schema/tenant.schema.json\n```\n\nin the first line of a file checks and completes it.\n\n\
         `[host]` behind a list names the field by which layers merge its items; an item with `absent: true` removes an \
         inherited one.\n`tier` values and others marked *derived* come from other values when no layer says them. A version is \
         always a quoted text.\n\n"
    );
    for kind in Kind::ALL {
        let anchor = kind.name().to_lowercase();
        let _ = writeln!(page, "- [{}](#{anchor}): `{}.schema.json`", kind.name(), kind.slug());
    }
    for kind in Kind::ALL {
        section(&mut page, kind);
    }
    page
}

fn section(page: &mut String, kind: Kind) {
    let root = schema(kind);
    let description = root.get("description").and_then(Value::as_str).unwrap_or_default();
    let _ = write!(
        page,
        "\n## {}\n\n{description}\n\n| Field | Type | Default | Limits | Meaning |\n| --- | --- | --- | --- | --- |\n",
        kind.name()
    );
    let mut table = Table { root, kind, open: Vec::new(), rows: page };
    for part in ["metadata", "spec"] {
        if let Some(property) = root.pointer(&format!("/properties/{part}")) {
            let prefix = if part == "spec" { String::new() } else { format!("{part}.") };
            table.fields(&prefix, property);
        }
    }
}

struct Table<'a> {
    root: &'a Value,
    kind: Kind,
    /// Definitions around the present row; one inside itself is not opened again.
    open: Vec<&'a str>,
    rows: &'a mut String,
}

impl<'a> Table<'a> {
    fn fields(&mut self, prefix: &str, schema: &'a Value) {
        let target = dereference(self.root, schema);
        let Some(Value::Object(properties)) = target.get("properties") else { return };
        let required = [target, schema].map(|from| from.get("required").and_then(Value::as_array));
        for (name, property) in properties.iter().filter(|(name, _)| *name != "absent") {
            let is_required = required.iter().flatten().any(|names| names.iter().any(|one| one == name));
            self.row(&format!("{prefix}{name}"), property, is_required);
        }
    }

    fn row(&mut self, path: &str, property: &'a Value, is_required: bool) {
        let key = property.get("x-key").and_then(Value::as_str);
        let path = key.map_or_else(|| path.to_owned(), |key| format!("{path}[{key}]"));
        let items = dereference(self.root, property).get("items");
        let inner = items.unwrap_or(property);
        let definition = inner.get("$ref").and_then(Value::as_str).unwrap_or_default();
        let opens = dereference(self.root, inner).get("properties").is_some();
        let elsewhere = opens && (self.open.contains(&definition) || self.is_tenants(definition));
        let kind =
            if elsewhere { "part of a tenant's `spec`".to_owned() } else { self.type_of(property, key.is_some()) };
        let default = if is_required { "*required*".to_owned() } else { default_of(property) };
        let cells = [format!("`{path}`"), kind, default, self.limits(property), self.meaning(property)];
        let _ = writeln!(self.rows, "| {} |", cells.map(|cell| escape(&cell)).join(" | "));
        if opens && !elsewhere {
            self.open.push(definition);
            self.fields(&format!("{path}."), inner);
            self.open.pop();
        }
    }

    /// Whether a definition is a layer of tenants inside another kind; it is explained there.
    fn is_tenants(&self, definition: &str) -> bool {
        let name = definition.trim_start_matches("#/$defs/");
        match self.kind {
            Kind::Tenant => name == "TenantSpec",
            Kind::Platform => ["TenantSpec", "Runtime", "Database", "Cache", "Backup"].contains(&name),
            Kind::Shard | Kind::Acknowledgement | Kind::Usage | Kind::PriceList => false,
        }
    }

    fn type_of(&self, property: &Value, is_keyed: bool) -> String {
        let target = dereference(self.root, property);
        if let Some(items) = target.get("items") {
            return if is_keyed { "list".to_owned() } else { format!("list of {}", self.type_of(items, false)) };
        }
        match target.get("type") {
            Some(Value::String(name)) => match name.as_str() {
                "string" if target.get("enum").is_some() => "word".to_owned(),
                "string" => "text".to_owned(),
                "boolean" => "true or false".to_owned(),
                "object" => "map".to_owned(),
                other => other.to_owned(),
            },
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
            _ => "word".to_owned(),
        }
    }

    fn limits(&self, property: &Value) -> String {
        let target = dereference(self.root, property);
        let target = target.get("items").map_or(target, |items| dereference(self.root, items));
        let mut limits: Vec<String> = Vec::new();
        if let Some(Value::Array(words)) = target.get("enum") {
            limits.push(words.iter().map(plain).collect::<Vec<_>>().join(", "));
        }
        let number = |key: &str| target.get(key).map(Value::to_string);
        match (number("minimum"), number("maximum")) {
            (Some(low), Some(high)) => limits.push(format!("{low} to {high}")),
            (Some(low), None) => limits.push(format!("from {low}")),
            (None, Some(high)) => limits.push(format!("up to {high}")),
            (None, None) => {}
        }
        let many = |schema: &Value, key: &str| schema.get(key).map(Value::to_string);
        if let Some(most) = many(target, "maxLength") {
            limits.push(format!("up to {most} characters"));
        }
        if let Some(most) = many(property, "maxItems") {
            limits.push(format!("up to {most} items"));
        }
        for (key, word) in [("x-min", "from"), ("x-max", "up to")] {
            if let Some(limit) = property.get(key).and_then(Value::as_str) {
                limits.push(format!("{word} {limit}"));
            }
        }
        limits.join("; ")
    }

    fn meaning(&self, property: &Value) -> String {
        let own = property.get("description").and_then(Value::as_str).unwrap_or_default();
        let target = dereference(self.root, property);
        let words = target.get("enum").and_then(|_| target.get("description")).and_then(Value::as_str);
        let words = words.filter(|_| property.get("$ref").is_some()).unwrap_or_default();
        let words = words.split("\n\n").filter(|line| line.starts_with('`'));
        let mut text = std::iter::once(own).chain(words).collect::<Vec<_>>().join("\n\n");
        let is_nested = target.get("properties").is_some() || target.get("items").is_some();
        let example = property.get("examples").and_then(|list| list.get(0)).filter(|_| !is_nested);
        if let Some(example) =
            example.filter(|example| property.get("default") != Some(example) && !example.is_boolean())
            && target.get("enum").is_none()
        {
            let _ = write!(text, " Example: {}", plain(example));
        }
        text
    }
}

fn default_of(property: &Value) -> String {
    match property.get("default") {
        None => String::new(),
        Some(Value::Array(items)) if items.iter().any(Value::is_object) => {
            let named =
                |item: &Value| item.as_object().and_then(|map: &Map<String, Value>| map.values().next()).map(plain);
            items.iter().filter_map(named).collect::<Vec<_>>().join(", ")
        }
        Some(value) => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Object(map) if map.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => format!("`{other}`"),
    }
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|").replace("\n\n", "<br>").replace('\n', " ")
}
