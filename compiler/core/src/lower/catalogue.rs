//! The catalogue: every site with its home, names, hosts and limits, for people and tools that do not read Terraform.

use std::collections::BTreeMap;

use crate::check::fleet::ResolvedSite;
use crate::emit::catalogue::{Index, IndexShard, Shard, Site};
use crate::lower::shard_plan::ShardPlan;
use crate::lower::site::{Lowering, word};
use crate::lower::{Context, config};

/// Makes the index of the fleet.
#[must_use]
pub fn index(context: &Context<'_>) -> Index {
    let shard = |(name, shard): (&String, &crate::check::fleet::Shard)| {
        let entry = IndexShard {
            project: context.shard_project(shard),
            region: shard.spec.region.value.clone(),
            sites: context.by_shard.get(name).map_or(0, Vec::len),
        };
        (name.clone(), entry)
    };
    Index {
        platform: context.fleet.platform.metadata.name.value.clone(),
        edges: context.fleet.platform.spec.edges.iter().map(|edge| (edge.name.value.clone(), None)).collect(),
        shards: context.fleet.shards.iter().map(shard).collect(),
    }
}

/// Makes the file of a shard.
#[must_use]
pub fn shard(context: &Context<'_>, plan: &ShardPlan<'_>, sites: &[ResolvedSite]) -> Shard {
    Shard {
        shard: plan.shard.name.value.clone(),
        project: plan.project.clone(),
        region: plan.shard.spec.region.value.clone(),
        sites: sites.iter().map(|resolved| site(context, plan, resolved)).collect(),
    }
}

fn site(context: &Context<'_>, plan: &ShardPlan<'_>, site: &ResolvedSite) -> Site {
    let spec = &site.spec;
    let naming = context.naming();
    let id = site.id.to_string();
    let names = BTreeMap::from([
        ("bucket".to_owned(), naming.media_bucket(&plan.shard.name.value, &site.id)),
        ("database".to_owned(), config::database_name(site)),
        ("user".to_owned(), config::user_name(site)),
        ("secret".to_owned(), naming.secret(&site.id, Lowering::generation(site))),
        ("service".to_owned(), site.id.resource()),
    ]);
    let limits = BTreeMap::from([
        ("connections".to_owned(), i64::from(spec.database.max_connections.value)),
        ("instances".to_owned(), i64::from(spec.runtime.scaling.max.value)),
        ("databaseGb".to_owned(), i64::from(spec.database.max_size_gb.value)),
        ("cacheMb".to_owned(), i64::from(spec.cache.object.memory_mb.value)),
    ]);
    Site {
        edge: context.placement.get(&id).map_or_else(String::new, |home| home.edge.clone()),
        id,
        tenant: site.id.tenant.clone(),
        environment: site.id.environment.to_string(),
        tier: spec.tier.value.clone(),
        state: word(&spec.lifecycle.state.value),
        hosts: spec.domains.iter().map(|domain| domain.host.value.clone()).collect(),
        names,
        limits,
    }
}
