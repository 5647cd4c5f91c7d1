//! `aipress pool-agent` as the emitted machines run it: by environment, as a process, ended by SIGTERM.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aipress_testkit::google::Google;
use aipress_testkit::ports;
use aipress_testkit::proxysql::ProxySql;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PASSWORD: &str = "aPasswordOfFortyLettersAndDigits00000001";

/// The texts of a machine that listens on these ports.
fn texts(ports: [u16; 3]) -> [(&'static str, String); 2] {
    let config = format!(
        "admin_variables=\n{{\n@include \"secrets/admin.cnf\"\n\tmysql_ifaces=\"127.0.0.1:{}\"\n}}\n\
         mysql_variables=\n{{\n@include \"secrets/monitor.cnf\"\n\tinterfaces=\"127.0.0.1:{}\"\n}}\n\
         mysql_servers=\n(\n\t{{ hostgroup_id=10, hostname=\"127.0.0.1\", port=1 }}\n)\n",
        ports[0], ports[1]
    );
    let users = r#"{"formatVersion": 1, "shard": "eu1-001", "users": [{"name": "wp-acme", "schema": "wp-acme",
        "hostgroup": 10, "maxConnections": 5, "active": true, "clientTls": false, "transactionPersistent": true,
        "secret": "wp-acme-g1", "generation": 1}]}"#;
    [("proxysql.cnf", config), ("pool.json", users.to_owned())]
}

/// A bucket with the files of a machine, and its ports: admin, pool, health.
fn machine() -> (Google, [u16; 3]) {
    let ports = ports::free();
    let google = Google::start();
    texts(ports).iter().for_each(|(name, text)| google.put(name, text));
    google.login("wp-acme-g1", "wp-acme", 1, PASSWORD);
    google.login("pool-monitor-g1", "pool-monitor", 1, PASSWORD);
    (google, ports)
}

/// The environment that the machine's template gives, and the addresses of the test.
fn environment(command: &mut Command, google: &Google, ports: [u16; 3], folder: &Path) {
    let [admin, pool, health] = ports.map(|port| port.to_string());
    let pairs = [
        ("AIPRESS_PROJECT", "test-project"),
        ("AIPRESS_SHARD", "eu1-001"),
        ("AIPRESS_CONFIG_BUCKET", "config"),
        ("AIPRESS_CONFIG_OBJECT", "proxysql.cnf"),
        ("AIPRESS_USERS_OBJECT", "pool.json"),
        ("AIPRESS_HEALTH_ADDRESS", "127.0.0.1"),
        ("AIPRESS_HEALTH_PATH", "/readyz"),
        ("AIPRESS_HEALTH_PORT", &health),
        ("AIPRESS_POOL_ADMIN_PORT", &admin),
        ("AIPRESS_POOL_PORT", &pool),
        ("AIPRESS_POOL_INTERVAL_MS", "100"),
        ("AIPRESS_POOL_SECRETS_URL", &google.url),
        ("AIPRESS_POOL_METADATA_URL", &google.url),
        ("AIPRESS_POOL_STORAGE_URL", &google.url),
    ];
    command.envs(pairs).env("AIPRESS_POOL_FOLDER", folder).stdin(Stdio::null());
}

fn init(google: &Google, ports: [u16; 3], folder: &Path, digest: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aipress"));
    environment(&mut command, google, ports, folder);
    command.envs(digest.map(|digest| ("AIPRESS_CONFIG_SHA256", digest)));
    command.args(["pool-agent", "--init"]).output().unwrap()
}

fn get(port: u16, path: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return String::new() };
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

#[test]
fn a_machine_starts_gets_ready_and_drains_when_it_is_told_to_end() {
    let (google, ports) = machine();
    let folder = tempfile::tempdir().unwrap();
    let done = init(&google, ports, folder.path(), None);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let proxysql = ProxySql::start(folder.path(), Path::new("proxysql.cnf")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_aipress"));
    environment(&mut command, &google, ports, folder.path());
    let child = command.arg("pool-agent").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !get(ports[2], "/readyz").starts_with("HTTP/1.1 200") {
        assert!(Instant::now() < deadline, "{}", get(ports[2], "/readyz"));
        sleep(Duration::from_millis(50));
    }
    assert!(!get(ports[2], "/metrics").contains("aipress_pool_drift{"));
    proxysql.tamper("UPDATE runtime_mysql_servers SET weight = 7");
    while !get(ports[2], "/metrics").contains("aipress_pool_drift{table=\"runtime_mysql_servers\"} 2") {
        assert!(Instant::now() < deadline, "{}", get(ports[2], "/metrics"));
        sleep(Duration::from_millis(50));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    for line in out.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["event"].is_string() && event["severity"].is_string(), "{line}");
    }
    for name in ["listening", "intent", "applied", "ready", "drift", "draining", "stopped"] {
        assert!(out.contains(&format!("\"event\":\"{name}\"")), "{name}: {out}");
    }
    assert!(!out.contains(PASSWORD) && !err.contains(PASSWORD));
}

