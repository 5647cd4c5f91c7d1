//! Names that stand as plain text in Terraform and that only Google checks: roles and APIs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::read::ReadError;

/// The roles and APIs that are known, and what is meant by some that are often written and do not exist.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    #[serde(default)]
    roles: BTreeSet<String>,
    #[serde(default)]
    apis: BTreeSet<String>,
    #[serde(default)]
    instead: BTreeMap<String, String>,
}

impl Names {
    /// Reads the committed form.
    ///
    /// # Errors
    /// The text is not JSON, or not of this form.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        Ok(serde_json::from_str(text)?)
    }

    /// Whether a role is known.
    ///
    /// # Errors
    /// It is not; with the one that is meant, if that is recorded.
    pub fn role(&self, name: &str) -> Result<(), Option<&str>> {
        self.find(&self.roles, name)
    }

    /// Whether an API is known.
    ///
    /// # Errors
    /// It is not; with the one that is meant, if that is recorded.
    pub fn api(&self, name: &str) -> Result<(), Option<&str>> {
        self.find(&self.apis, name)
    }

    /// All known roles.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// All known APIs.
    pub fn apis(&self) -> impl Iterator<Item = &str> {
        self.apis.iter().map(String::as_str)
    }

    fn find(&self, known: &BTreeSet<String>, name: &str) -> Result<(), Option<&str>> {
        if known.contains(name) { Ok(()) } else { Err(self.instead.get(name).map(String::as_str)) }
    }
}

#[cfg(test)]
mod tests {
    use crate::embedded;

    #[test]
    fn what_is_meant_instead_is_known() {
        let names = embedded::names();
        assert!(names.instead.len() > 3);
        for (wrong, right) in &names.instead {
            assert!(names.role(wrong).is_err() && names.api(wrong).is_err(), "{wrong}");
            assert!(names.role(right).is_ok() || names.api(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn the_committed_names_are_read() {
        let names = embedded::names();
        assert_eq!(names.role("roles/secretmanager.secretAccessor"), Ok(()));
        assert_eq!(names.role("roles/secretmanager.accessor"), Err(Some("roles/secretmanager.secretAccessor")));
        assert_eq!(names.api("cloudsql.googleapis.com"), Err(Some("sqladmin.googleapis.com")));
        assert_eq!(names.api("nothing.googleapis.com"), Err(None));
    }
}
