//! `apply.yaml`: records places, compiles, then has every stack applied by a build of its own, in order.
//!
//! Order: bootstrap, platform, the shards wave by wave, the edges. A shard that sites leave comes after the shards that they go
//! to, so that Terraform removes nothing there whose successor could not be made. A stack that fails stops everything after it.

use std::collections::BTreeMap;

use super::schema::{Build, Logging, MachineType, Options, Pool, Step};
use super::{Pipeline, TOKEN, Wave, aipress, repository, script, secrets};

const RECORD: &str = include_str!("scripts/record.sh");
const SOURCE: &str = include_str!("scripts/source.sh");
const DRIVE: &str = include_str!("scripts/drive.sh");

pub(super) fn build(pipeline: &Pipeline) -> Build {
    let mut steps = places(pipeline);
    let compile: &[&str] =
        if pipeline.output_committed { &["compile", "--check", "--locked"] } else { &["compile", "--locked"] };
    steps.push(aipress(pipeline, "compile", compile));
    let bucket = pipeline.state_bucket.as_str();
    let revision = ("REVISION", "$COMMIT_SHA");
    steps.push(script(&pipeline.tools_image, "source", SOURCE, &[("BUCKET", bucket), revision]));
    steps.push(drive(pipeline, "bootstrap", "all", "bootstrap"));
    steps.push(drive(pipeline, "platform", "all", "platform"));
    steps.extend(pipeline.waves.iter().flat_map(|wave| shards(pipeline, wave)));
    let edges: Vec<String> = pipeline.edges.iter().map(|edge| format!("edges/{edge}")).collect();
    steps.push(drive(pipeline, "edges", "all", &edges.join(" ")));
    Build {
        steps,
        timeout: "86400s".to_owned(),
        substitutions: BTreeMap::from([("_WAVE".to_owned(), "all".to_owned())]),
        available_secrets: secrets(pipeline.git.push_token.as_ref()),
        ..frame(pipeline, &pipeline.apply_account, "apply")
    }
}

/// The steps of a wave, one for each group of its shards; a step waits for the one before it.
fn shards(pipeline: &Pipeline, wave: &Wave) -> Vec<Step> {
    let step = |(number, group): (usize, &Vec<String>)| {
        let stacks: Vec<String> = group.iter().map(|shard| format!("shards/{shard}")).collect();
        let id = if number == 0 { format!("wave-{}", wave.name) } else { format!("moves-{}-{number}", wave.name) };
        drive(pipeline, &id, &wave.name, &stacks.join(" "))
    };
    wave.groups.iter().enumerate().map(step).collect()
}

/// What all builds have in common.
pub(super) fn frame(pipeline: &Pipeline, account: &str, tag: &str) -> Build {
    let pool = pipeline.worker_pool.clone().map(|name| Pool { name });
    let machine_type = if pool.is_none() { Some(MachineType::E2Highcpu8) } else { None };
    Build {
        steps: Vec::new(),
        timeout: "3600s".to_owned(),
        queue_ttl: "3600s".to_owned(),
        options: Options { logging: Logging::CloudLoggingOnly, machine_type, pool },
        substitutions: BTreeMap::new(),
        tags: vec!["aipress".to_owned(), tag.to_owned()],
        service_account: format!("projects/{}/serviceAccounts/{account}", pipeline.project),
        available_secrets: None,
    }
}

/// Records the places of new sites and pushes them; without a token a site without a record stops the build.
fn places(pipeline: &Pipeline) -> Vec<Step> {
    if pipeline.git.push_token.is_none() {
        return vec![aipress(pipeline, "places", &["place", "--check"])];
    }
    let mut push = script(&pipeline.tools_image, "record", RECORD, &repository(pipeline));
    push.secret_env = vec![TOKEN.to_owned()];
    vec![aipress(pipeline, "places", &["place", "--write"]), push]
}

fn drive(pipeline: &Pipeline, id: &str, wave: &str, stacks: &str) -> Step {
    let parallel = pipeline.parallel.to_string();
    let env = [
        ("WAVE", "$_WAVE"),
        ("OWN_WAVE", wave),
        ("STACKS", stacks),
        ("BUCKET", &pipeline.state_bucket),
        ("REGION", &pipeline.region),
        ("PROJECT", &pipeline.project),
        ("PARALLEL", &parallel),
        ("REVISION", "$COMMIT_SHA"),
    ];
    script(&pipeline.tools_image, id, DRIVE, &env)
}
