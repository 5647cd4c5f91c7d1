//! What becomes of a provider whose Terraform is killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn a_provider_ends_by_itself_when_terraform_is_killed() {
    let mut terraform = Command::new("sh")
        .args(["-c", "\"$0\" & wait", env!("CARGO_BIN_EXE_aipress-standin")])
        .env("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2")
        .env("AIPRESS_STANDIN_PROVIDER", "google")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(terraform.stdout.take().unwrap());
    let mut handshake = String::new();
    said.read_line(&mut handshake).unwrap();
    let socket = handshake.split('|').nth(3).unwrap().to_owned();
    assert!(Path::new(&socket).exists(), "{handshake}");
    terraform.kill().unwrap();
    terraform.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while Path::new(&socket).exists() {
        assert!(Instant::now() < deadline, "the provider at {socket} still serves");
        sleep(Duration::from_millis(50));
    }
}
