//! The pool beside a site: two containers in each instance of its service, ProxySQL and the agent that sets it up.
//!
//! Cloud Run starts the agent first, which writes ProxySQL's files to a volume in memory; then ProxySQL; then WordPress,
//! whose startup probe goes down to the database. Everything but the passwords is given by environment, so that a revision
//! is complete in itself: another configuration is another revision. The agent reads the passwords with the site's own
//! identity.

use std::collections::BTreeMap;

use crate::check::facts::has_compute;
use crate::emit::hcl::Value;
use crate::lower::shard::{MONITOR_SECRET, output_file};
use crate::lower::shard_plan::POOL_PORT;
use crate::lower::site::{Lowering, shard_output};
use crate::lower::value::{map, number, object, text_map, texts};
use crate::lower::{config, images, pool};
use crate::spec::facts::sidecar::{AGENT_MIB, AGENT_MILLIS, POOL_MIB, POOL_MILLIS, VOLUME_MIB};
use crate::spec::shard::PoolMode;

/// How ProxySQL starts beside a site: as on a machine, in a shell that stays and is told when the instance ends. Cloud Run
/// tells all containers at once and waits ten seconds: eight of them are WordPress's, to end the requests that it has.
const START: &str = "umask 077 && cd /var/lib/aipress/pool && test -s proxysql.cnf || exit 1; \
                     trap 'sleep 8; kill $pid' TERM; \
                     proxysql -f --initial --idle-threads --no-version-check \
                     -c /var/lib/aipress/pool/proxysql.cnf -D /var/lib/aipress/pool/data & \
                     pid=$!; wait $pid || wait $pid";
/// Where both containers have the volume.
const FOLDER: &str = "/var/lib/aipress/pool";
/// Milliseconds between two rounds of the agent: nothing changes while a revision lives but what somebody breaks.
const INTERVAL_MS: u32 = 10_000;

/// Returns how ProxySQL is started beside a site.
#[must_use]
pub fn start() -> [&'static str; 3] {
    ["sh", "-c", START]
}

fn is_beside(site: &Lowering<'_, '_>) -> bool {
    let mode = site.plan.shard.spec.proxysql.mode.value;
    mode == PoolMode::Sidecar && has_compute(site.site.spec.lifecycle.state.value)
}

/// Returns the argument `sidecar` of the site blueprint; null where no pool is beside the site.
pub(super) fn of(site: &Lowering<'_, '_>) -> Value {
    if !is_beside(site) {
        return Value::Null;
    }
    let folder = pool::folder(&site.plan.shard.name.value, site.site);
    let file = |name: &str| (name.to_owned(), output_file(&format!("proxysql/{folder}/{name}")));
    let has_readers = pool::reads(site.plan, site.site);
    let servers = pool::authorities(site.context, site.plan, has_readers).into_iter();
    let authorities = servers.map(|(file, key)| (file, shard_output("server_authorities").key(key).into()));
    object([
        ("pool", proxysql(site)),
        ("agent", agent(site)),
        ("directory", FOLDER.into()),
        ("size", mib(VOLUME_MIB)),
        ("files", map(["pool.json", "proxysql.cnf"].map(file).into_iter().collect())),
        ("authorities", map(authorities.collect())),
        ("monitor_secret", shard_output("pool_secrets").key(MONITOR_SECRET).into()),
    ])
}

fn proxysql(site: &Lowering<'_, '_>) -> Value {
    let [shell, flag, script] = start();
    object([
        ("image", images::pool_image(site.context, &site.plan.shard.spec.proxysql).into()),
        ("command", texts([shell, flag])),
        ("args", texts([script])),
        ("port", number(i64::from(POOL_PORT))),
        ("health_port", number(i64::from(pool::METRICS_PORT))),
        ("health_path", "/metrics".into()),
        ("cpu", cpu(POOL_MILLIS)),
        ("memory", mib(POOL_MIB)),
    ])
}

fn agent(site: &Lowering<'_, '_>) -> Value {
    let platform = &site.context.fleet.platform.spec.blueprints.shard;
    let version = site.plan.shard.spec.blueprints.shard.as_ref().unwrap_or(platform);
    let env = [
        ("AIPRESS_HEALTH_ADDRESS", "0.0.0.0".to_owned()),
        ("AIPRESS_HEALTH_PORT", pool::HEALTH_PORT.to_string()),
        ("AIPRESS_POOL_FOLDER", FOLDER.to_owned()),
        ("AIPRESS_POOL_INTERVAL_MS", INTERVAL_MS.to_string()),
        ("AIPRESS_PROJECT", site.plan.project.clone()),
        ("AIPRESS_SHARD", site.plan.shard.name.value.clone()),
    ];
    let env: BTreeMap<String, String> = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    object([
        ("image", images::tool_image(site.context, &version.value).into()),
        ("args", texts(["pool-agent", "--sidecar"])),
        ("env", text_map(&env)),
        ("port", number(i64::from(pool::HEALTH_PORT))),
        ("started_path", "/startedz".into()),
        ("alive_path", "/alivez".into()),
        ("cpu", cpu(AGENT_MILLIS)),
        ("memory", mib(AGENT_MIB)),
    ])
}

fn cpu(millis: u32) -> Value {
    format!("{millis}m").into()
}

fn mib(size: u64) -> Value {
    format!("{size}Mi").into()
}

/// Returns the configuration of the site's jobs where it is another one: a job has no pool beside it and connects to the
/// database itself.
pub(super) fn job_config(site: &Lowering<'_, '_>) -> Value {
    if !is_beside(site) || site.site.spec.wordpress.cron.jobs.is_empty() {
        return Value::Null;
    }
    let config = config::of(site.plan, site.site, site.plan.primary());
    Value::Call("jsonencode".to_owned(), vec![Value::from(config)])
}
