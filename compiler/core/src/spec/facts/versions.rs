//! Versions of PHP, WordPress and MySQL: how long they get security fixes, and which go together.
//!
//! Sources: php.net, "Supported versions" and "Unsupported branches"; make.wordpress.org, "PHP compatibility and WordPress
//! versions"; wordpress.org, release archive and the plugins' own `readme.txt`. WordPress fixes only its newest branch by promise.

/// A branch of PHP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Php {
    /// Its number, such as `8.3`.
    pub branch: &'static str,
    /// The last day with security fixes: year, month, day.
    pub end: (i16, i8, i8),
}

impl Php {
    /// Tells whether it gets security fixes on a day.
    #[must_use]
    pub fn is_supported(&self, day: jiff::civil::Date) -> bool {
        (day.year(), day.month(), day.day()) <= self.end
    }

    /// Says since when it gets none.
    #[must_use]
    pub fn since(&self) -> String {
        let (year, month, day) = self.end;
        format!("PHP {} gets no security fixes since {year}-{month:02}-{day:02}", self.branch)
    }
}

/// Branches of PHP, old ones first.
pub const PHP: &[Php] = &[
    Php { branch: "7.4", end: (2022, 11, 28) },
    Php { branch: "8.0", end: (2023, 11, 26) },
    Php { branch: "8.1", end: (2025, 12, 31) },
    Php { branch: "8.2", end: (2026, 12, 31) },
    Php { branch: "8.3", end: (2027, 12, 31) },
    Php { branch: "8.4", end: (2028, 12, 31) },
    Php { branch: "8.5", end: (2029, 12, 31) },
];

/// A branch of WordPress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordPress {
    /// Its number, such as `6.9`.
    pub branch: &'static str,
    /// The lowest branch of PHP that it runs on.
    pub least_php: &'static str,
    /// The highest branch of PHP that it was tested with.
    pub most_php: &'static str,
}

/// Branches of WordPress, old ones first.
pub const WORDPRESS: &[WordPress] = &[
    WordPress { branch: "6.3", least_php: "7.0", most_php: "8.2" },
    WordPress { branch: "6.4", least_php: "7.0", most_php: "8.3" },
    WordPress { branch: "6.5", least_php: "7.0", most_php: "8.3" },
    WordPress { branch: "6.6", least_php: "7.2", most_php: "8.3" },
    WordPress { branch: "6.7", least_php: "7.2", most_php: "8.4" },
    WordPress { branch: "6.8", least_php: "7.2", most_php: "8.4" },
    WordPress { branch: "6.9", least_php: "7.2", most_php: "8.5" },
];

/// What a plugin needs from a version on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Its slug on wordpress.org.
    pub slug: &'static str,
    /// The first version with these needs.
    pub from: &'static str,
    /// The lowest WordPress.
    pub wordpress: &'static str,
    /// The lowest PHP.
    pub php: &'static str,
}

/// Plugins whose needs are known; of one plugin, old versions first. A platform can set `minVersion` for any other.
const PLUGINS: &[Needs] = &[Needs { slug: "woocommerce", from: "10.2", wordpress: "6.7", php: "7.4" }];

/// Finds what a version of a plugin needs.
#[must_use]
pub fn plugin(slug: &str, version: &str) -> Option<&'static Needs> {
    let mut known = PLUGINS.iter().rev().filter(|known| known.slug == slug);
    known.find(|known| compare(version, known.from).is_ge())
}

/// Finds the branch of PHP that a version belongs to: `8.3.14` is of `8.3`.
#[must_use]
pub fn php(version: &str) -> Option<&'static Php> {
    PHP.iter().find(|php| php.branch == branch(version))
}

/// Finds the branch of WordPress that a version belongs to.
#[must_use]
pub fn wordpress(version: &str) -> Option<&'static WordPress> {
    WORDPRESS.iter().find(|wordpress| wordpress.branch == branch(version))
}

/// Iterates over branches of PHP with security fixes on a day, for suggestions.
pub fn supported_php(day: jiff::civil::Date) -> impl Iterator<Item = &'static str> {
    PHP.iter().filter(move |php| php.is_supported(day)).map(|php| php.branch)
}

/// Orders versions by their numbers: `6.10` is above `6.9`; what is not a number counts as 0.
#[must_use]
pub fn compare(one: &str, other: &str) -> std::cmp::Ordering {
    let numbers = |version: &str| -> Vec<u64> {
        let mut parts: Vec<u64> = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0)).collect();
        while parts.last() == Some(&0) {
            parts.pop();
        }
        parts
    };
    numbers(one).cmp(&numbers(other))
}

fn branch(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(index, _)| index);
    version.get(..end).unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    #[test]
    fn a_version_belongs_to_its_branch() {
        assert_eq!(php("8.3.14").map(|php| php.branch), Some("8.3"));
        assert_eq!(wordpress("6.9.1").map(|wordpress| wordpress.most_php), Some("8.5"));
        assert_eq!(php("9"), None);
    }

    #[test]
    fn support_ends_with_its_last_day() {
        let php = php("8.2").unwrap();
        assert!(php.is_supported(jiff::civil::date(2026, 12, 31)));
        assert!(!php.is_supported(jiff::civil::date(2027, 1, 1)));
        assert_eq!(supported_php(jiff::civil::date(2027, 6, 1)).collect::<Vec<_>>(), ["8.3", "8.4", "8.5"]);
    }

    #[test]
    fn a_plugin_needs_what_its_version_needs() {
        assert_eq!(plugin("woocommerce", "10.2.1").map(|needs| (needs.wordpress, needs.php)), Some(("6.7", "7.4")));
        assert_eq!((plugin("woocommerce", "10.1.9"), plugin("nordic", "11")), (None, None));
    }

    #[test]
    fn versions_are_ordered_by_number_and_not_by_text() {
        assert_eq!(compare("6.10", "6.9.1"), Ordering::Greater);
        assert_eq!(compare("6.9", "6.9.0"), Ordering::Equal);
        assert_eq!(compare("10.2.1", "10.10"), Ordering::Less);
    }
}
