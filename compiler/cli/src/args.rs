//! The command line as types; each doc comment is the help text.
//!
//! Every flag can also be given as a variable: flags that several commands share as `AIPRESS_<FLAG>`, the others as
//! `AIPRESS_<COMMAND>_<FLAG>`.

pub mod cost;
pub mod look;
pub mod placement;
pub mod record;

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::rehearse::log::Format;
use crate::rehearse::session::Until;
use crate::render;

/// Compiles a fleet of WordPress sites in Git into Terraform, Cloud Build, ProxySQL and database state.
///
/// Exit codes: 0 fine; 1 error; 2 changes (with --detailed-exitcode); 3 refused by a guard; 4 stale output, a held lock
/// or an incomplete placement lock; 130 interrupted. Every flag can also be given as a variable: a shared one as
/// `AIPRESS_FLAG`, a command's own as `AIPRESS_COMMAND_FLAG`.
#[derive(Debug, Parser)]
#[command(name = "aipress", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// The fleet's folder: the one that holds `tenants/`.
    #[arg(
        short = 'C',
        long = "dir",
        value_name = "DIR",
        default_value = ".",
        global = true,
        env = "AIPRESS_DIR",
        hide_env = true
    )]
    pub dir: PathBuf,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a small valid fleet into an empty folder.
    Init(InitArgs),
    /// Say everything that is wrong with a fleet; write nothing.
    Check(CheckArgs),
    /// Compile a fleet into the output folder.
    Compile(CompileArgs),
    /// Show, record or check where unrecorded sites go.
    Place(PlaceArgs),
    /// Plan moves that drain, fix or level shards.
    Rebalance(placement::RebalanceArgs),
    /// Show how full the fleet is, what room is left, and when a new shard is due.
    Capacity(placement::CapacityArgs),
    /// Show how full the fleet would be after what may happen to it; touches nothing.
    Simulate(placement::SimulateArgs),
    /// Show what changes between two revisions, or since what is applied.
    Plan(PlanArgs),
    /// Note what is applied: a record for each stack, which plans start from.
    Record(record::RecordArgs),
    /// Show what the fleet costs in a month, and what would make it cheaper.
    Cost(cost::CostArgs),
    /// Apply stacks with the real terraform to a stand-in for Google, and remove them again.
    Rehearse(RehearseArgs),
    /// Print the page of a diagnostic code, or the value of a field and where it comes from.
    Explain(ExplainArgs),
    /// Show everything that exists for one site: names, hosts, limits, cost, resources.
    Show(look::ShowArgs),
    /// Draw how platform, edges and shards hang together, or what one site consists of.
    Graph(look::GraphArgs),
    /// Show the commits that changed a tenant, field by field.
    History(look::HistoryArgs),
    /// Show the commit that wrote the value of a field, in whatever layer.
    Blame(look::BlameArgs),
    /// Print the JSON Schema of a kind.
    Schema(SchemaArgs),
    /// Check blueprints against what the providers offer, or refresh that table.
    Blueprint(BlueprintArgs),
    /// Bring a shard's database instance to its desired state: what the shard's job runs.
    Provision(ProvisionArgs),
    /// Keep the ProxySQL of a node as the fleet says; runs on the node.
    PoolAgent(PoolAgentArgs),
    /// Print completions for a shell.
    Completions(CompletionsArgs),
}

fn date(text: &str) -> Result<jiff::civil::Date, &'static str> {
    text.parse().map_err(|_| "expected a day of the calendar as YYYY-MM-DD")
}

