//! What a site is called: tenant and environment.

use std::fmt;

use serde::{Serialize, Serializer};

/// The largest preview number; three digits keep every derived name within 30 characters.
pub const MAX_PREVIEW: u16 = 999;

/// An environment of a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// The real thing; every tenant has it.
    Production,
    /// The one long-lived copy.
    Staging,
    /// A short-lived copy for a pull request.
    Preview(u16),
}

impl Environment {
    /// Reads the name as written in YAML: `production`, `staging`, `pr-12`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "production" => Some(Self::Production),
            "staging" => Some(Self::Staging),
            _ => {
                let digits = name.strip_prefix("pr-")?;
                let number: u16 = digits.parse().ok()?;
                let canonical = number.to_string() == digits;
                (canonical && (1..=MAX_PREVIEW).contains(&number)).then_some(Self::Preview(number))
            }
        }
    }

    /// Returns the kind as written in `Platform.environments`: production, staging or preview.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Preview(_) => "preview",
        }
    }

    /// Returns what stands behind `--` in resource names; empty for production.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            Self::Production => String::new(),
            Self::Staging => "s".to_owned(),
            Self::Preview(number) => format!("pr{number}"),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Production => f.write_str("production"),
            Self::Staging => f.write_str("staging"),
            Self::Preview(number) => write!(f, "pr-{number}"),
        }
    }
}

impl Serialize for Environment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A tenant in an environment: what is placed, gets a database, a service, a secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteId {
    /// The tenant's name.
    pub tenant: String,
    /// The environment.
    pub environment: Environment,
}

impl SiteId {
    /// Names a site.
    pub fn new(tenant: impl Into<String>, environment: Environment) -> Self {
        Self { tenant: tenant.into(), environment }
    }

    /// The tenant's name in a site's id, and the part for the environment unless that is production.
    #[must_use]
    pub fn parts(id: &str) -> (&str, Option<&str>) {
        id.split_once("--").map_or((id, None), |(tenant, environment)| (tenant, Some(environment)))
    }

    /// Reads a site's id as it is written: `acme`, `acme--staging`, `acme--pr12`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (tenant, Some(environment)) = Self::parts(text) else {
            return Some(Self::new(text, Environment::Production));
        };
        let name =
            environment.strip_prefix("pr").map_or_else(|| environment.to_owned(), |number| format!("pr-{number}"));
        let environment = Environment::parse(&name).filter(|found| *found != Environment::Production)?;
        Some(Self::new(tenant, environment))
    }

    /// Returns the one name of everything of a site: database, user, service, service account; at most 30 characters.
    #[must_use]
    pub fn resource(&self) -> String {
        match self.environment {
            Environment::Production => format!("wp-{}", self.tenant),
            Environment::Staging | Environment::Preview(_) => {
                format!("wp-{}--{}", self.tenant, self.environment.code())
            }
        }
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.environment {
            Environment::Production => f.write_str(&self.tenant),
            Environment::Staging => write!(f, "{}--staging", self.tenant),
            Environment::Preview(number) => write!(f, "{}--pr{number}", self.tenant),
        }
    }
}

impl Serialize for SiteId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for name in ["production", "staging", "pr-1", "pr-999"] {
            assert_eq!(Environment::parse(name).unwrap().to_string(), name);
        }
        for name in ["pr-0", "pr-1000", "pr-01", "pr1", "Staging", ""] {
            assert_eq!(Environment::parse(name), None, "{name}");
        }
    }

    #[test]
    fn ids_are_read_and_written_alike() {
        for id in ["acme", "acme--staging", "acme--pr12"] {
            assert_eq!(SiteId::parse(id).unwrap().to_string(), id);
        }
        for id in ["acme--production", "acme--pr-12", "acme--pr0", "acme--x"] {
            assert_eq!(SiteId::parse(id), None, "{id}");
        }
    }

    #[test]
    fn the_longest_site_fits_thirty_characters() {
        let longest = SiteId::new("a".repeat(20), Environment::Preview(MAX_PREVIEW));
        assert_eq!(longest.resource().len(), 30);
        assert_eq!(SiteId::new("acme", Environment::Staging).resource(), "wp-acme--s");
        assert_eq!(SiteId::new("acme", Environment::Staging).to_string(), "acme--staging");
    }
}
