//! Strategies for Terraform bodies that no person would write.

use std::collections::BTreeMap;

use aipress_core::emit::hcl::{Block, Body, Number, Part, Reference, Value};
use proptest::prelude::*;

/// Any text, with what HCL could take for code made likely.
pub fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("${".to_owned()),
        Just("%{".to_owned()),
        Just("$".to_owned()),
        Just("%".to_owned()),
        Just("}".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\n".to_owned()),
        Just("<<EOT".to_owned()),
        Just("/* # //".to_owned()),
        Just("{[(=".to_owned()),
        Just("\u{feff}\u{202e}\u{0}".to_owned()),
        "[a-zA-Z0-9_ ./:-]{0,6}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A name that is an identifier.
pub fn name() -> impl Strategy<Value = String> {
    "[a-z_][a-z0-9_-]{0,14}"
}

/// A value without references.
pub fn literal() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|number| Value::from(i64::from(number))),
        "-?(0|[1-9][0-9]{0,3})\\.[0-9]{1,3}".prop_map(|number| Value::Number(Number::Decimal(number))),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let key = prop_oneof![name(), text(), Just("for".to_owned()), Just("null".to_owned())];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|entries| Value::object(entries.into_iter().collect::<BTreeMap<_, _>>())),
        ]
    })
}

fn reference() -> impl Strategy<Value = Reference> {
    (name(), name(), text(), 0..9u64).prop_map(|(module, output, key, index)| {
        Reference::path(["module".to_owned(), module, output]).key(key).index(index)
    })
}

/// A value with references, templates and calls.
pub fn value() -> impl Strategy<Value = Value> {
    let part = prop_oneof![text().prop_map(Part::Text), reference().prop_map(Part::Reference)];
    prop_oneof![
        4 => literal(),
        1 => reference().prop_map(Value::Reference),
        1 => prop::collection::vec(part, 0..4).prop_map(Value::Template),
        1 => prop::collection::vec(literal(), 1..3).prop_map(|items| Value::Call("merge".to_owned(), items)),
        1 => prop::collection::btree_map(name(), literal(), 0..4)
            .prop_map(|entries| Value::list(vec![Value::object(entries), Value::from("x")])),
    ]
}

/// A body with nested blocks and comments.
pub fn body() -> impl Strategy<Value = Body> {
    let leaf = prop::collection::btree_map(name(), value(), 0..6)
        .prop_map(|entries| entries.into_iter().fold(Body::new(), |body, (name, value)| body.attribute(name, value)));
    leaf.prop_recursive(3, 24, 4, |inner| {
        let block = (name(), prop::collection::vec(name(), 0..3), inner.clone())
            .prop_map(|(kind, labels, body)| Block { kind, labels, body });
        (inner, prop::collection::vec((any::<bool>(), block), 0..4)).prop_map(|(body, blocks)| {
            blocks.into_iter().fold(body, |body, (remark, block)| {
                let body = if remark { body.comment("Why this block is here.\nSecond line.") } else { body };
                body.block(block)
            })
        })
    })
}
