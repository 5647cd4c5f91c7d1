//! The tables that come with the compiler; a fleet's own file of the same path stands in front of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};

use crate::names::Names;
use crate::read::ReadError;
use crate::table::Table;

static PROVIDERS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../templates/providers");

static TABLES: LazyLock<BTreeMap<&'static str, Result<Table, ReadError>>> = LazyLock::new(|| {
    providers().map(|name| (name, Table::read(text(name).unwrap_or_default(), facts_text(name)))).collect()
});

static NAMES: LazyLock<Names> =
    LazyLock::new(|| names_text().and_then(|text| Names::read(text).ok()).unwrap_or_default());

/// Where tables stand in a fleet.
pub const FOLDER: &str = "templates/providers/";

/// The names of the providers that have a table.
pub fn providers() -> impl Iterator<Item = &'static str> {
    let names = PROVIDERS.files().filter_map(|file| file.path().to_str()?.strip_suffix(".json"));
    names.filter(|name| !name.contains('.'))
}

/// The committed text of a provider's table.
#[must_use]
pub fn text(provider: &str) -> Option<&'static str> {
    PROVIDERS.get_file(format!("{provider}.json"))?.contents_utf8()
}

/// The committed facts about a provider.
#[must_use]
pub fn facts_text(provider: &str) -> Option<&'static str> {
    PROVIDERS.get_file(format!("{provider}.facts.json"))?.contents_utf8()
}

/// The committed names of roles and APIs.
#[must_use]
pub fn names_text() -> Option<&'static str> {
    PROVIDERS.get_file("google.names.json")?.contents_utf8()
}

/// The roles and APIs of Google Cloud that are known; read once.
#[must_use]
pub fn names() -> &'static Names {
    &NAMES
}

/// The table of a provider, with its facts; read once.
#[must_use]
pub fn table(provider: &str) -> Option<&'static Table> {
    TABLES.get(provider)?.as_ref().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    #[test]
    fn every_embedded_table_can_be_read() {
        for (name, table) in TABLES.iter() {
            assert_eq!(table.as_ref().map(|table| table.provider.as_str()), Ok(*name));
        }
        assert!(providers().count() >= 3);
    }

    #[test]
    fn every_embedded_table_is_in_its_canonical_form() {
        for name in providers() {
            let text = text(name).unwrap();
            assert_eq!(Table::read(text, None).unwrap().to_text(), text, "{name}");
        }
    }

    #[test]
    fn every_fact_is_about_something_in_the_table() {
        for name in providers() {
            let facts = Facts::read(facts_text(name).unwrap()).unwrap();
            assert_eq!(facts.unknown_paths(table(name).unwrap()), [""; 0], "{name}");
        }
    }

    #[test]
    fn every_table_names_version_source_and_licence() {
        for name in providers() {
            let table = table(name).unwrap();
            assert!(table.version.split('.').count() == 3 && table.source.ends_with(name), "{name}");
            assert_eq!(table.licence, "MPL-2.0", "{name}");
        }
    }

    #[test]
    fn facts_are_laid_over() {
        let table = table("google").unwrap();
        let bucket = &table.resources["google_storage_bucket"].block;
        assert!(bucket.attribute("location").unwrap().force_new);
        let secret = &table.resources["google_secret_manager_secret"].block.blocks["replication"];
        assert_eq!((secret.min, secret.max), (1, Some(1)));
        assert_eq!(secret.block.combinations.len(), 1);
    }
}