/// Which fleet is read, and how.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Read a commit, tag or branch instead of the files in the folder.
    #[arg(long, value_name = "REV", env = "AIPRESS_REV", hide_env = true)]
    pub rev: Option<String>,
    /// The date for rules with a date, as YYYY-MM-DD (default: today, UTC).
    #[arg(long, value_name = "DATE", env = "AIPRESS_NOW", hide_env = true, value_parser = date)]
    pub now: Option<jiff::civil::Date>,
    /// Fail if a site has no recorded place.
    #[arg(long, env = "AIPRESS_LOCKED", hide_env = true, value_parser = FalseyValueParser::new())]
    pub locked: bool,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to write into (default: the fleet's folder).
    #[arg(value_name = "FOLDER", env = "AIPRESS_INIT_FOLDER", hide_env = true)]
    pub folder: Option<PathBuf>,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to write what is wrong; all but text goes to standard output.
    #[arg(long, value_enum, default_value_t = render::Format::Text, env = "AIPRESS_CHECK_FORMAT", hide_env = true)]
    pub format: render::Format,
    /// Compare a saved Terraform plan of this stack with the prediction, such as `shards/eu1-001`.
    #[arg(long, value_name = "STACK", requires = "terraform_plan", env = "AIPRESS_CHECK_STACK", hide_env = true)]
    pub stack: Option<String>,
    /// The plan, as `terraform show -json` writes it.
    #[arg(long, value_name = "FILE", requires = "stack", env = "AIPRESS_CHECK_TERRAFORM_PLAN", hide_env = true)]
    pub terraform_plan: Option<PathBuf>,
}

/// Arguments of `compile`.
#[derive(Debug, Args)]
pub struct CompileArgs {
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
    /// The output folder, relative to the fleet's.
    #[arg(long, value_name = "DIR", default_value = "output", env = "AIPRESS_OUT", hide_env = true)]
    pub out: PathBuf,
    /// Write nothing; fail with 4 and name the files if the output is not current.
    #[arg(long, env = "AIPRESS_COMPILE_CHECK", hide_env = true, value_parser = FalseyValueParser::new())]
    pub check: bool,
}

/// Arguments of `place`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PlaceArgs {
    /// The date for rules with a date, as YYYY-MM-DD (default: today, UTC).
    #[arg(long, value_name = "DATE", env = "AIPRESS_NOW", hide_env = true, value_parser = date)]
    pub now: Option<jiff::civil::Date>,
    /// Record the proposed places in `tenants/placement/`.
    #[arg(long, env = "AIPRESS_PLACE_WRITE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub write: bool,
    /// Write nothing; fail with 4 if a site has no recorded place.
    #[arg(long, conflicts_with = "write", env = "AIPRESS_PLACE_CHECK", hide_env = true, value_parser = FalseyValueParser::new())]
    pub check: bool,
    /// Show which sites that are not live yet leave shards that merged branches overfilled; with --write record it.
    #[arg(long, conflicts_with = "check", env = "AIPRESS_PLACE_REPAIR", hide_env = true, value_parser = FalseyValueParser::new())]
    pub repair: bool,
    /// Something else to do with the lock.
    #[command(subcommand)]
    pub action: Option<PlaceAction>,
}

/// What else is done with the placement lock.
#[derive(Debug, Subcommand)]
pub enum PlaceAction {
    /// Fold all segments of the lock into its base files; meant for the main branch.
    Compact(CompactArgs),
}

/// Arguments of `place compact`.
#[derive(Debug, Args)]
pub struct CompactArgs {
    /// Write nothing; fail with 4 if there is something to fold.
    #[arg(long, env = "AIPRESS_PLACE_COMPACT_CHECK", hide_env = true, value_parser = FalseyValueParser::new())]
    pub check: bool,
}