#[test]
fn a_full_disk_ends_the_preparation_with_its_reason_and_without_a_configuration() {
    let (google, ports) = machine();
    let folder = tempfile::tempdir().unwrap();
    // No file may grow: the write fails as on a disk without room.
    let mut command = Command::new("sh");
    environment(&mut command, &google, ports, folder.path());
    let output = command
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" pool-agent --init", env!("CARGO_BIN_EXE_aipress")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("AIP0659") && text.contains("cannot be written"), "{text}");
    assert!(!folder.path().join("proxysql.cnf").exists());
    assert!(init(&google, ports, folder.path(), None).status.success(), "with room again it goes on");
}

#[test]
fn a_machine_that_was_made_for_another_configuration_does_not_start() {
    let (google, ports) = machine();
    let folder = tempfile::tempdir().unwrap();
    let output = init(&google, ports, folder.path(), Some(&"0".repeat(64)));
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("AIP0660") && text.contains("this machine was"), "{text}");
    assert!(!folder.path().join("proxysql.cnf").exists());
}

#[test]
fn a_taken_health_port_and_an_unsafe_address_end_the_agent_at_once() {
    let (google, ports) = machine();
    let folder = tempfile::tempdir().unwrap();
    let held = TcpListener::bind(("127.0.0.1", ports[2])).unwrap();
    let run = |extra: Option<(&str, &str)>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aipress"));
        environment(&mut command, &google, ports, folder.path());
        let output = command.envs(extra).arg("pool-agent").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(run(None).contains("AIP0661"));
    assert!(run(Some(("AIPRESS_POOL_SECRETS_URL", "http://secrets.example"))).contains("no address for tokens"));
    drop(held);
}

/// The environment that the site's service gives: no bucket, the files themselves.
fn beside_a_site(google: &Google, ports: [u16; 3], folder: &Path, files: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aipress"));
    environment(&mut command, google, ports, folder);
    for unused in ["AIPRESS_CONFIG_BUCKET", "AIPRESS_CONFIG_OBJECT", "AIPRESS_USERS_OBJECT"] {
        command.env_remove(unused);
    }
    command.env("AIPRESS_POOL_FILES", files).args(["pool-agent", "--sidecar"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn until(deadline: Instant, port: u16, path: &str, status: &str) {
    while !get(port, path).starts_with(&format!("HTTP/1.1 {status}")) {
        assert!(Instant::now() < deadline, "{path}: {}", get(port, path));
        sleep(Duration::from_millis(50));
    }
}

/// Waits until the agent says over HTTP what its files wait for; so it has tried once.
fn until_waiting_for(deadline: Instant, port: u16, reason: &str) {
    loop {
        let answer = get(port, "/startedz");
        if answer.starts_with("HTTP/1.1 503") && answer.contains(reason) {
            break;
        }
        assert!(Instant::now() < deadline, "{answer}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn beside_a_site_it_writes_the_files_then_keeps_the_pool_and_ends_within_ten_seconds() {
    let (google, ports) = machine();
    let folder = tempfile::tempdir().unwrap();
    let files = serde_json::json!(std::collections::BTreeMap::from(texts(ports)));
    google.destroy("pool-monitor-g1");
    let child = beside_a_site(&google, ports, folder.path(), &files.to_string()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    // It answers at once, and ProxySQL's container waits: without the monitor's password nothing is complete.
    until(deadline, ports[2], "/alivez", "200");
    until_waiting_for(deadline, ports[2], "secret `pool-monitor-g1`");
    assert!(!folder.path().join("proxysql.cnf").exists());
    google.login("pool-monitor-g1", "pool-monitor", 1, PASSWORD);
    until(deadline, ports[2], "/startedz", "200");
    until(deadline, ports[2], "/readyz", "503");
    let proxysql = ProxySql::start(folder.path(), Path::new("proxysql.cnf")).unwrap();
    until(deadline, ports[2], "/readyz", "200");
    assert!(get(ports[2], "/metrics").contains("aipress_pool_users{state=\"runtime\"} 1"));
    drop(proxysql);
    let start = Instant::now();
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(out.matches("secret `pool-monitor-g1`").count(), 1, "the reason is told once: {out}");
    assert!(!out.contains(PASSWORD) && !err.contains(PASSWORD));
}

#[test]
fn beside_a_site_the_signal_ends_the_waiting_and_files_that_are_none_are_refused() {
    let (google, ports) = machine();
    let folder = tempfile::tempdir().unwrap();
    let child = beside_a_site(&google, ports, folder.path(), "{}").spawn().unwrap();
    until_waiting_for(Instant::now() + Duration::from_secs(20), ports[2], "proxysql.cnf of the given files");
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("proxysql.cnf of the given files"));
    let output = beside_a_site(&google, ports, folder.path(), "[1]").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not an object of texts"));
}
