//! Layout: bodies, values, alignment and blank lines, as `terraform fmt` leaves them.
//!
//! `terraform fmt` aligns the `=` of consecutive lines that hold a whole `name = value`; a line that opens a bracket it
//! does not close, a blank line or a comment ends such a run.

use std::collections::BTreeSet;

use super::escape::{self, Unicode};
use super::{Block, Body, HclError, Item, Number, Part, Reference, Step, Value};

/// The widest line on which a list of scalars stays.
const LIST_WIDTH: usize = 100;

/// A `name = value` whose value is written; the value has more than one line if it opens a bracket.
struct Line {
    name: String,
    value: String,
}

impl Line {
    fn is_single(&self) -> bool {
        !self.value.contains('\n')
    }
}

/// Writes a body at a depth, each line with its newline.
pub(super) fn body(body: &Body, depth: usize) -> Result<String, HclError> {
    let mut out = String::new();
    let mut seen = BTreeSet::new();
    let mut run: Vec<Line> = Vec::new();
    let mut previous: Option<&Item> = None;
    for item in &body.items {
        if !matches!(item, Item::Attribute(..)) {
            flush(&mut run, depth, &mut out);
        }
        if wants_blank(previous, item) {
            flush(&mut run, depth, &mut out);
            out.push('\n');
        }
        match item {
            Item::Attribute(name, value) => run.push(attribute(name, value, depth, &mut seen)?),
            Item::Block(inner) => out.push_str(&block(inner, depth)?),
            Item::Comment(text) => comment(text, depth, &mut out),
        }
        previous = Some(item);
    }
    flush(&mut run, depth, &mut out);
    Ok(out)
}

/// Blocks stand apart; a comment belongs to what follows it.
fn wants_blank(previous: Option<&Item>, item: &Item) -> bool {
    match (previous, item) {
        (None | Some(Item::Comment(_)), _) => false,
        (Some(Item::Block(_)), _) | (Some(_), Item::Block(_) | Item::Comment(_)) => true,
        (Some(Item::Attribute(..)), Item::Attribute(..)) => false,
    }
}

fn attribute(name: &str, value: &Value, depth: usize, seen: &mut BTreeSet<String>) -> Result<Line, HclError> {
    let name = identifier(name)?;
    if !seen.insert(name.to_owned()) {
        return Err(HclError::Duplicate(name.to_owned()));
    }
    Ok(Line { name: name.to_owned(), value: self::value(value, depth, name.len() + 3)? })
}

fn block(block: &Block, depth: usize) -> Result<String, HclError> {
    let mut out = indent(depth);
    out.push_str(identifier(&block.kind)?);
    for label in &block.labels {
        out.push(' ');
        out.push_str(&escape::quoted(identifier(label)?, Unicode::Shown));
    }
    let inner = body(&block.body, depth + 1)?;
    if inner.is_empty() {
        out.push_str(" {}\n");
    } else {
        out.push_str(" {\n");
        out.push_str(&inner);
        out.push_str(&indent(depth));
        out.push_str("}\n");
    }
    Ok(out)
}

fn comment(text: &str, depth: usize, out: &mut String) {
    for line in text.lines() {
        let plain: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let line = format!("{}# {}", indent(depth), plain.trim());
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// Writes the pending lines, aligned in runs of lines whose value is whole.
fn flush(lines: &mut Vec<Line>, depth: usize, out: &mut String) {
    let lines = std::mem::take(lines);
    for run in lines.chunk_by(|a, b| a.is_single() && b.is_single()) {
        let width = run.iter().map(|line| line.name.len()).max().unwrap_or_default();
        for line in run {
            let padding = if line.is_single() { width - line.name.len() } else { 0 };
            out.push_str(&indent(depth));
            out.push_str(&line.name);
            out.push_str(&" ".repeat(padding));
            out.push_str(" = ");
            out.push_str(&line.value);
            out.push('\n');
        }
    }
}

/// Writes a value; `used` is the width of what stands before it on its line, without the indentation.
fn value(value: &Value, depth: usize, used: usize) -> Result<String, HclError> {
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => self::number(number)?,
        Value::String(text) => escape::quoted(text, Unicode::Shown),
        Value::Template(parts) => template(parts)?,
        Value::Reference(reference) => self::reference(reference)?,
        Value::List(items) => list(items, depth, used)?,
        Value::Object(entries) => object(entries, depth)?,
        Value::Call(function, arguments) => call(function, arguments, depth, used)?,
    })
}

fn call(function: &str, arguments: &[Value], depth: usize, used: usize) -> Result<String, HclError> {
    let function = identifier(function)?;
    let used = used + function.len() + 1;
    let written: Vec<String> =
        arguments.iter().map(|argument| value(argument, depth, used)).collect::<Result<_, _>>()?;
    if written.len() < 2 || !written.iter().any(|argument| argument.contains('\n')) {
        return Ok(format!("{function}({})", written.join(", ")));
    }
    Ok(format!("{function}({})", lines(arguments, depth)?))
}

fn list(items: &[Value], depth: usize, used: usize) -> Result<String, HclError> {
    if items.iter().all(Value::is_scalar) {
        let written: Vec<String> = items.iter().map(|item| value(item, depth, 0)).collect::<Result<_, _>>()?;
        let line = format!("[{}]", written.join(", "));
        if items.len() < 2 || depth * 2 + used + line.chars().count() <= LIST_WIDTH {
            return Ok(line);
        }
    }
    Ok(format!("[{}]", lines(items, depth)?))
}

