//! What a node of the pool is told when it starts: the text for cloud-init, as Terraform would make it.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(clippy::disallowed_methods, reason = "the test reads the blueprint of the repository")]

use std::path::Path;

use aipress_core::lower::shard::POOL_ARGS;
use aipress_core::lower::sidecar::start;
use serde_yaml::Value;

/// Fills the template as Terraform does; it has two kinds of loops and no condition.
fn filled() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/blueprints/shard/v1/cloud-init.yaml.tftpl");
    let mut template = std::fs::read_to_string(path).unwrap();
    let quoted = |args: &[&str]| args.iter().map(|arg| format!("{arg:?}")).collect::<Vec<_>>().join(" ");
    for (name, args) in
        [("args", &POOL_ARGS[..]), ("agent_init_args", &["pool-agent", "--init"]), ("agent_args", &["pool-agent"])]
    {
        let call = format!("${{join(\" \", [for arg in {name} : replace(jsonencode(arg), \"%\", \"%%\")])}}");
        assert!(template.contains(&call), "{call}");
        template = template.replace(&call, &quoted(args));
    }
    for (name, value) in [
        ("registry", "europe-docker.pkg.dev"),
        ("image", "europe-docker.pkg.dev/p/r/proxysql:3.0.2"),
        ("agent_image", "europe-docker.pkg.dev/p/r/aipress:0.1.0"),
        ("drain_seconds + 30", "90"),
        ("drain_seconds + 15", "75"),
        ("drain_seconds", "60"),
    ] {
        template = template.replace(&format!("${{{name}}}"), value);
    }
    let mut out = String::new();
    let mut lines = template.lines();
    while let Some(line) = lines.next() {
        if !line.starts_with("%{ for") {
            out.push_str(&format!("{line}\n"));
            continue;
        }
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("%{ endfor")).collect();
        for (port, name) in [("6033", "AIPRESS_PROJECT"), ("6080", "AIPRESS_SHARD")] {
            let fill = |line: &&str| line.replace("${port}", port).replace("${name}", name).replace("${value}", "x");
            body.iter().map(fill).for_each(|line| out.push_str(&format!("{line}\n")));
        }
    }
    assert!(!out.contains("${") && !out.contains("%{"), "{out}");
    out
}

/// The text of a file that cloud-init writes, with its mode.
fn file(document: &Value, path: &str) -> (String, String) {
    let files = document["write_files"].as_sequence().unwrap();
    let file = files.iter().find(|file| file["path"].as_str() == Some(path)).unwrap();
    (file["content"].as_str().unwrap().to_owned(), file["permissions"].as_str().unwrap().to_owned())
}

/// The values of a key in a unit, in their order.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn units() -> [String; 3] {
    let text = filled();
    assert!(text.starts_with("#cloud-config\n"));
    let document: Value = serde_yaml::from_str(&text).unwrap();
    ["init", "proxysql", "agent"].map(|name| file(&document, &format!("/etc/systemd/system/aipress-{name}.service")).0)
}

#[test]
fn the_folder_of_the_pool_is_in_memory_before_anything_is_written_there() {
    let [init, proxysql, agent] = units();
    let before = values(&init, "ExecStartPre");
    let mount = before.iter().position(|line| line.contains("mount -t tmpfs")).unwrap();
    assert!(
        before[mount].contains("mode=0700") && before[mount].contains(" /var/lib/aipress/pool\""),
        "{}",
        before[mount]
    );
    assert!(before.iter().position(|line| line.contains("mkdir -p -m 0700")).unwrap() < mount);
    assert_eq!(values(&init, "Type"), ["oneshot"]);
    for unit in [&proxysql, &agent] {
        assert_eq!(values(unit, "Requires"), ["aipress-init.service"]);
    }
    for unit in [&init, &proxysql, &agent] {
        assert_eq!(values(unit, "UMask"), ["0077"]);
        let [run] = values(unit, "ExecStart")[..] else { unreachable!() };
        assert!(run.contains("--volume=/var/lib/aipress/pool:/var/lib/aipress/pool"), "{run}");
    }
}

