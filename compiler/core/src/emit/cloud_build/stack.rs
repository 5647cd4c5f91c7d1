//! `stack.yaml`: plans one stack, checks the plan, and applies exactly that plan.
//!
//! The plan's digest is taken when it is made and checked when it is applied; plan and digest stay in the bucket under the
//! revision. The stack's applied record says first that the apply has begun, then that it has ended.

use super::schema::Build;
use super::{Pipeline, apply, script};

const RECORDED: &str = include_str!("scripts/recorded.sh");
const PLAN: &str = include_str!("scripts/plan.sh");
const CHECK: &str = include_str!("scripts/check.sh");
const SAVE: &str = include_str!("scripts/save.sh");
const APPLY: &str = include_str!("scripts/apply.sh");
const ENDED: &str = include_str!("scripts/ended.sh");

pub(super) fn build(pipeline: &Pipeline) -> Build {
    let stack = ("STACK", "$_STACK");
    let bucket = ("BUCKET", pipeline.state_bucket.as_str());
    let revision = ("REVISION", "$_REVISION");
    Build {
        steps: vec![
            script(&pipeline.tools_image, "recorded", RECORDED, &[stack, bucket]),
            script(&pipeline.terraform_image, "plan", PLAN, &[stack, bucket]),
            script(&pipeline.compiler_image, "check", CHECK, &[stack, revision]),
            script(&pipeline.tools_image, "save", SAVE, &[stack, bucket, revision]),
            script(&pipeline.terraform_image, "apply", APPLY, &[stack]),
            script(&pipeline.tools_image, "ended", ENDED, &[stack, bucket]),
        ],
        timeout: "7200s".to_owned(),
        substitutions: ["_REVISION", "_STACK"].map(|name| (name.to_owned(), String::new())).into(),
        ..apply::frame(pipeline, &pipeline.apply_account, "stack")
    }
}
