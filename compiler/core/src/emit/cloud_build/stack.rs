//! `stack.yaml`: plans one stack, checks the plan, and applies exactly that plan.
//!
//! The plan's digest is taken when it is made and checked when it is applied; plan and digest stay in the bucket under the
//! revision.

use super::schema::Build;
use super::{Pipeline, apply, script};

const PLAN: &str = include_str!("scripts/plan.sh");
const CHECK: &str = include_str!("scripts/check.sh");
const SAVE: &str = include_str!("scripts/save.sh");
const APPLY: &str = include_str!("scripts/apply.sh");

pub(super) fn build(pipeline: &Pipeline) -> Build {
    let stack = ("STACK", "$_STACK");
    let bucket = ("BUCKET", pipeline.state_bucket.as_str());
    let revision = ("REVISION", "$_REVISION");
    Build {
        steps: vec![
            script(&pipeline.terraform_image, "plan", PLAN, &[stack, bucket]),
            script(&pipeline.compiler_image, "check", CHECK, &[stack]),
            script(&pipeline.tools_image, "save", SAVE, &[stack, bucket, revision]),
            script(&pipeline.terraform_image, "apply", APPLY, &[stack]),
        ],
        timeout: "7200s".to_owned(),
        substitutions: ["_REVISION", "_STACK"].map(|name| (name.to_owned(), String::new())).into(),
        ..apply::frame(pipeline, &pipeline.apply_account, "stack")
    }
}
