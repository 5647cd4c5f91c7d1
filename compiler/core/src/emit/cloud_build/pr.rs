//! `pr.yaml`: checks a pull request, plans it against its base and what is applied, and keeps one comment current.
//!
//! A failing check or plan does not stop the build before the comment: the last step gives the verdict.

use super::schema::{Build, Step};
use super::{Pipeline, TOKEN, aipress, apply, repository, script, secrets};

const HISTORY: &str = include_str!("scripts/history.sh");
const RECORDS: &str = include_str!("scripts/records.sh");
const REVIEW: &str = include_str!("scripts/review.sh");
const COMMENT: &str = include_str!("scripts/comment.py");
const VERDICT: &str = include_str!("scripts/verdict.sh");

pub(super) fn build(pipeline: &Pipeline) -> Build {
    let base = ("BASE", "$_BASE_BRANCH");
    let token = pipeline.git.comment_token.as_ref();
    let mut history = script(&pipeline.tools_image, "history", HISTORY, &[base]);
    history.secret_env.extend(token.map(|_| TOKEN.to_owned()));
    let mut steps = vec![
        aipress(pipeline, "version", &["--version"]),
        history,
        script(&pipeline.tools_image, "records", RECORDS, &[("BUCKET", pipeline.state_bucket.as_str())]),
        script(
            &pipeline.compiler_image,
            "review",
            REVIEW,
            &[base, ("COMMITTED", if pipeline.output_committed { "true" } else { "false" })],
        ),
    ];
    steps.extend(token.map(|_| comment(pipeline)));
    steps.push(script(&pipeline.compiler_image, "verdict", VERDICT, &[]));
    Build {
        steps,
        timeout: "1800s".to_owned(),
        available_secrets: secrets(token),
        ..apply::frame(pipeline, &pipeline.review_account, "review")
    }
}

fn comment(pipeline: &Pipeline) -> Step {
    let [owner, name, _] = repository(pipeline);
    let mut step = script(
        &pipeline.tools_image,
        "comment",
        COMMENT,
        &[owner, name, ("PULL_REQUEST", "$_PR_NUMBER"), ("REVISION", "$COMMIT_SHA")],
    );
    step.secret_env = vec![TOKEN.to_owned()];
    step
}
