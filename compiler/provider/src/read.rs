//! Reads tables: the committed form, and what `terraform providers schema -json` prints.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::facts::Facts;
use crate::kind::Type;
use crate::table::{Attribute, Block, Nested, Nesting, Schema, Table};

/// A text that is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct ReadError {
    /// The line, from 1; 0 if no line is to blame.
    pub line: usize,
    /// The column, from 1; 0 if no line is to blame.
    pub column: usize,
    /// What is wrong there.
    pub text: String,
}

impl ReadError {
    fn plain(text: impl Into<String>) -> Self {
        Self { line: 0, column: 0, text: text.into() }
    }
}

impl From<serde_json::Error> for ReadError {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).to_owned();
        Self { line: error.line(), column: error.column(), text }
    }
}

impl Table {
    /// Reads the committed form and lays the facts over it.
    ///
    /// # Errors
    /// The text is not JSON, or not of this form.
    pub fn read(text: &str, facts: Option<&str>) -> Result<Self, ReadError> {
        let mut table: Self = serde_json::from_str(text)?;
        if let Some(facts) = facts {
            Facts::read(facts)?.lay_over(&mut table);
        }
        Ok(table)
    }

    /// Reads what `terraform providers schema -json` prints: the table of one provider. The form holds neither version
    /// nor licence: the caller names the version, the licence is that of HashiCorp's providers.
    ///
    /// # Errors
    /// The text is not of this form, or holds no such provider.
    pub fn from_terraform(text: &str, provider: &str, version: &str) -> Result<Self, ReadError> {
        let printed: Printed = serde_json::from_str(text)?;
        let wanted =
            printed.provider_schemas.into_iter().find(|(source, _)| source.rsplit('/').next() == Some(provider));
        let (source, schemas) =
            wanted.ok_or_else(|| ReadError::plain(format!("there is no provider `{provider}` in it")))?;
        let read = |schemas: BTreeMap<String, PrintedSchema>| {
            schemas.into_iter().map(|(name, schema)| Ok((name, schema.schema()?))).collect::<Result<_, ReadError>>()
        };
        Ok(Self {
            provider: provider.to_owned(),
            version: version.to_owned(),
            source: source.strip_prefix("registry.terraform.io/").unwrap_or(&source).to_owned(),
            licence: "MPL-2.0".to_owned(),
            configuration: schemas.provider.block.block()?,
            resources: read(schemas.resource_schemas)?,
            data_sources: read(schemas.data_source_schemas)?,
            ephemeral: read(schemas.ephemeral_resource_schemas)?,
        })
    }

    /// The names of the providers in what `terraform providers schema -json` prints.
    ///
    /// # Errors
    /// The text is not of this form.
    pub fn providers_in(text: &str) -> Result<Vec<String>, ReadError> {
        let printed: Printed = serde_json::from_str(text)?;
        Ok(printed.provider_schemas.into_keys().filter_map(|key| Some(key.rsplit('/').next()?.to_owned())).collect())
    }
}

#[derive(Deserialize)]
struct Printed {
    #[serde(default)]
    provider_schemas: BTreeMap<String, PrintedProvider>,
}

#[derive(Deserialize)]
struct PrintedProvider {
    #[serde(default)]
    provider: PrintedSchema,
    #[serde(default)]
    resource_schemas: BTreeMap<String, PrintedSchema>,
    #[serde(default)]
    data_source_schemas: BTreeMap<String, PrintedSchema>,
    #[serde(default)]
    ephemeral_resource_schemas: BTreeMap<String, PrintedSchema>,
}

#[derive(Deserialize, Default)]
struct PrintedSchema {
    #[serde(default)]
    version: u64,
    #[serde(default)]
    block: PrintedBlock,
}

#[derive(Deserialize, Default)]
struct PrintedBlock {
    #[serde(default)]
    attributes: BTreeMap<String, PrintedAttribute>,
    #[serde(default)]
    block_types: BTreeMap<String, PrintedNested>,
}

#[derive(Deserialize)]
struct PrintedAttribute {
    #[serde(rename = "type")]
    kind: Option<Value>,
    nested_type: Option<PrintedNestedType>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    computed: bool,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    write_only: bool,
}

#[derive(Deserialize)]
struct PrintedNestedType {
    #[serde(default)]
    attributes: BTreeMap<String, PrintedAttribute>,
    nesting_mode: Nesting,
}