/// How a plan is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For the terminal.
    Text,
    /// For a comment on a pull request: at most 60,000 characters.
    Markdown,
    /// For programs.
    Json,
    /// One page for a browser: a map of the shards, all sites to search and filter, every field and resource.
    Html,
    /// What guards say, for code scanning: SARIF 2.1.0.
    Sarif,
    /// What guards say, as annotations of a GitHub workflow.
    Github,
    /// What guards say, as the result of a test run in JUnit's XML.
    Junit,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The revision to compare with.
    #[arg(
        long,
        value_name = "REV",
        required_unless_present = "applied",
        conflicts_with = "applied",
        env = "AIPRESS_BASE",
        hide_env = true
    )]
    pub base: Option<String>,
    /// Compare each stack with what is applied there, as the records in this folder say.
    #[arg(long, value_name = "DIR", env = "AIPRESS_PLAN_APPLIED", hide_env = true)]
    pub applied: Option<PathBuf>,
    /// Stacks that have no record because they were never applied; `unrecorded` for all that have none.
    #[arg(long, value_name = "STACK", num_args = 1.., requires = "applied", env = "AIPRESS_PLAN_NEVER_APPLIED", hide_env = true, value_delimiter = ',')]
    pub never_applied: Vec<String>,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
    /// How to write the plan.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, env = "AIPRESS_PLAN_FORMAT", hide_env = true)]
    pub format: PlanFormat,
    /// Fail with 4 unless every row is in one of these reviewed plans, as `--format json` writes them.
    #[arg(long, value_name = "PLAN", num_args = 1.., env = "AIPRESS_PLAN_VERIFY", hide_env = true, value_delimiter = ',')]
    pub verify: Vec<PathBuf>,
    /// Plan as if these branches were merged too, as Git merges, and say what they break together.
    #[arg(long, value_name = "REV", num_args = 1.., env = "AIPRESS_PLAN_WITH", hide_env = true, value_delimiter = ',')]
    pub with: Vec<String>,
    /// What is known of backups, as `schema/evidence.schema.json` says.
    #[arg(long, value_name = "FILE", env = "AIPRESS_PLAN_EVIDENCE", hide_env = true)]
    pub evidence: Option<PathBuf>,
    /// Add a unified diff of the files that change.
    #[arg(long, env = "AIPRESS_PLAN_DIFF", hide_env = true, value_parser = FalseyValueParser::new())]
    pub diff: bool,
    /// End with 2 if there are changes.
    #[arg(long, env = "AIPRESS_DETAILED_EXITCODE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub detailed_exitcode: bool,
}

/// Arguments of `rehearse`.
#[derive(Debug, Args)]
pub struct RehearseArgs {
    /// Stacks such as `platform` or `shards/*` (default: all, in the order of their dependency).
    #[arg(value_name = "STACK")]
    pub stacks: Vec<String>,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
    /// The last step: for quick turns stop before terraform applies.
    #[arg(long, value_enum, default_value_t = Until::Destroy, env = "AIPRESS_REHEARSE_UNTIL", hide_env = true)]
    pub until: Until,
    /// Then plan this later revision on top, and hold every action of terraform against what `aipress plan` says; may be
    /// given several times. Only the stacks that one of them changes are rehearsed.
    #[arg(
        long,
        value_name = "REV",
        conflicts_with_all = ["fail", "kill_after"],
        env = "AIPRESS_REHEARSE_TO",
        hide_env = true
    )]
    pub to: Vec<String>,
    /// Stacks at one time that do not wait for each other (default: one a core).
    #[arg(long, value_name = "N", env = "AIPRESS_REHEARSE_JOBS", hide_env = true)]
    pub jobs: Option<usize>,
    /// Work in this folder, which must be empty or absent, and keep it.
    #[arg(long, value_name = "DIR", env = "AIPRESS_REHEARSE_KEEP", hide_env = true)]
    pub keep: Option<PathBuf>,
    /// Refuse this resource once, finish with a second run, and compare with a run in which nothing fails.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "kill_after", env = "AIPRESS_REHEARSE_FAIL", hide_env = true)]
    pub fail: Option<String>,
    /// Kill terraform in each stack after this number of resources, finish with a second run, and compare.
    #[arg(long, value_name = "N", env = "AIPRESS_REHEARSE_KILL_AFTER", hide_env = true)]
    pub kill_after: Option<usize>,
    /// How to write the result.
    #[arg(long, value_enum, default_value_t = Format::Text, env = "AIPRESS_REHEARSE_FORMAT", hide_env = true)]
    pub format: Format,
    /// The terraform to run (default: the one on the path).
    #[arg(long, value_name = "PATH", env = "AIPRESS_TERRAFORM", hide_env = true)]
    pub terraform: Option<PathBuf>,
    /// The stand-in for Google (default: the one beside this program).
    #[arg(long, value_name = "PATH", env = "AIPRESS_STANDIN", hide_env = true)]
    pub standin: Option<PathBuf>,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A code such as `AIP0301`, `tenant/acme` for values, `site/acme` for all that exists, a Terraform address, `placement` or `connections`.
    #[arg(value_name = "CODE|tenant/NAME|site/NAME|ADDRESS|placement|connections")]
    pub subject: String,
    /// The field to explain, such as `spec.database.class` (without it every field is listed); after `placement`, the site; after `connections`, the shard.
    #[arg(value_name = "FIELD|SITE|SHARD", required_if_eq_any([("subject", "placement"), ("subject", "connections")]))]
    pub field: Option<String>,
    /// How to write why a site lives where it lives, or a shard's sum of connections.
    #[arg(long, value_enum, default_value_t = placement::AnswerFormat::Text, env = "AIPRESS_EXPLAIN_FORMAT", hide_env = true)]
    pub format: placement::AnswerFormat,
    /// The fleet.
    #[command(flatten)]
    pub input: InputArgs,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// The kind, such as `Tenant`; without it the kinds are listed.
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    /// Write the schemas of all kinds, and the page that explains them, into this folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "kind", env = "AIPRESS_SCHEMA_WRITE", hide_env = true)]
    pub write: Option<PathBuf>,
}

