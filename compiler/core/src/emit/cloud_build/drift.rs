//! `drift.yaml`: plans every stack as it was committed and says which differ from what there is.
//!
//! Runs by the clock from the default branch. It takes no lock and applies nothing; a stack that differs fails the build
//! after all others were looked at.

use super::schema::Build;
use super::{DRIFT_LINE, Pipeline, aipress, apply, script};

const DRIFT: &str = include_str!("scripts/drift.sh");
const VERDICT: &str = include_str!("scripts/verdict.sh");

pub(super) fn build(pipeline: &Pipeline) -> Build {
    let bucket = ("BUCKET", pipeline.state_bucket.as_str());
    let compile: &[&str] =
        if pipeline.output_committed { &["compile", "--check", "--locked"] } else { &["compile", "--locked"] };
    let env = [bucket, ("STACKS", "$_STACKS"), ("LINE", DRIFT_LINE), ("PARALLEL", "4")];
    Build {
        steps: vec![
            aipress(pipeline, "compile", compile),
            script(&pipeline.terraform_image, "drift", DRIFT, &env),
            script(&pipeline.tools_image, "verdict", VERDICT, &[]),
        ],
        timeout: "86400s".to_owned(),
        // All stacks; or some, one word each, for a person who wants to know now.
        substitutions: [("_STACKS".to_owned(), String::new())].into(),
        ..apply::frame(pipeline, &pipeline.drift_account, "drift")
    }
}
