//! One definition, two types: what a layer may say (everything optional) and what is true after resolution.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::decode::DecodeError;
use crate::source::{Span, Spanned};
use crate::syntax::Node;

/// A resolved type and the type that describes it in a layer.
pub trait Resolved {
    /// What a layer may say; its schema is what documents are checked with.
    type Layer: JsonSchema;

    /// Collects the values that must be there and are not; `node` is what the tree says at `place`.
    fn missing(node: Option<&Node>, place: &Place<'_>, found: &mut Vec<DecodeError>);
}

/// Where a value stands, or should stand.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Around it; none for the root.
    pub parent: Option<&'a Place<'a>>,
    /// The field's name in Rust, or `[0]`; empty for the root.
    pub name: &'a str,
    /// The map that has it or lacks it.
    pub span: Span,
}

impl Place<'_> {
    /// Returns the field's name in a document.
    #[must_use]
    pub fn key(&self) -> String {
        let mut words = self.name.trim_start_matches("r#").split('_');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |name, word| {
            let mut letters = word.chars();
            name + &letters.next().map(|letter| letter.to_ascii_uppercase().to_string()).unwrap_or_default()
                + letters.as_str()
        })
    }

    /// Returns the dotted path from the root.
    #[must_use]
    pub fn path(&self) -> String {
        let above = self.parent.map(Place::path).unwrap_or_default();
        let joiner = if above.is_empty() || self.name.starts_with('[') { "" } else { "." };
        format!("{above}{joiner}{}", self.key())
    }
}

impl<T: JsonSchema> Resolved for Spanned<T> {
    type Layer = T;

    fn missing(node: Option<&Node>, place: &Place<'_>, found: &mut Vec<DecodeError>) {
        if node.is_none() {
            found.push(DecodeError::Missing { path: place.path(), span: place.span });
        }
    }
}

impl<T: Resolved> Resolved for Option<T> {
    type Layer = T::Layer;

    fn missing(node: Option<&Node>, place: &Place<'_>, found: &mut Vec<DecodeError>) {
        if node.is_some() {
            T::missing(node, place, found);
        }
    }
}

impl<T: Resolved> Resolved for Vec<T> {
    type Layer = Vec<T::Layer>;

    fn missing(node: Option<&Node>, place: &Place<'_>, found: &mut Vec<DecodeError>) {
        for (index, item) in node.map_or(&[][..], Node::items).iter().enumerate() {
            let name = format!("[{index}]");
            T::missing(Some(item), &Place { parent: Some(place), name: &name, span: item.span }, found);
        }
    }
}

impl<T: Resolved> Resolved for BTreeMap<String, T> {
    type Layer = BTreeMap<String, T::Layer>;

    fn missing(node: Option<&Node>, place: &Place<'_>, found: &mut Vec<DecodeError>) {
        for entry in node.map_or(&[][..], Node::entries) {
            T::missing(
                Some(&entry.value),
                &Place { parent: Some(place), name: &entry.key, span: entry.key_span },
                found,
            );
        }
    }
}

/// A part that is itself a layer of something else (defaults, tiers, environments): checked by its schema, merged as a
/// tree, never decoded where it stands.
#[derive(Debug, Clone, Copy)]
pub struct LayerOf<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Resolved> Resolved for LayerOf<T> {
    type Layer = T::Layer;

    fn missing(_: Option<&Node>, _: &Place<'_>, _: &mut Vec<DecodeError>) {}
}

impl<'de, T> Deserialize<'de> for LayerOf<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self(std::marker::PhantomData))
    }
}

impl<T> serde::Serialize for LayerOf<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

/// Defines a resolved struct and its layer twin.
///
/// `pub struct Fpm / FpmLayer { fields }`: each field has its doc comment (the description in the schema), then optional
/// `#[schemars(...)]` attributes (range, pattern, examples, `extend("x-key" = "name")` for lists that merge by key), then
/// `name: Type` where `Type` is [`Spanned`], an `Option`, `Vec` or `BTreeMap` of such, or another layered struct.
macro_rules! layered {
    (
        $(#[doc = $doc:literal])*
        $(#[schemars $container:tt])*
        pub struct $Name:ident / $Layer:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[schemars $attribute:tt])*
                $field:ident: $type:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $Name {
            $( $(#[doc = $field_doc])* pub $field: $type, )*
        }

        $(#[doc = $doc])*
        #[derive(schemars::JsonSchema)]
        #[schemars(rename_all = "camelCase", deny_unknown_fields)]
        $(#[schemars $container])*
        #[expect(dead_code, reason = "describes the schema; layers are merged as trees")]
        pub struct $Layer {
            $( $(#[doc = $field_doc])* $(#[schemars $attribute])* $field: Option<<$type as $crate::spec::layered::Resolved>::Layer>, )*
        }

        impl $crate::spec::layered::Resolved for $Name {
            type Layer = $Layer;

            fn missing(
                node: Option<&$crate::syntax::Node>,
                place: &$crate::spec::layered::Place<'_>,
                found: &mut Vec<$crate::spec::decode::DecodeError>,
            ) {
                let span = node.map_or(place.span, |node| node.span);
                $({
                    let name = stringify!($field);
                    let place = $crate::spec::layered::Place { parent: Some(place), name, span };
                    let value = node.and_then(|node| node.get(&place.key()));
                    <$type as $crate::spec::layered::Resolved>::missing(value, &place, found);
                })*
            }
        }
    };
}
pub(crate) use layered;
