//! Writes a table in its one committed form: sorted, one argument per line, so that a new version of a provider is a
//! readable difference.

use serde_json::Value;

use crate::table::Table;

/// The widest line that an object or a list is written on.
const WIDTH: usize = 160;

impl Table {
    /// Writes the committed form; reading it gives an equal table.
    #[must_use]
    pub fn to_text(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or(Value::Null);
        let mut out = String::new();
        write(&value, 0, &mut out);
        out.push('\n');
        out
    }
}

fn write(value: &Value, indent: usize, out: &mut String) {
    let line = compact(value);
    if indent > 0 && line.len() + indent <= WIDTH && !holds_blocks(value) {
        out.push_str(&line);
        return;
    }
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let items = fields.iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value));
            write_items(items, indent, ('{', '}'), out);
        }
        Value::Array(items) if !items.is_empty() => {
            write_items(items.iter().map(|value| (String::new(), value)), indent, ('[', ']'), out);
        }
        _ => out.push_str(&line),
    }
}

fn write_items<'a>(
    items: impl Iterator<Item = (String, &'a Value)>,
    indent: usize,
    (open, close): (char, char),
    out: &mut String,
) {
    out.push(open);
    for (at, (key, value)) in items.enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(indent + 1));
        out.push_str(&key);
        write(value, indent + 1, out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
}

/// Objects of objects get a line per field, however short they are.
fn holds_blocks(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| {
        fields.keys().any(|key| ["attributes", "blocks", "block", "resources"].contains(&key.as_str()))
            || fields.values().filter(|field| field.is_object()).count() > 0
    })
}

fn compact(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), compact(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
