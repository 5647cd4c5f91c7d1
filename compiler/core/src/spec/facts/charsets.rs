//! Character sets and collations of MySQL 8.0 and 8.4 that a site's database may have.
//!
//! Source: MySQL 8.0 manual, "Character sets and collations in MySQL" and `information_schema.collations`; 8.4 has the same.

/// A character set with its collations; the first one is its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charset {
    /// Its name.
    pub name: &'static str,
    /// Collations, without the name of the set and the underscore in front.
    suffixes: &'static [&'static str],
}

impl Charset {
    /// Tells whether a collation belongs to it.
    #[must_use]
    pub fn has(&self, collation: &str) -> bool {
        self.collations().any(|known| known == collation)
    }

    /// Iterates over its collations, its default first.
    pub fn collations(&self) -> impl Iterator<Item = String> {
        let name = self.name;
        self.suffixes.iter().map(
            move |suffix| {
                if suffix.is_empty() { name.to_owned() } else { format!("{name}_{suffix}") }
            },
        )
    }
}

const UTF8MB4: &[&str] = &[
    "0900_ai_ci",
    "0900_as_ci",
    "0900_as_cs",
    "0900_bin",
    "bg_0900_ai_ci",
    "bg_0900_as_cs",
    "bin",
    "bs_0900_ai_ci",
    "bs_0900_as_cs",
    "croatian_ci",
    "cs_0900_ai_ci",
    "cs_0900_as_cs",
    "czech_ci",
    "da_0900_ai_ci",
    "da_0900_as_cs",
    "danish_ci",
    "de_pb_0900_ai_ci",
    "de_pb_0900_as_cs",
    "eo_0900_ai_ci",
    "eo_0900_as_cs",
    "es_0900_ai_ci",
    "es_0900_as_cs",
    "es_trad_0900_ai_ci",
    "es_trad_0900_as_cs",
    "esperanto_ci",
    "estonian_ci",
    "et_0900_ai_ci",
    "et_0900_as_cs",
    "general_ci",
    "german2_ci",
    "gl_0900_ai_ci",
    "gl_0900_as_cs",
    "hr_0900_ai_ci",
    "hr_0900_as_cs",
    "hu_0900_ai_ci",
    "hu_0900_as_cs",
    "hungarian_ci",
    "icelandic_ci",
    "is_0900_ai_ci",
    "is_0900_as_cs",
    "ja_0900_as_cs",
    "ja_0900_as_cs_ks",
    "la_0900_ai_ci",
    "la_0900_as_cs",
    "latvian_ci",
    "lithuanian_ci",
    "lt_0900_ai_ci",
    "lt_0900_as_cs",
    "lv_0900_ai_ci",
    "lv_0900_as_cs",
    "mn_cyrl_0900_ai_ci",
    "mn_cyrl_0900_as_cs",
    "nb_0900_ai_ci",
    "nb_0900_as_cs",
    "nn_0900_ai_ci",
    "nn_0900_as_cs",
    "persian_ci",
    "pl_0900_ai_ci",
    "pl_0900_as_cs",
    "polish_ci",
    "ro_0900_ai_ci",
    "ro_0900_as_cs",
    "roman_ci",
    "romanian_ci",
    "ru_0900_ai_ci",
    "ru_0900_as_cs",
    "sinhala_ci",
    "sk_0900_ai_ci",
    "sk_0900_as_cs",
    "sl_0900_ai_ci",
    "sl_0900_as_cs",
    "slovak_ci",
    "slovenian_ci",
    "spanish2_ci",
    "spanish_ci",
    "sr_latn_0900_ai_ci",
    "sr_latn_0900_as_cs",
    "sv_0900_ai_ci",
    "sv_0900_as_cs",
    "swedish_ci",
    "tr_0900_ai_ci",
    "tr_0900_as_cs",
    "turkish_ci",
    "unicode_520_ci",
    "unicode_ci",
    "vi_0900_ai_ci",
    "vi_0900_as_cs",
    "vietnamese_ci",
    "zh_0900_as_cs",
];

const UTF8MB3: &[&str] = &[
    "general_ci",
    "bin",
    "croatian_ci",
    "czech_ci",
    "danish_ci",
    "esperanto_ci",
    "estonian_ci",
    "general_mysql500_ci",
    "german2_ci",
    "hungarian_ci",
    "icelandic_ci",
    "latvian_ci",
    "lithuanian_ci",
    "persian_ci",
    "polish_ci",
    "roman_ci",
    "romanian_ci",
    "sinhala_ci",
    "slovak_ci",
    "slovenian_ci",
    "spanish2_ci",
    "spanish_ci",
    "swedish_ci",
    "tolower_ci",
    "turkish_ci",
    "unicode_520_ci",
    "unicode_ci",
    "vietnamese_ci",
];

const LATIN1: &[&str] =
    &["swedish_ci", "bin", "danish_ci", "general_ci", "general_cs", "german1_ci", "german2_ci", "spanish_ci"];

/// Character sets, the recommended one first. Sets that only old tables have come after it.
pub const CHARSETS: &[Charset] = &[
    Charset { name: "utf8mb4", suffixes: UTF8MB4 },
    Charset { name: "utf8mb3", suffixes: UTF8MB3 },
    Charset { name: "latin1", suffixes: LATIN1 },
    Charset { name: "latin2", suffixes: &["general_ci", "bin", "croatian_ci", "czech_cs", "hungarian_ci"] },
    Charset { name: "latin5", suffixes: &["turkish_ci", "bin"] },
    Charset { name: "latin7", suffixes: &["general_ci", "bin", "estonian_cs", "general_cs"] },
    Charset { name: "cp1250", suffixes: &["general_ci", "bin", "croatian_ci", "czech_cs", "polish_ci"] },
    Charset { name: "cp1251", suffixes: &["general_ci", "bin", "bulgarian_ci", "general_cs", "ukrainian_ci"] },
    Charset { name: "koi8r", suffixes: &["general_ci", "bin"] },
    Charset { name: "greek", suffixes: &["general_ci", "bin"] },
    Charset { name: "hebrew", suffixes: &["general_ci", "bin"] },
    Charset { name: "ascii", suffixes: &["general_ci", "bin"] },
    Charset { name: "binary", suffixes: &[""] },
];

/// Finds a character set.
#[must_use]
pub fn find(name: &str) -> Option<&'static Charset> {
    CHARSETS.iter().find(|charset| charset.name == name)
}

/// Finds the character set that a collation belongs to.
#[must_use]
pub fn of_collation(collation: &str) -> Option<&'static Charset> {
    CHARSETS.iter().find(|charset| charset.has(collation))
}

/// Iterates over the names of character sets, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHARSETS.iter().map(|charset| charset.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collation_belongs_to_one_charset() {
        let mut all: Vec<String> = CHARSETS.iter().flat_map(Charset::collations).collect();
        let before = all.len();
        all.sort();
        all.dedup();
        assert_eq!((before, all.len() > 130), (all.len(), true));
        assert_eq!(of_collation("utf8mb4_unicode_520_ci").map(|charset| charset.name), Some("utf8mb4"));
        assert_eq!(of_collation("binary").map(|charset| charset.name), Some("binary"));
        assert_eq!(of_collation("utf8mb4_swahili_ci"), None);
    }

    #[test]
    fn the_first_collation_is_the_default() {
        assert_eq!(
            find("utf8mb4").and_then(|charset| charset.collations().next()).as_deref(),
            Some("utf8mb4_0900_ai_ci")
        );
        assert!(find("utf8mb4").is_some_and(|charset| !charset.has("latin1_swedish_ci")));
    }
}