/// Arguments of `blueprint`.
#[derive(Debug, Args)]
pub struct BlueprintArgs {
    /// What to do with blueprints.
    #[command(subcommand)]
    pub command: BlueprintCommand,
}

/// The subcommands of `blueprint`.
#[derive(Debug, Subcommand)]
pub enum BlueprintCommand {
    /// Say everything in the blueprints that does not fit what the providers offer; write nothing.
    Check(BlueprintCheckArgs),
    /// Take what providers offer from Terraform, for the types that blueprints use.
    Schema(BlueprintSchemaArgs),
}

/// Arguments of `blueprint check`.
#[derive(Debug, Args)]
pub struct BlueprintCheckArgs {
    /// The blueprints, such as `shard` or `shard/v1` (default: all, of the fleet and of the compiler).
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How to write what is wrong; json also lists the arguments whose change replaces their resource.
    #[arg(long, value_enum, default_value_t = render::Format::Text, env = "AIPRESS_BLUEPRINT_FORMAT", hide_env = true)]
    pub format: render::Format,
}

/// Arguments of `blueprint schema`.
#[derive(Debug, Args)]
pub struct BlueprintSchemaArgs {
    /// What `terraform providers schema -json` printed.
    #[arg(long, value_name = "FILE", env = "AIPRESS_BLUEPRINT_FROM", hide_env = true)]
    pub from: PathBuf,
    /// A provider's version, which that form does not hold, such as `google=8.7.0` (default: that of the table so far).
    #[arg(long, value_name = "PROVIDER=VERSION", env = "AIPRESS_BLUEPRINT_PIN", hide_env = true)]
    pub pin: Vec<String>,
    /// Keep this type too, though no blueprint uses it yet; a `*` at the end stands for any rest.
    #[arg(long, value_name = "TYPE", env = "AIPRESS_BLUEPRINT_ADD", hide_env = true)]
    pub add: Vec<String>,
    /// Drop what the table so far holds and no blueprint uses.
    #[arg(long, env = "AIPRESS_BLUEPRINT_USED_ONLY", hide_env = true, value_parser = FalseyValueParser::new())]
    pub used_only: bool,
}

