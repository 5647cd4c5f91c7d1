//! What the builds need to know.
//!
//! Input: the placed fleet. Output: the input of the Cloud Build configs.

use std::collections::BTreeMap;

use crate::emit::cloud_build::{Git, Pipeline, Wave};
use crate::lower::{APPLY_ACCOUNT, Context, DRIFT_ACCOUNT, PLAN_ACCOUNT, images};
use crate::source::Spanned;
use crate::spec::platform::ToolDigests;
use crate::spec::site::Environment;

/// The image with `gcloud`, `git` and `python3`, by exact version; the platform may add its digest.
const TOOLS_IMAGE: &str = "gcr.io/google.com/cloudsdktool/cloud-sdk:540.0.0-slim";
/// Stacks that are applied at once: Cloud Build runs ten builds of a new project side by side (quota).
const PARALLEL: u32 = 10;

/// Returns the region in which builds run: the platform's first.
#[must_use]
pub fn region<'a>(context: &Context<'a>) -> &'a str {
    context.fleet.platform.spec.regions.first().map_or("", |region| &region.name.value)
}

/// Makes the input of the Cloud Build configs.
#[must_use]
pub fn pipeline(context: &Context<'_>) -> Pipeline {
    let spec = &context.fleet.platform.spec;
    let shared = context.shared_project();
    let digests = spec.artifacts.digests.as_ref();
    let digest =
        |of: fn(&ToolDigests) -> &Option<Spanned<String>>| images::at(digests.and_then(|all| of(all).as_ref()));
    let account = |name: &str| format!("{name}@{shared}.iam.gserviceaccount.com");
    Pipeline {
        project: shared.to_owned(),
        region: region(context).to_owned(),
        state_bucket: spec.terraform.state_bucket.value.clone(),
        compiler_image: images::tool_image(context, &spec.blueprints.platform.value),
        terraform_image: format!(
            "hashicorp/terraform:{}{}",
            spec.terraform.version.value,
            digest(|all| &all.terraform)
        ),
        tools_image: format!("{TOOLS_IMAGE}{}", digest(|all| &all.cloud_sdk)),
        review_account: account(PLAN_ACCOUNT),
        drift_account: account(DRIFT_ACCOUNT),
        apply_account: account(APPLY_ACCOUNT),
        git: Git {
            owner: spec.git.owner.value.clone(),
            repository: spec.git.repository.value.clone(),
            default_branch: spec.git.default_branch.value.clone(),
            comment_token: spec.git.comment_secret.as_ref().map(|secret| {
                format!("projects/{shared}/secrets/{}/versions/{}", secret.value, spec.git.comment_version.value)
            }),
            // The connection's token could push; that the build uses it is for the fleet to say, and it cannot yet.
            push_token: None,
        },
        output_committed: true,
        waves: waves(context),
        edges: spec.edges.iter().map(|edge| edge.name.value.clone()).collect(),
        parallel: PARALLEL,
        worker_pool: None,
    }
}

/// Puts every shard into the last wave that any of its production sites is in, so that no site changes before its wave;
/// a shard without sites goes first. A shard that sites leave at their cutover comes after those that they go to, in a later
/// group of its wave or in the wave of the last of them.
fn waves(context: &Context<'_>) -> Vec<Wave> {
    let mut rings: Vec<_> = context.fleet.platform.spec.updates.waves.iter().collect();
    rings.sort_by_key(|wave| wave.order.value);
    let ring_of = |name: &str| rings.iter().position(|wave| wave.name.value == name);
    let mut waves: Vec<Wave> =
        rings.iter().map(|wave| Wave { name: wave.name.value.clone(), groups: vec![Vec::new()] }).collect();
    let mut tiers: BTreeMap<&str, usize> = BTreeMap::new();
    for tier in &context.fleet.platform.spec.tiers {
        tiers.insert(&tier.name.value, ring_of(&tier.wave.value).unwrap_or_default());
    }
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for shard in context.fleet.shards.keys() {
        let sites = context.sites_on(shard).into_iter();
        let own = sites.filter(|site| site.id.environment == Environment::Production);
        let last = own.filter_map(|site| tiers.get(site.tier.value.as_str())).max().copied().unwrap_or_default();
        places.insert(shard, (last, 0));
    }
    after_targets(context, &mut places);
    for (shard, (wave, group)) in places {
        let Some(wave) = waves.get_mut(wave) else { continue };
        let groups = wave.groups.len().max(group + 1);
        wave.groups.resize_with(groups, Vec::new);
        wave.groups.get_mut(group).into_iter().for_each(|group| group.push(shard.to_owned()));
    }
    waves
}

/// Puts shards that sites leave behind those that they go to: wave and group in it, by shard. Moves form no circle, so that
/// every pass but the last puts one more shard of the longest chain into its place.
fn after_targets(context: &Context<'_>, places: &mut BTreeMap<&str, (usize, usize)>) {
    for _ in 0..places.len() {
        let mut is_settled = true;
        for (_, from, to) in context.fleet.cutovers() {
            let Some((wave, group)) = places.get(to.value.as_str()).copied() else { continue };
            let Some(place) = places.get_mut(from.value.as_str()) else { continue };
            if *place <= (wave, group) {
                (*place, is_settled) = ((wave, group + 1), false);
            }
        }
        if is_settled {
            return;
        }
    }
}
