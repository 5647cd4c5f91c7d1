//! The connection budget of a shard: what the compiler accepts keeps every sum below its bound.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use aipress_core::emit::proxysql::PoolFile;
use aipress_core::source::SourceSet;
use aipress_core::{Options, Stack, compile};
use proptest::prelude::*;

const PLATFORM: &str = include_str!("../../../testdata/accept/minimal/input/tenants/platform.yaml");

fn shard(mode: &str, limit: u32, min: u32, max: u32, pool: u32) -> String {
    format!(
        "apiVersion: aipress.dev/v1\nkind: Shard\nmetadata: {{name: cell-1}}\nspec:\n  region: europe-west1\n  \
         capacity: {{sites: 20, connections: {}, storageGb: 200, weight: 80}}\n  database:\n    edition: ENTERPRISE\n    \
         tier: db-custom-4-16384\n    maxConnections: {limit}\n    maintenance: {{day: SUN, hour: 3}}\n    \
         backup: {{pitrDays: 7, location: eu}}\n  proxysql: {{mode: {mode}, version: \"3.0.2\", min: {min}, max: {max}, \
         poolMax: {pool}}}\n  cache: {{tier: BASIC, memoryGb: 2}}\n  budget: {{monthly: 500, alerts: [80, 100]}}\n",
        limit * 4 / 5
    )
}

fn tenant(name: &str, instances: u32, workers: u32, reserved: u32) -> String {
    format!(
        "apiVersion: aipress.dev/v1\nkind: Tenant\nmetadata: {{name: {name}}}\nspec:\n  owner: {{org: friends, contact: \
         me@{name}.example}}\n  tier: bronze\n  placement: {{region: europe-west1}}\n  domains: [{{host: {name}.example, \
         primary: true}}]\n  wordpress: {{version: \"6.9.1\", themes: [{{slug: twentytwentyfive, version: \"1.4\", source: \
         wporg}}]}}\n  runtime: {{scaling: {{min: 0, max: {instances}}}, fpm: {{maxChildren: {workers}}}}}\n  \
         database: {{maxConnections: {reserved}}}\n"
    )
}

fn fleet(mode: &str, numbers: (u32, u32, u32, u32), sites: &[(u32, u32, u32)]) -> SourceSet {
    let (limit, min, max, pool) = numbers;
    let mut files = vec![
        ("tenants/platform.yaml".to_owned(), PLATFORM.to_owned()),
        ("tenants/shards/cell-1.yaml".to_owned(), shard(mode, limit, min, max, pool)),
    ];
    for (index, (instances, workers, reserved)) in sites.iter().enumerate() {
        let name = format!("site{index}");
        files.push((format!("tenants/{name}.yaml"), tenant(&name, *instances, *workers, *reserved)));
    }
    SourceSet::new(files)
}

/// The files of the shard by the end of their path; none if the fleet is refused.
fn files(sources: &SourceSet) -> Option<Vec<(String, String)>> {
    let options = Options { now: "2026-11-23".parse().unwrap(), locked: false };
    let compilation = compile(sources, &options).ok()?;
    let files = compilation.render(&Stack::Shard("cell-1".to_owned())).ok()?;
    Some(files.into_iter().map(|file| (file.path, file.content)).collect())
}

fn text<'a>(files: &'a [(String, String)], end: &str) -> Option<&'a str> {
    files.iter().find(|(path, _)| path.ends_with(end)).map(|(_, text)| text.as_str())
}