/// Arguments of `provision`. A password comes from a file or from the variable `AIPRESS_PROVISION_PASSWORD`, the server's
/// authority from a file or from the variable `AIPRESS_PROVISION_CA_PEM`.
#[derive(Debug, Args)]
pub struct ProvisionArgs {
    /// The desired state: a file, or an object as gs://BUCKET/OBJECT.
    #[arg(long, value_name = "FILE", env = "AIPRESS_PROVISION_DESIRED", hide_env = true)]
    pub desired: String,
    /// Connect to the server, print the SQL that is missing there, without secrets, and change nothing.
    #[arg(long, env = "AIPRESS_PROVISION_DRY_RUN", hide_env = true, value_parser = FalseyValueParser::new())]
    pub dry_run: bool,
    /// Certificates in PEM of the instance's own authority; no other is believed, and without it nothing is done
    /// (or the variable `AIPRESS_PROVISION_CA_PEM` with the certificates themselves).
    #[arg(long, value_name = "FILE", env = "AIPRESS_PROVISION_CA", hide_env = true)]
    pub ca: Option<PathBuf>,
    /// A file with the password of the job's user (or the variable `AIPRESS_PROVISION_PASSWORD` with the password
    /// itself; default: a token of the metadata server).
    #[arg(long, value_name = "FILE", env = "AIPRESS_PROVISION_PASSWORD_FILE", hide_env = true)]
    pub password_file: Option<PathBuf>,
    /// Seconds to wait for another run.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, env = "AIPRESS_PROVISION_LOCK_WAIT", hide_env = true)]
    pub lock_wait: u64,
    /// Seconds to wait for the server to be reachable.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 120,
        env = "AIPRESS_PROVISION_CONNECT_WAIT",
        hide_env = true
    )]
    pub connect_wait: u64,
    /// Seconds to try one call of Secret Manager.
    #[arg(long, value_name = "SECONDS", default_value_t = 90, env = "AIPRESS_PROVISION_CALL_WAIT", hide_env = true)]
    pub call_wait: u64,
    /// The date for purge orders, as YYYY-MM-DD (default: today, UTC).
    #[arg(long, value_name = "DATE", env = "AIPRESS_NOW", hide_env = true, value_parser = date)]
    pub now: Option<jiff::civil::Date>,
    /// Another address of Secret Manager.
    #[arg(long, value_name = "URL", env = "AIPRESS_PROVISION_SECRETS_URL", hide_env = true)]
    pub secrets_url: Option<String>,
    /// Another address of the metadata server.
    #[arg(long, value_name = "URL", env = "AIPRESS_PROVISION_METADATA_URL", hide_env = true)]
    pub metadata_url: Option<String>,
    /// Another address of Cloud Storage.
    #[arg(long, value_name = "URL", env = "AIPRESS_PROVISION_STORAGE_URL", hide_env = true)]
    pub storage_url: Option<String>,
}

