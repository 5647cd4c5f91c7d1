//! Statements for ProxySQL's admin port: a fixed text with places, and values that are written by their type.
//!
//! The admin port hands statements to SQLite, where a quote in a text is doubled and nothing else is special. A zero byte
//! would end the text for a reader in C, so no value may hold one.

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// A value.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(&'a str),
    /// A text that nobody may see; `Debug` does not show it.
    Secret(&'a SecretString),
}

/// Why a statement cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unwritable {
    /// A zero byte in a text.
    #[error("a text holds a zero byte")]
    Zero,
    /// More or fewer values than places: a defect of this program.
    #[error("{places} places for {values} values")]
    Places {
        /// Places of the text.
        places: usize,
        /// Values for them.
        values: usize,
    },
}

/// Writes a statement: each `?` of the text becomes the next value. The text is a constant of this program.
///
/// # Errors
/// See [`Unwritable`].
pub fn statement(text: &'static str, values: &[Value<'_>]) -> Result<Zeroizing<String>, Unwritable> {
    let mut parts = text.split('?');
    let places = parts.clone().count() - 1;
    if places != values.len() {
        return Err(Unwritable::Places { places, values: values.len() });
    }
    // Room enough from the start: a text that grows leaves copies behind.
    let mut out = Zeroizing::new(String::with_capacity(text.len() + values.iter().map(room).sum::<usize>()));
    out.push_str(parts.next().unwrap_or_default());
    for (part, value) in parts.zip(values) {
        literal(*value, &mut out)?;
        out.push_str(part);
    }
    Ok(out)
}

fn room(value: &Value<'_>) -> usize {
    match value {
        Value::Int(_) => 20,
        Value::Text(text) => text.len() * 2 + 2,
        Value::Secret(text) => text.expose_secret().len() * 2 + 2,
    }
}

fn literal(value: Value<'_>, out: &mut String) -> Result<(), Unwritable> {
    let text = match value {
        Value::Int(number) => {
            out.push_str(&number.to_string());
            return Ok(());
        }
        Value::Text(text) => text,
        Value::Secret(text) => text.expose_secret(),
    };
    if text.contains('\0') {
        return Err(Unwritable::Zero);
    }
    out.push('\'');
    for part in text.split_inclusive('\'') {
        out.push_str(part);
        if part.ends_with('\'') {
            out.push('\'');
        }
    }
    out.push('\'');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_doubled_and_a_zero_byte_refused() {
        let hostile = "x'); DELETE FROM mysql_users; --\\\"";
        let sql = statement("SELECT ?, ?", &[Value::Text(hostile), Value::Int(-3)]).unwrap();
        assert_eq!(sql.as_str(), "SELECT 'x''); DELETE FROM mysql_users; --\\\"', -3");
        assert_eq!(statement("SELECT ?", &[Value::Text("a\0b")]), Err(Unwritable::Zero));
    }

    #[test]
    fn a_value_with_a_question_mark_is_no_place() {
        let sql = statement("SELECT ?, ?", &[Value::Text("?"), Value::Text("b")]).unwrap();
        assert_eq!(sql.as_str(), "SELECT '?', 'b'");
        assert!(statement("SELECT ?", &[]).is_err());
    }
}