/// What the database takes from each user.
fn walls(files: &[(String, String)]) -> Vec<u64> {
    let desired: serde_json::Value = serde_json::from_str(text(files, "desired.json").unwrap()).unwrap();
    let users = desired["users"].as_array().unwrap();
    users.iter().map(|user| user["maxUserConnections"].as_u64().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_shard_that_compiles_keeps_every_sum_below_its_bound(
        mode in prop_oneof![Just("mig"), Just("none"), Just("sidecar")],
        (limit, min, more, pool) in (100u32..1200, 2u32..4, 0u32..3, 10u32..250),
        sites in proptest::collection::vec((1u32..=3, 1u32..=6, 1u32..60), 1..6),
    ) {
        let max = min + more;
        let sources = fleet(mode, (limit, min, max, pool), &sites);
        let found = files(&sources);
        let share = u64::from(limit) * 80 / 100;
        let clients: Vec<u64> = sites.iter().map(|(i, w, r)| u64::from(i * w).max(u64::from(*r))).collect();
        let reserved: u64 = sites.iter().map(|(_, _, reserved)| u64::from(*reserved)).sum();
        let backends = u64::from(max * pool);
        // Of each site: the pool beside an instance, and what its own user may hold in all of them.
        let beside: Vec<(u64, u64)> = sites.iter().map(|(instances, workers, reserved)| {
            let pool = u64::from(pool.min(*workers));
            (pool, u64::from(*reserved).max(u64::from(*instances) * pool))
        }).collect();
        let watched: u64 = sites.iter().zip(&beside).map(|(site, (_, own))| own + u64::from(site.0) * 2).sum();
        let fits = match mode {
            "mig" => backends + 50 <= share,
            "sidecar" => watched * 2 + 50 <= share,
            _ => clients.iter().sum::<u64>() * 2 <= share,
        };
        // Placement refuses what does not fit its own limits; beyond those the budget alone decides.
        if reserved <= share {
            prop_assert_eq!(found.is_some(), fits);
        }
        let Some(found) = found else { return Ok(()) };
        let walls = walls(&found);
        for (at, (wall, ((_, _, reserved), clients))) in walls.iter().zip(sites.iter().zip(&clients)).enumerate() {
            let of_revision = match mode {
                "mig" => u64::from(*reserved),
                "sidecar" => beside[at].1,
                _ => *clients,
            };
            prop_assert_eq!(*wall, (2 * of_revision).min(u64::from(limit) - 50));
        }
        if mode == "none" {
            prop_assert!(text(&found, "pool.json").is_none());
            prop_assert!(walls.iter().sum::<u64>() <= share);
            return Ok(());
        }
        if mode == "sidecar" {
            for (at, (pool, own)) in beside.iter().enumerate() {
                let of = |name: &str| text(&found, &format!("proxysql/cell-1/wp-site{at}/{name}")).unwrap();
                let users: PoolFile = serde_json::from_str(of("pool.json")).unwrap();
                prop_assert_eq!(users.users.iter().map(|user| &*user.name).collect::<Vec<_>>(), [format!("wp-site{at}")]);
                let read = aipress_core::emit::proxysql::expected(of("proxysql.cnf"), &users).unwrap();
                let opened: u64 = read.runtime_mysql_servers.iter().map(|row| u64::from(row.max_connections)).sum();
                prop_assert_eq!(opened, *pool);
                prop_assert!(opened * u64::from(sites[at].0) <= *own);
                // Every worker, and the agent beside them, gets in.
                prop_assert!(users.users[0].max_connections > sites[at].1);
            }
            return Ok(());
        }
        let users: PoolFile = serde_json::from_str(text(&found, "pool.json").unwrap()).unwrap();
        let config = text(&found, "proxysql.cnf").unwrap();
        let read = aipress_core::emit::proxysql::expected(config, &users).unwrap();
        let node: u64 = read.runtime_global_variables["mysql-max_connections"].parse().unwrap();
        prop_assert!(node >= clients.iter().sum::<u64>());
        let of_node: u64 = read.runtime_mysql_servers.iter().map(|row| u64::from(row.max_connections)).sum();
        prop_assert!(of_node * u64::from(max) + 50 <= share);
        for (user, clients) in users.users.iter().zip(&clients) {
            let first = u64::from(user.max_connections);
            // One node alone carries a site; all of them together carry its rollout.
            prop_assert!(first >= *clients && first * u64::from(min) >= 2 * clients);
        }
    }
}
