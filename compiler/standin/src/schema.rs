//! The table of a provider as the answer to Terraform's question for its schema.

use aipress_provider::{Attribute, Block, Nested, Nesting, Schema, Table};

use crate::wire::{self, schema::nested_block};

/// Answers with everything that the table holds.
#[must_use]
pub fn response(table: &Table) -> wire::SchemaResponse {
    let all = |schemas: &std::collections::BTreeMap<String, Schema>| {
        schemas.iter().map(|(name, schema)| (name.clone(), schema_of(schema))).collect()
    };
    wire::SchemaResponse {
        provider: Some(wire::Schema { version: 0, block: Some(block(&table.configuration)) }),
        resource_schemas: all(&table.resources),
        data_source_schemas: all(&table.data_sources),
        ephemeral_resource_schemas: all(&table.ephemeral),
        diagnostics: Vec::new(),
        // Terraform asks once per command instead of once per process. Destroys are not planned, as with the real
        // provider: protection is refused when an object is about to be destroyed.
        server_capabilities: Some(wire::ServerCapabilities {
            plan_destroy: false,
            get_provider_schema_optional: true,
            move_resource_state: false,
        }),
    }
}

fn schema_of(schema: &Schema) -> wire::Schema {
    wire::Schema { version: i64::try_from(schema.version).unwrap_or(i64::MAX), block: Some(block(&schema.block)) }
}

fn block(source: &Block) -> wire::schema::Block {
    wire::schema::Block {
        version: 0,
        attributes: source.attributes.iter().map(|(name, it)| attribute(name, it)).collect(),
        block_types: source.blocks.iter().map(|(name, it)| nested(name, it)).collect(),
    }
}

fn attribute(name: &str, source: &Attribute) -> wire::schema::Attribute {
    wire::schema::Attribute {
        name: name.to_owned(),
        r#type: source.kind.to_json().to_string().into_bytes(),
        required: source.required,
        optional: source.optional,
        computed: source.computed,
        sensitive: source.sensitive,
        write_only: source.write_only,
    }
}

fn nested(name: &str, source: &Nested) -> wire::schema::NestedBlock {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    // Terraform takes counts for lists and sets only.
    let counted = matches!(source.nesting, Nesting::List | Nesting::Set);
    wire::schema::NestedBlock {
        type_name: name.to_owned(),
        block: Some(block(&source.block)),
        nesting: nesting(source.nesting).into(),
        min_items: if counted { number(source.min) } else { 0 },
        max_items: if counted { source.max.map_or(0, number) } else { 0 },
    }
}

fn nesting(nesting: Nesting) -> nested_block::Nesting {
    match nesting {
        Nesting::Single => nested_block::Nesting::Single,
        Nesting::List => nested_block::Nesting::List,
        Nesting::Set => nested_block::Nesting::Set,
        Nesting::Map => nested_block::Nesting::Map,
        Nesting::Group => nested_block::Nesting::Group,
    }
}
