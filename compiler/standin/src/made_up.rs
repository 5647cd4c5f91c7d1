//! Values for what only Google could say: repeatable, of the right form, and plainly made up.
//!
//! The same object gets the same values in every run. Nothing here is a secret, a real address or a real number:
//! addresses are from the ranges for documentation, times are the year 2000, names say "rehearsal".

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aipress_provider::{Attribute, Block, Nested, Type};
use sha2::{Digest, Sha256};

use crate::shape::map_nested;
use crate::value::Value;
use crate::{formats, identity};

/// The object that values are made up for.
pub struct Maker<'a> {
    /// Its type.
    pub kind: &'a str,
    /// Its id.
    pub id: &'a str,
    /// What is known of it.
    pub known: &'a Value,
}

impl Maker<'_> {
    /// Replaces what is unknown.
    #[must_use]
    pub fn complete(&self, block: &Block, planned: &Value) -> Value {
        self.block(block, planned, "")
    }

    fn block(&self, block: &Block, planned: &Value, path: &str) -> Value {
        let Value::Map(fields) = planned else { return planned.clone() };
        let field = |(name, value): (&String, &Value)| {
            let path = format!("{path}{name}");
            let value = match (block.attributes.get(name), block.blocks.get(name)) {
                (Some(attribute), _) => self.attribute(&path, name, attribute, value),
                (None, Some(nested)) => self.nested(&path, nested, value),
                (None, None) => value.clone(),
            };
            (name.clone(), value)
        };
        Value::Map(fields.iter().map(field).collect())
    }

    fn nested(&self, path: &str, nested: &Nested, value: &Value) -> Value {
        match value {
            // A block whose number is only known now: as many as there must be.
            Value::Unknown => Value::List(Vec::new()),
            _ => map_nested(nested, value, &mut |index, item| {
                self.block(&nested.block, item, &format!("{path}.{index}."))
            }),
        }
    }

    fn attribute(&self, path: &str, name: &str, attribute: &Attribute, value: &Value) -> Value {
        if value.is_known() {
            return value.clone();
        }
        // Only what the provider alone decides gets an item, so that `x[0].y` works.
        let filled = attribute.is_read_only();
        self.of_type(path, name, &attribute.kind, filled)
    }

    fn of_type(&self, path: &str, name: &str, kind: &Type, filled: bool) -> Value {
        match kind {
            Type::String | Type::Dynamic => {
                self.special(path, name).unwrap_or_else(|| Value::Text(self.text(path, name, filled)))
            }
            Type::Number if !filled => Value::Int(0),
            Type::Number => self.number(path, name),
            Type::Bool => Value::Bool(false),
            Type::List(item) | Type::Set(item) => {
                let item = || self.of_type(&format!("{path}.0"), name, item, filled);
                Value::List(if filled { vec![item()] } else { Vec::new() })
            }
            Type::Map(_) => Value::Map(BTreeMap::new()),
            Type::Object(fields) => {
                let field = |(inner, kind): (&String, &Type)| {
                    (inner.clone(), self.of_type(&format!("{path}.{inner}"), inner, kind, filled))
                };
                Value::Map(fields.iter().map(field).collect())
            }
            Type::Tuple(items) => {
                Value::List(items.iter().map(|item| self.of_type(path, name, item, filled)).collect())
            }
        }
    }

    /// What follows from the object's own name.
    fn special(&self, path: &str, name: &str) -> Option<Value> {
        let known = |field: &str| self.known.text_of(field);
        let text = match (self.kind, path) {
            (_, "id") => self.id.to_owned(),
            ("google_project", "deletion_policy") => "PREVENT".to_owned(),
            (_, "deletion_policy") => "DELETE".to_owned(),
            ("google_service_account", "email") => self.account()?,
            ("google_service_account", "member") => format!("serviceAccount:{}", self.account()?),
            ("google_service_account", "unique_id") => format!("1{}", self.digits(path, 20)),
            ("google_project", "number") => number_of(known("project_id")?),
            ("google_project_service_identity", "email") => self.agent()?,
            ("google_project_service_identity", "member") => format!("serviceAccount:{}", self.agent()?),
            ("google_sql_database_instance", "connection_name") => {
                format!("{}:{}:{}", self.project()?, known("region").unwrap_or("us-central1"), known("name")?)
            }
            ("google_cloud_run_v2_service", "uri") => format!("https://{}-rehearsal.invalid", known("name")?),
            ("google_secret_manager_secret_version", "name") => format!("{}/versions/1", known("secret")?),
            ("google_secret_manager_secret_version", "version") => "1".to_owned(),
            ("google_storage_bucket", "url") => format!("gs://{}", self.id),
            ("google_folder", "folder_id") => self.id.trim_start_matches("folders/").to_owned(),
            ("random_password" | "random_string", "result") => self.letters(),
            (_, "project") => self.project()?,
            (_, "writer_identity") => {
                format!("serviceAccount:service-{}@gcp-sa-logging.iam.gserviceaccount.com", number_of(self.id))
            }
            (kind, "name") if formats::collection(kind).is_some() => self.chosen_name(kind, path)?,
            (_, "name") if self.id.contains('/') && !self.id.starts_with('{') => self.id.to_owned(),
            (_, "self_link") => self.link(),
            _ if name == "project_number" => number_of(&self.project()?),
            _ => return None,
        };
        Some(Value::Text(text))
    }

    fn project(&self) -> Option<String> {
        identity::project(self.known).or_else(|| identity::project_in(self.id).map(str::to_owned))
    }

    fn account(&self) -> Option<String> {
        Some(format!("{}@{}.iam.gserviceaccount.com", self.known.text_of("account_id")?, self.project()?))
    }

    /// A name that the service would choose.
    fn chosen_name(&self, kind: &str, path: &str) -> Option<String> {
        let collection = formats::collection(kind)?;
        let parent = self.project().or_else(|| self.known.text_of("parent").map(str::to_owned));
        let collection =
            if collection.contains("{}") { collection.replace("{}", &parent?) } else { collection.to_owned() };
        Some(format!("{collection}{}", self.digits(path, 18)))
    }

    fn link(&self) -> String {
        let host = if self.kind.starts_with("google_sql") {
            "sqladmin.googleapis.com/sql/v1beta4"
        } else {
            "www.googleapis.com/compute/v1"
        };
        format!("https://{host}/{}", self.id)
    }

    /// The address of a service's own agent.
    fn agent(&self) -> Option<String> {
        let service = self.known.text_of("service")?.split('.').next()?;
        Some(format!("service-{}@gcp-sa-{service}.iam.gserviceaccount.com", number_of(&identity::project(self.known)?)))
    }

    /// A text of the right form; of what could have been given and was not, only if others may build on it.
    fn text(&self, path: &str, name: &str, filled: bool) -> String {
        let hash = self.digits(path, 6);
        match name {
            _ if name.ends_with("_time") || name == "timestamp" => "2000-01-01T00:00:00Z".to_owned(),
            _ if name.contains("ipv6") || path == "ip_version" => format!("2001:db8::{}", &hash[..4]),
            _ if name == "address" || name.ends_with("ip_address") || name == "host" || name.ends_with("ipv4") => {
                format!("192.0.2.{}", hash[..2].parse().unwrap_or(1u8).max(1))
            }
            _ if name.ends_with("ip_cidr_range") || name == "cidr" => "192.0.2.0/24".to_owned(),
            _ if name == "uri" || name.ends_with("_uri") || name == "url" || name.ends_with("_url") => {
                format!("https://rehearsal-{hash}.invalid")
            }
            _ if name.ends_with("_link") || name.ends_with("_uid") && name.contains('/') => {
                format!("https://www.googleapis.com/rehearsal/{hash}")
            }
            _ if name.ends_with("email") || name.ends_with("service_account_email_address") => {
                format!("rehearsal-{hash}@gcp-sa-rehearsal.iam.gserviceaccount.com")
            }
            _ if name.contains("fingerprint") || name == "etag" => format!("rehearsal{hash}="),
            _ if name == "number" || name.ends_with("_number") || name == "generation" || name == "version" => hash,
            "region" | "location" => "us-central1".to_owned(),
            "zone" => "us-central1-a".to_owned(),
            "name" => format!("{}{hash}", self.known.text_of("name_prefix").unwrap_or("rehearsal-")),
            _ if !filled => String::new(),
            _ => format!("rehearsal-{}-{hash}", name.replace('_', "-")),
        }
    }

    fn number(&self, path: &str, name: &str) -> Value {
        match name {
            "port" => Value::Int(443),
            _ if name.contains("generation") || name.contains("version") => Value::Int(1),
            _ => Value::Int(i64::from(self.digits(path, 4).parse().unwrap_or(1u16))),
        }
    }

    /// As many letters as were asked for.
    fn letters(&self) -> String {
        let length = match self.known.get("length") {
            Value::Int(length) => usize::try_from(*length).unwrap_or(16).min(4096),
            _ => 16,
        };
        "rehearsal".chars().cycle().take(length).collect()
    }

    fn digits(&self, path: &str, length: usize) -> String {
        digits(&format!("{}\n{}\n{path}", self.kind, self.id), length)
    }
}

/// The number of a project: twelve digits that follow from its id, in whatever stack it is asked for.
#[must_use]
pub fn number_of(project: &str) -> String {
    format!("1{}", digits(project, 11))
}

/// Digits that follow from a text.
fn digits(seed: &str, length: usize) -> String {
    let hash = Sha256::digest(seed.as_bytes());
    let mut all = String::new();
    for byte in hash {
        let _ = write!(all, "{}", byte % 10);
    }
    all.chars().take(length).collect()
}
