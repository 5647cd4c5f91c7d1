//! Cloud Build configs: `pr.yaml` reviews, `apply.yaml` drives, `stack.yaml` applies one stack, `drift.yaml` compares.
//!
//! Input: a [`Pipeline`]. Output: four files with only the fields and values that Cloud Build knows ([`schema`]). Shell text
//! stands in `script:` steps, where Cloud Build replaces nothing: what varies comes in by `env`, and no value of the fleet
//! is ever part of a script.

mod apply;
mod drift;
mod pr;
pub mod schema;
mod stack;

use thiserror::Error;

use super::OutputFile;
use super::hcl::HEADER;
use schema::{AvailableSecrets, Build, Run, Secret, Step};

/// How a line of a build begins that names a stack with drift; alerts look for it.
pub const DRIFT_LINE: &str = "aipress: drift in";

/// What the builds need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The project in which the builds run.
    pub project: String,
    /// The region in which the builds run.
    pub region: String,
    /// The bucket of the states, and of the plans that were applied.
    pub state_bucket: String,
    /// The image with `aipress`, by digest.
    pub compiler_image: String,
    /// The image with `terraform`, by digest or exact version.
    pub terraform_image: String,
    /// The image with `gcloud`, `git` and `python3`, by digest or exact version.
    pub tools_image: String,
    /// The address of the account that reviews: it reads, and writes nothing.
    pub review_account: String,
    /// The address of the account that looks for drift: it reads, and writes nothing.
    pub drift_account: String,
    /// The address of the account that applies.
    pub apply_account: String,
    /// The repository.
    pub git: Git,
    /// Whether `output/` is committed; if not it is rendered in each build.
    pub output_committed: bool,
    /// The waves in order, each with its shards.
    pub waves: Vec<Wave>,
    /// The edges.
    pub edges: Vec<String>,
    /// How many stacks are applied at once.
    pub parallel: u32,
    /// The private worker pool, `projects/P/locations/L/workerPools/N`, if builds run in one.
    pub worker_pool: Option<String>,
}

/// The repository of the fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    /// The owner on GitHub.
    pub owner: String,
    /// The repository's name.
    pub repository: String,
    /// The branch that is applied.
    pub default_branch: String,
    /// The version of the secret with a token that reads the repository and comments, `projects/P/secrets/S/versions/1`;
    /// none: no comment. A pull request can read it, so it must not be able to push.
    pub comment_token: Option<String>,
    /// The version of the secret with a token that pushes the record of new places; none: people record them.
    pub push_token: Option<String>,
}

/// A ring of shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// Its shards, in groups that are applied one after the other: those that sites leave come after those that they go to.
    pub groups: Vec<Vec<String>>,
}

/// What a build would misread or refuse.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PipelineError {
    /// A text outside its alphabet.
    #[error("`{value}` cannot be the {field}")]
    Text {
        /// Which text.
        field: &'static str,
        /// What it is.
        value: String,
    },
    /// An image that can change under its name.
    #[error("the image `{0}` is pinned neither by digest nor by an exact version")]
    Image(String),
    /// A number outside its range.
    #[error("{0} stacks at once; allowed are 1 to 30")]
    Parallel(u32),
    /// A wave or shard twice.
    #[error("{0} `{1}` stands twice")]
    Duplicate(&'static str, String),
    /// A build that Cloud Build would refuse.
    #[error("{0}")]
    Build(String),
}

/// Writes the four configs.
///
/// # Errors
/// Everything that is wrong with the pipeline.
pub fn emit(pipeline: &Pipeline) -> Result<Vec<OutputFile>, Vec<PipelineError>> {
    let mut errors = check(pipeline);
    let builds = [
        ("pr", pr::build(pipeline)),
        ("apply", apply::build(pipeline)),
        ("stack", stack::build(pipeline)),
        ("drift", drift::build(pipeline)),
    ];
    errors.extend(builds.iter().flat_map(|(_, build)| schema::check(build)).map(PipelineError::Build));
    if !errors.is_empty() {
        return Err(errors);
    }
    builds.iter().map(|(name, build)| file(name, build).map_err(|error| vec![error])).collect()
}

fn file(name: &str, build: &Build) -> Result<OutputFile, PipelineError> {
    let text = serde_yaml::to_string(build).map_err(|error| PipelineError::Build(error.to_string()))?;
    Ok(OutputFile { path: format!("cloudbuild/{name}.yaml"), content: format!("{HEADER}\n{text}") })
}

