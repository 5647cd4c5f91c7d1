//! Types of plain scalars after the YAML 1.2 core schema (yaml.org/spec/1.2.2, section 10.3.2).
//!
//! Input: the text of a plain scalar. Output: its value, or why it has none.

use super::Value;

/// Why a plain scalar has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// A whole number beyond 64 bits.
    TooLarge,
    /// `.inf`, `.nan` or a number with a fraction or exponent that is beyond all bounds.
    NotFinite,
}

/// Reads a plain scalar; whatever is neither null, boolean nor number is text.
pub(super) fn read(text: &str) -> Result<Value, Unreadable> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    // Most scalars are words: leave them at their first byte.
    let first = text.bytes().next().unwrap_or_default();
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return Ok(Value::Str(text.into()));
    }
    number(text).unwrap_or_else(|| Ok(Value::Str(text.into())))
}

fn number(text: &str) -> Option<Result<Value, Unreadable>> {
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if is_digits(unsigned) {
        return Some(text.parse().map(Value::Int).map_err(|_| Unreadable::TooLarge));
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Err(Unreadable::NotFinite));
    }
    if !is_float(unsigned) {
        return None;
    }
    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
    Some(value.map(Value::Float).ok_or(Unreadable::NotFinite))
}

fn radix(digits: &str, radix: u32) -> Option<Result<Value, Unreadable>> {
    let all = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    all.then(|| i64::from_str_radix(digits, radix).map(Value::Int).map_err(|_| Unreadable::TooLarge))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an unsigned text has the form `1.5`, `.5`, `1.`, with or without an exponent.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits_or_nothing = |part: &str| part.is_empty() || is_digits(part);
    digits_or_nothing(whole)
        && digits_or_nothing(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| is_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<Value, Unreadable> {
        Ok(Value::Str(text.into()))
    }

    #[test]
    fn the_core_schema_decides_what_a_plain_scalar_is() {
        for (plain, value) in [
            ("0o17", Value::Int(15)),
            ("0x1F", Value::Int(31)),
            ("-12", Value::Int(-12)),
            ("+007", Value::Int(7)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("1.", Value::Float(1.0)),
            ("-.5", Value::Float(-0.5)),
            ("1e3", Value::Float(1000.0)),
            ("TRUE", Value::Bool(true)),
            ("~", Value::Null),
        ] {
            assert_eq!(read(plain), Ok(value), "{plain}");
        }
    }

    #[test]
    fn words_and_almost_numbers_are_text() {
        for plain in
            ["yes", "on", "no", "y", "nUll", "0b1", "1_000", "1:30", "8.3.1", "-", ".", "+.", "e3", "0x", "0o8"]
        {
            assert_eq!(read(plain), text(plain));
        }
    }

    #[test]
    fn numbers_beyond_all_bounds_are_refused() {
        assert_eq!(read("9223372036854775808"), Err(Unreadable::TooLarge));
        assert_eq!(read("0xFFFFFFFFFFFFFFFF"), Err(Unreadable::TooLarge));
        for plain in ["-.inf", ".NaN", "1e999"] {
            assert_eq!(read(plain), Err(Unreadable::NotFinite), "{plain}");
        }
    }
}
