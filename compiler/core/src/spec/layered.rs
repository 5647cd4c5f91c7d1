//! One definition, two types: what a layer may say (everything optional) and what is true after resolution.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::source::Spanned;

/// A resolved type and the type that describes it in a layer.
pub trait Resolved {
    /// What a layer may say; its schema is what documents are checked with.
    type Layer: JsonSchema;
}

impl<T: JsonSchema> Resolved for Spanned<T> {
    type Layer = T;
}

impl<T: Resolved> Resolved for Option<T> {
    type Layer = T::Layer;
}

impl<T: Resolved> Resolved for Vec<T> {
    type Layer = Vec<T::Layer>;
}

impl<T: Resolved> Resolved for BTreeMap<String, T> {
    type Layer = BTreeMap<String, T::Layer>;
}

/// A part that is itself a layer of something else (defaults, tiers, environments): checked by its schema, merged as a
/// tree, never decoded where it stands.
#[derive(Debug, Clone, Copy)]
pub struct LayerOf<T>(std::marker::PhantomData<fn() -> T>);

impl<T: Resolved> Resolved for LayerOf<T> {
    type Layer = T::Layer;
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
        }
    };
}
pub(crate) use layered;