/// A step that runs a script with some variables.
fn script(image: &str, id: &str, text: &str, env: &[(&str, &str)]) -> Step {
    let env = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Step { env, run: Run::Script { script: text.to_owned() }, ..Step::new(image, id) }
}

/// A step that runs `aipress` with arguments.
fn aipress(pipeline: &Pipeline, id: &str, arguments: &[&str]) -> Step {
    let args = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let run = Run::Command { entrypoint: "aipress".to_owned(), args };
    Step { run, ..Step::new(&pipeline.compiler_image, id) }
}

/// The variable under which steps ask for a token.
const TOKEN: &str = "GITHUB_TOKEN";

/// The token, where there is one.
fn secrets(token: Option<&String>) -> Option<AvailableSecrets> {
    let version_name = token?.clone();
    Some(AvailableSecrets { secret_manager: vec![Secret { version_name, env: TOKEN.to_owned() }] })
}

/// The variables that name the repository.
fn repository(pipeline: &Pipeline) -> [(&'static str, &str); 3] {
    let git = &pipeline.git;
    [("OWNER", &git.owner), ("REPOSITORY", &git.repository), ("BRANCH", &git.default_branch)]
}

fn check(pipeline: &Pipeline) -> Vec<PipelineError> {
    let git = &pipeline.git;
    let mut errors = Vec::new();
    let texts = [
        ("project", pipeline.project.as_str(), "-:."),
        ("region", &pipeline.region, "-"),
        ("state bucket", &pipeline.state_bucket, "-_."),
        ("reviewing account", &pipeline.review_account, "-@."),
        ("comparing account", &pipeline.drift_account, "-@."),
        ("applying account", &pipeline.apply_account, "-@."),
        ("repository's owner", &git.owner, "-_."),
        ("repository", &git.repository, "-_."),
        ("branch", &git.default_branch, "-_./"),
        ("comment token's secret", git.comment_token.as_deref().unwrap_or("none"), "-_/"),
        ("push token's secret", git.push_token.as_deref().unwrap_or("none"), "-_/"),
        ("worker pool", pipeline.worker_pool.as_deref().unwrap_or("none"), "-_/"),
    ];
    for (field, value, marks) in texts {
        let first = value.starts_with(|first: char| first.is_ascii_alphanumeric());
        let good = |character: char| character.is_ascii_alphanumeric() || marks.contains(character);
        if !first || !value.chars().all(good) {
            errors.push(PipelineError::Text { field, value: value.to_owned() });
        }
    }
    for image in [&pipeline.compiler_image, &pipeline.terraform_image, &pipeline.tools_image] {
        if !is_pinned(image) {
            errors.push(PipelineError::Image(image.clone()));
        }
    }
    if !(1..=30).contains(&pipeline.parallel) {
        errors.push(PipelineError::Parallel(pipeline.parallel));
    }
    errors.extend(check_names(pipeline));
    errors
}

fn check_names(pipeline: &Pipeline) -> Vec<PipelineError> {
    let waves = pipeline.waves.iter().map(|wave| ("wave", &wave.name));
    let shards = pipeline.waves.iter().flat_map(|wave| wave.groups.iter().flatten().map(|shard| ("shard", shard)));
    let edges = pipeline.edges.iter().map(|edge| ("edge", edge));
    let mut seen = std::collections::BTreeSet::new();
    let mut errors = Vec::new();
    for (field, name) in waves.chain(shards).chain(edges) {
        if !super::is_identifier(name) {
            errors.push(PipelineError::Text { field, value: name.clone() });
        }
        if !seen.insert((field, name)) {
            errors.push(PipelineError::Duplicate(field, name.clone()));
        }
    }
    errors
}

/// `path@sha256:<64 hex digits>`, or `path:<number>.<number>.<number>` with an optional suffix such as `-slim`.
fn is_pinned(image: &str) -> bool {
    let path =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b));
    if let Some((name, digest)) = image.split_once("@sha256:") {
        return path(name)
            && digest.len() == 64
            && digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    }
    let Some((name, tag)) = image.rsplit_once(':') else { return false };
    let version = tag.split('-').next().unwrap_or_default();
    let numbers: Vec<&str> = version.split('.').collect();
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    path(name) && path(tag) && !tag.contains(['/', ':']) && numbers.len() == 3 && numbers.iter().all(number)
}