/// Arguments of `pool-agent`.
#[derive(Debug, Args)]
pub struct PoolAgentArgs {
    /// Write the node's files and end: before ProxySQL starts.
    #[arg(long, env = "AIPRESS_POOL_INIT", hide_env = true, value_parser = FalseyValueParser::new())]
    pub init: bool,
    /// Write the files, trying until it is done, then keep the pool: beside a site, where nothing can run before ProxySQL.
    #[arg(
        long,
        conflicts_with = "init",
        env = "AIPRESS_POOL_SIDECAR",
        hide_env = true,
        value_parser = FalseyValueParser::new()
    )]
    pub sidecar: bool,
    /// Configuration, users and authorities themselves, as JSON: an object with the text of each by its name.
    #[arg(long, value_name = "JSON", conflicts_with = "config_bucket", env = "AIPRESS_POOL_FILES", hide_env = true)]
    pub files: Option<String>,
    /// The project of the secrets.
    #[arg(long, value_name = "ID", env = "AIPRESS_PROJECT", hide_env = true)]
    pub project: String,
    /// The shard.
    #[arg(long, value_name = "ID", env = "AIPRESS_SHARD", hide_env = true)]
    pub shard: String,
    /// The folder of the node's files.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "/var/lib/aipress/pool",
        env = "AIPRESS_POOL_FOLDER",
        hide_env = true
    )]
    pub folder: PathBuf,
    /// The bucket with configuration, users and authorities.
    #[arg(long, value_name = "NAME", env = "AIPRESS_CONFIG_BUCKET", hide_env = true)]
    pub config_bucket: Option<String>,
    /// The configuration: an object of the bucket, or a file where there is no bucket.
    #[arg(long, value_name = "NAME", default_value = "proxysql.cnf", env = "AIPRESS_CONFIG_OBJECT", hide_env = true)]
    pub config_object: String,
    /// The users: an object of the bucket, or a file where there is no bucket.
    #[arg(long, value_name = "NAME", default_value = "pool.json", env = "AIPRESS_USERS_OBJECT", hide_env = true)]
    pub users_object: String,
    /// The SHA-256 that the configuration must have, in hexadecimal digits.
    #[arg(long, value_name = "DIGEST", env = "AIPRESS_CONFIG_SHA256", hide_env = true)]
    pub config_sha256: Option<String>,
    /// A file with what the running tables must show, as the compiler wrote it, in place of what the node's own
    /// configuration says; they are compared in every round.
    #[arg(long, value_name = "FILE", env = "AIPRESS_POOL_EXPECTED", hide_env = true)]
    pub expected: Option<PathBuf>,
    /// Where health checks and metrics are answered (default: every address of the machine with --config-bucket, where a
    /// balancer asks and a firewall stands before it; else loopback).
    #[arg(long, value_name = "ADDRESS", env = "AIPRESS_HEALTH_ADDRESS", hide_env = true)]
    pub health_address: Option<std::net::IpAddr>,
    /// The port of health checks and metrics.
    #[arg(long, value_name = "PORT", default_value_t = 6080, env = "AIPRESS_HEALTH_PORT", hide_env = true)]
    pub health_port: u16,
    /// The path that says whether the node may get traffic.
    #[arg(long, value_name = "PATH", default_value = "/readyz", env = "AIPRESS_HEALTH_PATH", hide_env = true)]
    pub health_path: String,
    /// ProxySQL's admin port on this machine.
    #[arg(long, value_name = "PORT", default_value_t = 6032, env = "AIPRESS_POOL_ADMIN_PORT", hide_env = true)]
    pub admin_port: u16,
    /// ProxySQL's port for sites on this machine.
    #[arg(long, value_name = "PORT", default_value_t = 6033, env = "AIPRESS_POOL_PORT", hide_env = true)]
    pub pool_port: u16,
    /// The monitor's user at the servers.
    #[arg(long, value_name = "NAME", default_value = "pool-monitor", env = "AIPRESS_POOL_MONITOR", hide_env = true)]
    pub monitor: String,
    /// The generation of the monitor's password; its secret is USER-gGENERATION.
    #[arg(long, value_name = "N", default_value_t = 1, env = "AIPRESS_POOL_MONITOR_GENERATION", hide_env = true)]
    pub monitor_generation: u32,
    /// Milliseconds between two rounds.
    #[arg(long, value_name = "MS", default_value_t = 5000, env = "AIPRESS_POOL_INTERVAL_MS", hide_env = true)]
    pub interval_ms: u64,
    /// Seconds that sessions get to end after SIGTERM.
    #[arg(long, value_name = "SECONDS", default_value_t = 8, env = "AIPRESS_POOL_DRAIN", hide_env = true)]
    pub drain: u64,
    /// Seconds to try one call of Google's services in a round.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, env = "AIPRESS_POOL_CALL_WAIT", hide_env = true)]
    pub call_wait: u64,
    /// Another address of Secret Manager.
    #[arg(long, value_name = "URL", env = "AIPRESS_POOL_SECRETS_URL", hide_env = true)]
    pub secrets_url: Option<String>,
    /// Another address of the metadata server.
    #[arg(long, value_name = "URL", env = "AIPRESS_POOL_METADATA_URL", hide_env = true)]
    pub metadata_url: Option<String>,
    /// Another address of Cloud Storage.
    #[arg(long, value_name = "URL", env = "AIPRESS_POOL_STORAGE_URL", hide_env = true)]
    pub storage_url: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_variable_of_its_own_and_help() {
        let command = Cli::command();
        for sub in command.get_subcommands() {
            for flag in sub.get_arguments().chain(command.get_arguments()) {
                let name = format!("{} {}", sub.get_name(), flag.get_id());
                assert!(flag.get_help().is_some() || flag.is_hide_set(), "{name} has no help");
                let variable = flag.get_env().and_then(|name| name.to_str()).unwrap_or_default();
                assert!(flag.get_long().is_none() || variable.starts_with("AIPRESS_"), "{name} has no variable");
            }
        }
    }
}