/// Writes what stands between two brackets, one value on each line.
fn lines(items: &[Value], depth: usize) -> Result<String, HclError> {
    let mut out = "\n".to_owned();
    for item in items {
        out.push_str(&indent(depth + 1));
        out.push_str(&value(item, depth + 1, 1)?);
        out.push_str(",\n");
    }
    out.push_str(&indent(depth));
    Ok(out)
}

fn object(entries: &[(String, Value)], depth: usize) -> Result<String, HclError> {
    if entries.is_empty() {
        return Ok("{}".to_owned());
    }
    let mut seen = BTreeSet::new();
    let mut lines = Vec::with_capacity(entries.len());
    for (key, inner) in entries {
        if !seen.insert(key) {
            return Err(HclError::Duplicate(key.clone()));
        }
        let name = if escape::is_bare_key(key) { key.clone() } else { escape::quoted(key, Unicode::Escaped) };
        let used = name.len() + 3;
        lines.push(Line { name, value: value(inner, depth + 1, used)? });
    }
    let mut out = "{\n".to_owned();
    flush(&mut lines, depth + 1, &mut out);
    out.push_str(&indent(depth));
    out.push('}');
    Ok(out)
}

fn template(parts: &[Part]) -> Result<String, HclError> {
    // `"${x}"` alone is what `terraform fmt` unwraps.
    let mut full = parts.iter().filter(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    if let (Some(Part::Reference(only)), None) = (full.next(), full.next()) {
        return reference(only);
    }
    let mut out = "\"".to_owned();
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(&guarded(text)),
            Part::Reference(inner) => {
                out.push_str("${");
                out.push_str(&reference(inner)?);
                out.push('}');
            }
        }
    }
    out.push('"');
    Ok(out)
}

/// Escapes text before a reference: a `$` at its end would double the reference's own.
fn guarded(text: &str) -> String {
    let escaped = escape::escaped(text, Unicode::Shown);
    match escaped.strip_suffix(['$', '%']) {
        Some(rest) if escaped.ends_with('$') => format!("{rest}\\u0024"),
        Some(rest) => format!("{rest}\\u0025"),
        None => escaped,
    }
}

/// Writes a reference.
fn reference(reference: &Reference) -> Result<String, HclError> {
    let mut out = identifier(&reference.root)?.to_owned();
    for step in &reference.steps {
        match step {
            Step::Attribute(name) => {
                out.push('.');
                out.push_str(identifier(name)?);
            }
            Step::Key(key) => out.push_str(&format!("[{}]", escape::quoted(key, Unicode::Shown))),
            Step::Index(index) => out.push_str(&format!("[{index}]")),
        }
    }
    Ok(out)
}

fn number(number: &Number) -> Result<String, HclError> {
    match number {
        Number::Integer(integer) => Ok(integer.to_string()),
        Number::Decimal(text) if escape::is_number(text) => Ok(text.clone()),
        Number::Decimal(text) => Err(HclError::Number(text.clone())),
    }
}

fn identifier(name: &str) -> Result<&str, HclError> {
    if escape::is_identifier(name) { Ok(name) } else { Err(HclError::Identifier(name.to_owned())) }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_call_is_aligned_in_runs_of_whole_lines() {
        let site = Value::object([("id", Value::from("acme")), ("max_instances", Value::from(4i64))]);
        let call = Block::new("module", ["site_acme"])
            .attribute("source", "../../modules/site/v1")
            .attribute("site", site)
            .attribute("network", Reference::path(["module", "shard", "network"]))
            .attribute("zones", Value::list(["a", "b"]));
        let expected = "\
# Generated by aipress; do not edit.

module \"site_acme\" {
  source = \"../../modules/site/v1\"
  site = {
    id            = \"acme\"
    max_instances = 4
  }
  network = module.shard.network
  zones   = [\"a\", \"b\"]
}
";
        assert_eq!(Body::new().block(call).to_file().unwrap(), expected);
    }

    #[test]
    fn text_never_becomes_an_interpolation() {
        assert_eq!(escape::quoted("${a} %{b} $${c}", Unicode::Shown), r#""$${a} %%{b} $$\u007bc}""#);
        let part = Part::Text("cost $".to_owned());
        let parts = [part, Part::Reference(Reference::path(["var", "x"]))];
        assert_eq!(template(&parts).unwrap(), r#""cost \u0024${var.x}""#);
    }

    #[test]
    fn a_name_that_is_no_identifier_is_refused() {
        let wrong = Body::new().attribute("a = b", true).to_file();
        assert_eq!(wrong, Err(HclError::Identifier("a = b".to_owned())));
        let twice = Body::new().attribute("a", true).attribute("a", true).to_file();
        assert_eq!(twice, Err(HclError::Duplicate("a".to_owned())));
        let number = Body::new().attribute("a", Value::Number(Number::Decimal("1; x".to_owned()))).to_file();
        assert_eq!(number, Err(HclError::Number("1; x".to_owned())));
    }

    #[test]
    fn blocks_and_comments_stand_apart() {
        let body = Body::new()
            .attribute("a", 1i64)
            .comment("Why.")
            .block(Block::plain("backend"))
            .block(Block::new("x", ["y"]).attribute("b", Value::Null));
        let expected = "a = 1\n\n# Why.\nbackend {}\n\nx \"y\" {\n  b = null\n}\n";
        assert_eq!(super::body(&body, 0).unwrap(), expected);
    }
}
