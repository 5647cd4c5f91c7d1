//! What the builds need to know.

use crate::emit::cloud_build::{Git, Pipeline, Wave};
use crate::lower::{APPLY_ACCOUNT, Context, PLAN_ACCOUNT};

/// Makes the input of the Cloud Build configs.
#[must_use]
pub fn pipeline(context: &Context<'_>) -> Pipeline {
    let platform = &context.fleet.platform.spec;
    let shared = context.shared_project();
    let account = |name: &str| format!("{name}@{shared}.iam.gserviceaccount.com");
    let region = platform.regions.first().map_or_else(String::new, |region| region.name.value.clone());
    Pipeline {
        project: shared.to_owned(),
        region,
        state_bucket: platform.terraform.state_bucket.value.clone(),
        compiler_image: crate::lower::shard::tool_image(context, &platform.blueprints.shard.value),
        terraform_image: format!("hashicorp/terraform:{}", platform.terraform.version.value),
        tools_image: "gcr.io/google.com/cloudsdktool/cloud-sdk:540.0.0-slim".to_owned(),
        review_account: account(PLAN_ACCOUNT),
        apply_account: account(APPLY_ACCOUNT),
        git: Git {
            owner: platform.git.owner.value.clone(),
            repository: platform.git.repository.value.clone(),
            default_branch: platform.git.default_branch.value.clone(),
            comment_token: Some(format!("projects/{shared}/secrets/{}/versions/1", platform.git.token_secret.value)),
            push_token: None,
        },
        output_committed: true,
        waves: vec![Wave { name: "all".to_owned(), shards: context.fleet.shards.keys().cloned().collect() }],
        edges: platform.edges.iter().map(|edge| edge.name.value.clone()).collect(),
        parallel: 8,
        worker_pool: None,
    }
}
