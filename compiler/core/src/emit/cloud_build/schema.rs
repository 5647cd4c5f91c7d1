//! Cloud Build's own types: the fields and values that its builds know, and no others.
//!
//! Invariant of [`check`]: ids are unique, `waitFor` looks back, every secret is declared and used, and substitutions have
//! names that Cloud Build takes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// A build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    /// The steps, one after another unless `waitFor` says otherwise.
    pub steps: Vec<Step>,
    /// How long all steps may take, `1200s`.
    pub timeout: String,
    /// How long the build may wait for a worker.
    pub queue_ttl: String,
    /// How it runs.
    pub options: Options,
    /// Defaults of the variables that a trigger or a caller sets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub substitutions: BTreeMap<String, String>,
    /// Labels for people.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The account it runs as, `projects/P/serviceAccounts/A`.
    pub service_account: String,
    /// Secrets that steps may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_secrets: Option<AvailableSecrets>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The image.
    pub name: String,
    /// Its id in the build.
    pub id: String,
    /// Steps that must have succeeded; empty: all before it; `-`: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wait_for: Vec<String>,
    /// `NAME=value`; Cloud Build replaces `$NAME` in the value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Names of secrets that it gets as variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_env: Vec<String>,
    /// Its folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dir: Option<String>,
    /// How long it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// Exit codes that do not fail the build.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_exit_codes: Vec<i32>,
    /// What it runs.
    #[serde(flatten)]
    pub run: Run,
}

impl Step {
    /// Makes a step that runs its image's own entry point.
    #[must_use]
    pub fn new(image: &str, id: &str) -> Self {
        Self {
            name: image.to_owned(),
            id: id.to_owned(),
            wait_for: Vec::new(),
            env: Vec::new(),
            secret_env: Vec::new(),
            dir: None,
            timeout: None,
            allow_exit_codes: Vec::new(),
            run: Run::Command { entrypoint: String::new(), args: Vec::new() },
        }
    }
}

/// What a step runs: a script excludes an entry point and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Run {
    /// A program; Cloud Build replaces `$NAME` in the arguments.
    Command {
        /// The program; the image's own if empty.
        #[serde(skip_serializing_if = "String::is_empty")]
        entrypoint: String,
        /// Its arguments.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        args: Vec<String>,
    },
    /// A text with a `#!` line; Cloud Build replaces nothing in it.
    Script {
        /// The text.
        script: String,
    },
}

/// How a build runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// Where logs go; with an account of one's own this has to be said.
    pub logging: Logging,
    /// The machine; not with a private pool, which has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine_type: Option<MachineType>,
    /// The private pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<Pool>,
}

/// Where logs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Logging {
    /// Cloud Logging.
    CloudLoggingOnly,
    /// A bucket.
    GcsOnly,
    /// Nowhere.
    None,
}

/// A machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum MachineType {
    /// 1 vCPU.
    #[serde(rename = "E2_MEDIUM")]
    E2Medium,
    /// 2 vCPU.
    #[serde(rename = "E2_STANDARD_2")]
    E2Standard2,
    /// 8 vCPU.
    #[serde(rename = "E2_HIGHCPU_8")]
    E2Highcpu8,
    /// 32 vCPU.
    #[serde(rename = "E2_HIGHCPU_32")]
    E2Highcpu32,
}

/// A private pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pool {
    /// `projects/P/locations/L/workerPools/N`
    pub name: String,
}

/// Secrets of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AvailableSecrets {
    /// From Secret Manager.
    pub secret_manager: Vec<Secret>,
}

/// A secret of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// `projects/P/secrets/S/versions/1`
    pub version_name: String,
    /// The variable that steps ask for.
    pub env: String,
}

/// Returns what Cloud Build would refuse.
#[must_use]
pub fn check(build: &Build) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ids = BTreeSet::new();
    for step in &build.steps {
        for before in step.wait_for.iter().filter(|before| *before != "-" && !ids.contains(*before)) {
            problems.push(format!("step `{}` waits for `{before}`, which is not before it", step.id));
        }
        if !ids.insert(&step.id) {
            problems.push(format!("step `{}` stands twice", step.id));
        }
        match &step.run {
            Run::Script { script } if !script.starts_with("#!/") => {
                problems.push(format!("the script of step `{}` names no interpreter", step.id));
            }
            Run::Script { .. } | Run::Command { .. } => {}
        }
    }
    let declared = build.available_secrets.iter().flat_map(|secrets| &secrets.secret_manager);
    let declared: BTreeSet<&String> = declared.map(|secret| &secret.env).collect();
    let used: BTreeSet<&String> = build.steps.iter().flat_map(|step| &step.secret_env).collect();
    problems.extend(used.symmetric_difference(&declared).map(|name| format!("`{name}` is not both declared and used")));
    for name in build.substitutions.keys() {
        let rest = name.strip_prefix('_').unwrap_or_default();
        let good = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if rest.is_empty() || !rest.bytes().all(good) {
            problems.push(format!("`{name}` is no name of a substitution"));
        }
    }
    problems
}
