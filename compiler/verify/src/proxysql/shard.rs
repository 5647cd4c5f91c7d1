//! What the compiler emits for the pool of a generated shard: 50 sites, a replica to read from.

use std::collections::BTreeMap;

use aipress_core::source::SourceSet;
use aipress_core::{Options, compile};

use crate::fleet::generate;

/// The files of a shard's pool by their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// `proxysql.cnf`.
    pub config: String,
    /// `pool.json`.
    pub pool: String,
    /// `expected.json`.
    pub expected: String,
    /// The shard.
    pub shard: String,
}

/// Generates a fleet of one shard, compiles it and returns the files of its pool.
///
/// # Errors
/// The fleet does not compile, or has not the one pool.
pub fn files(sites: usize, seed: u64) -> Result<Files, String> {
    let mut fleet = generate(sites, 1, seed).map_err(|error| error.to_string())?;
    with_reads(&mut fleet)?;
    let mut found = emitted(fleet, "proxysql/")?;
    let shard = found.keys().find_map(|path| path.strip_suffix("/proxysql.cnf")).map(str::to_owned);
    let shard = shard.ok_or("the shard has no pool")?;
    let mut take = |name: &str| found.remove(&format!("{shard}/{name}")).ok_or(format!("there is no {name}"));
    Ok(Files { config: take("proxysql.cnf")?, pool: take("pool.json")?, expected: take("expected.json")?, shard })
}

/// Compiles a fleet and returns the files of one folder by their paths in it.
///
/// # Errors
/// The fleet does not compile.
pub fn emitted(fleet: Vec<(String, String)>, folder: &str) -> Result<BTreeMap<String, String>, String> {
    let sources = SourceSet::new(fleet);
    let options = Options { now: jiff::civil::date(2026, 11, 23), locked: false };
    let titles = |found: aipress_core::diag::Diagnostics| {
        let lines: Vec<String> = found.iter().take(5).map(|item| format!("{}: {}", item.code, item.title)).collect();
        lines.join("\n")
    };
    let compilation = compile(&sources, &options).map_err(titles)?;
    let mut found = BTreeMap::new();
    for stack in compilation.stacks() {
        for file in compilation.render(&stack).map_err(titles)? {
            if let Some(rest) = file.path.strip_prefix(folder) {
                found.insert(rest.to_owned(), file.content);
            }
        }
    }
    Ok(found)
}

/// Gives the shard a replica to read from, and one site that reads from it.
fn with_reads(fleet: &mut [(String, String)]) -> Result<(), String> {
    let shard = fleet.iter_mut().find(|(path, _)| path.starts_with("tenants/shards/")).ok_or("no shard")?;
    let region = value(&shard.1, "region: ").ok_or("the shard has no region")?;
    let tier = value(&shard.1, "tier: ").ok_or("the shard has no tier")?;
    let replica = format!("- {{name: r1, region: {region}, tier: {tier}, role: read, maxLagSeconds: 2}}");
    shard.1 = match shard.1.contains("    replicas:\n") {
        true => shard.1.replacen("    replicas:\n", &format!("    replicas:\n      {replica}\n"), 1),
        false => {
            shard.1.replacen("    tls: require\n", &format!("    tls: require\n    replicas:\n      {replica}\n"), 1)
        }
    };
    let reads = "  database: {readSplit: {mode: frontend-get, routes: [/blog/]}}\n  runtime: {channel";
    let site = fleet.iter_mut().find(|(path, text)| {
        path.starts_with("tenants/sites/") && text.contains("\n  runtime: {channel") && !text.contains("\n  database:")
    });
    let site = site.ok_or("no site that could read from a replica")?;
    site.1 = site.1.replacen("  runtime: {channel", reads, 1);
    Ok(())
}

fn value(text: &str, key: &str) -> Option<String> {
    let rest = text.split(key).nth(1)?;
    Some(rest.lines().next()?.split([',', '}']).next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_has_fifty_sites_and_reads_from_a_replica() {
        let files = files(50, 5).unwrap();
        assert_eq!(files.pool.matches("\"maxConnections\"").count(), 50);
        assert!(files.config.contains("interfaces=\"0.0.0.0:6033;0.0.0.0:6034\""), "{}", files.config);
        assert_eq!(files, super::files(50, 5).unwrap(), "the same arguments give the same bytes");
    }
}