#[test]
fn proxysql_starts_from_its_file_alone_with_a_umask_and_only_if_the_file_is_there() {
    let [_, proxysql, _] = units();
    let run = values(&proxysql, "ExecStart")[0];
    for wanted in ["umask 077 && exec proxysql", "-f", "--initial", "--no-version-check", "--idle-threads"] {
        assert!(run.contains(wanted), "{wanted} in {run}");
    }
    assert!(!run.contains("--reload"));
    assert!(run.contains("-c /var/lib/aipress/pool/proxysql.cnf -D /var/lib/aipress/pool/data"), "{run}");
    assert!(run.contains("--workdir=/var/lib/aipress/pool "), "includes are found from the working directory: {run}");
    assert!(values(&proxysql, "ExecStartPre").contains(&"/usr/bin/test -s /var/lib/aipress/pool/proxysql.cnf"));
    assert_eq!(values(&proxysql, "Restart"), ["always"]);
}

#[test]
fn the_agent_gets_its_time_to_drain_and_ends_before_proxysql() {
    let [_, proxysql, agent] = units();
    assert_eq!(values(&agent, "ExecStop"), ["/usr/bin/docker stop --time=75 aipress-agent"]);
    for unit in [&proxysql, &agent] {
        assert_eq!(values(unit, "TimeoutStopSec"), ["90"], "systemd waits longer than docker");
    }
    // Units stop in the reverse of the order in which they start.
    assert!(values(&agent, "After")[0].contains("aipress-proxysql.service"));
    let pool = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/blueprints/shard/v1/pool.tf");
    assert!(
        std::fs::read_to_string(pool).unwrap().contains("AIPRESS_POOL_DRAIN    = tostring(var.pool.drain_seconds)")
    );
}

#[test]
fn images_are_named_by_an_exact_version_and_no_file_holds_a_secret() {
    let document: Value = serde_yaml::from_str(&filled()).unwrap();
    for unit in units() {
        let run = values(&unit, "ExecStart")[0].to_owned();
        let image = run.split(' ').find(|word| word.starts_with("europe-docker.pkg.dev/")).unwrap().to_owned();
        assert!(
            image.contains("@sha256:") || image.rsplit(':').next().unwrap().starts_with(|c: char| c.is_ascii_digit())
        );
        assert!(!image.ends_with(":latest"), "{image}");
    }
    let (env, mode) = file(&document, "/etc/aipress/env");
    assert_eq!(mode, "0600");
    assert_eq!(env.lines().count(), 2);
}

/// Runs the start of a pool beside a site with a `proxysql` of the test's own; returns its code and what was written.
#[expect(clippy::disallowed_methods, reason = "the test runs the text as a container would")]
fn beside(proxysql: &str, has_config: bool, ends: bool) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().display().to_string();
    std::fs::write(folder.path().join("proxysql"), format!("#!/bin/sh\n{proxysql}\n")).unwrap();
    if has_config {
        std::fs::write(folder.path().join("proxysql.cnf"), "x").unwrap();
    }
    let [shell, flag, script] = start();
    let script = script.replace("/var/lib/aipress/pool", &home).replace("sleep 8", "sleep 1; echo waited >> said");
    assert!(script.contains("echo waited"));
    let signal = if ends { "sleep 1; kill -TERM $!" } else { ":" };
    let around = format!("chmod +x {home}/proxysql; PATH={home}:$PATH {shell} {flag} \"$0\" & {signal}; wait $!");
    let status = std::process::Command::new("sh").args(["-c", &around, &script]).status().unwrap();
    (status.code(), std::fs::read_to_string(folder.path().join("said")).unwrap_or_default())
}

#[test]
fn a_pool_beside_a_site_goes_on_after_the_signal_until_the_site_is_done() {
    let serves =
        "echo \"$*\" > said; umask >> said; trap 'echo ended >> said; exit 0' TERM; while :; do sleep 0.1; done";
    let (code, said) = beside(serves, true, true);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("-f --initial --idle-threads --no-version-check -c "), "{said}");
    assert_eq!((code, &lines[1..]), (Some(0), &["0077", "waited", "ended"][..]), "{said}");
}

#[test]
fn a_pool_beside_a_site_that_ends_by_itself_or_has_no_file_ends_its_container_with_an_error() {
    let (code, _) = beside("exit 3", true, false);
    assert_ne!(code, Some(0));
    let (code, said) = beside("echo started > said", false, false);
    assert_eq!((code, said.as_str()), (Some(1), ""));
}
