//! What the writer makes, hcl-rs reads back as the same value.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panic")]

mod hcl_support;

use aipress_core::emit::hcl::{Body, Number, Value};
use hcl::eval::{Context, Evaluate};
use proptest::prelude::*;

fn expected(value: &Value) -> hcl::Value {
    match value {
        Value::Null => hcl::Value::Null,
        Value::Bool(flag) => hcl::Value::from(*flag),
        Value::Number(Number::Integer(number)) => hcl::Value::from(*number),
        Value::Number(Number::Decimal(text)) => hcl::Value::from(text.parse::<f64>().unwrap()),
        Value::String(text) => hcl::Value::from(text.as_str()),
        Value::List(items) => hcl::Value::Array(items.iter().map(expected).collect()),
        Value::Object(entries) => {
            hcl::Value::Object(entries.iter().map(|(key, value)| (key.clone(), expected(value))).collect())
        }
        Value::Template(_) | Value::Reference(_) | Value::Call(..) => panic!("not a literal"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_literal_reads_back_as_itself(value in hcl_support::literal()) {
        let text = Body::new().attribute("a", value.clone()).to_file().unwrap();
        let body: hcl::Body = hcl::parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let attribute = body.attributes().next().unwrap();
        prop_assert_eq!(attribute.expr.evaluate(&Context::new()).unwrap(), expected(&value), "{}", text);
    }

    #[test]
    fn every_body_parses_and_keeps_its_names(body in hcl_support::body()) {
        let text = body.to_file().unwrap();
        let read: hcl::Body = hcl::parse(&text).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        let blocks: Vec<_> = read.blocks().flat_map(|block| &block.labels).map(|l| l.as_str().to_owned()).collect();
        let written: Vec<_> = body.items.iter().filter_map(|item| match item {
            aipress_core::emit::hcl::Item::Block(block) => Some(block.labels.clone()),
            _ => None,
        }).flatten().collect();
        prop_assert_eq!(blocks, written);
    }
}