#[derive(Deserialize)]
struct PrintedNested {
    nesting_mode: Nesting,
    #[serde(default)]
    block: PrintedBlock,
    #[serde(default)]
    min_items: u64,
    max_items: Option<u64>,
}

impl PrintedSchema {
    fn schema(self) -> Result<Schema, ReadError> {
        Ok(Schema { version: self.version, id: None, block: self.block.block()? })
    }
}

impl PrintedBlock {
    fn block(self) -> Result<Block, ReadError> {
        let attributes = self.attributes.into_iter().map(|(name, attribute)| {
            let attribute = attribute.attribute(&name)?;
            Ok((name, attribute))
        });
        let blocks = self.block_types.into_iter().map(|(name, nested)| {
            let nested = Nested {
                nesting: nested.nesting_mode,
                min: nested.min_items,
                max: nested.max_items.filter(|max| *max > 0),
                force_new: false,
                block: nested.block.block()?,
            };
            Ok((name, nested))
        });
        Ok(Block {
            attributes: attributes.collect::<Result<_, ReadError>>()?,
            blocks: blocks.collect::<Result<_, ReadError>>()?,
            combinations: Vec::new(),
        })
    }
}

impl PrintedAttribute {
    fn attribute(self, name: &str) -> Result<Attribute, ReadError> {
        Ok(Attribute {
            kind: self.kind_of(name)?,
            required: self.required,
            optional: self.optional,
            computed: self.computed,
            sensitive: self.sensitive,
            write_only: self.write_only,
            force_new: false,
            default: None,
            values: Vec::new(),
        })
    }

    fn kind_of(&self, name: &str) -> Result<Type, ReadError> {
        let unknown = || ReadError::plain(format!("the attribute `{name}` has no type that can be read"));
        match (&self.kind, &self.nested_type) {
            (Some(kind), _) => Type::from_json(kind).ok_or_else(unknown),
            (None, Some(nested)) => {
                let field = |(name, inner): (&String, &Self)| Ok((name.clone(), inner.kind_of(name)?));
                let object = Type::Object(nested.attributes.iter().map(field).collect::<Result<_, ReadError>>()?);
                Ok(match nested.nesting_mode {
                    Nesting::Single | Nesting::Group => object,
                    Nesting::List => Type::List(Box::new(object)),
                    Nesting::Set => Type::Set(Box::new(object)),
                    Nesting::Map => Type::Map(Box::new(object)),
                })
            }
            (None, None) => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"{"format_version":"1.0","provider_schemas":{"registry.terraform.io/hashicorp/x":{
        "provider":{"version":0,"block":{"attributes":{"project":{"type":"string","optional":true}}}},
        "resource_schemas":{"x_bucket":{"version":3,"block":{
            "attributes":{"name":{"type":"string","required":true,"description":"left out"},
                          "rules":{"nested_type":{"nesting_mode":"list","attributes":{"a":{"type":"bool","optional":true}}},"optional":true}},
            "block_types":{"retention":{"nesting_mode":"list","max_items":1,"block":{}}}}}}}}}"#;

    #[test]
    fn what_terraform_prints_is_read() {
        let table = Table::from_terraform(PRINTED, "x", "1.2.3").unwrap();
        assert_eq!((table.source.as_str(), table.version.as_str()), ("hashicorp/x", "1.2.3"));
        assert!(table.configuration.attributes["project"].optional);
        let bucket = &table.resources["x_bucket"];
        assert_eq!(bucket.version, 3);
        assert!(bucket.block.attributes["name"].required);
        assert_eq!(bucket.block.attributes["rules"].kind.to_string(), "a list, each item an object");
        assert_eq!(bucket.block.blocks["retention"].max, Some(1));
    }

    #[test]
    fn another_provider_is_not_found() {
        let error = Table::from_terraform(PRINTED, "y", "1.2.3").unwrap_err();
        assert_eq!(error.text, "there is no provider `y` in it");
        assert_eq!(Table::providers_in(PRINTED).unwrap(), ["x"]);
    }

    #[test]
    fn a_broken_text_is_reported_at_its_line() {
        let error = Table::read("{\n  \"provider\": 1\n}", None).unwrap_err();
        assert_eq!(error.line, 2);
    }
}
