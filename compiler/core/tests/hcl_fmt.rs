//! The real `terraform fmt` has nothing to change in what the writer makes.

mod hcl_support;

use std::process::Command;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

const BODIES: usize = 400;

#[test]
#[expect(clippy::disallowed_methods, reason = "the test runs the real terraform over real files")]
fn terraform_fmt_leaves_every_generated_body_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    let bodies = hcl_support::body();
    for index in 0..BODIES {
        let body = bodies.new_tree(&mut runner).unwrap().current();
        std::fs::write(folder.path().join(format!("{index}.tf")), body.to_file().unwrap()).unwrap();
    }
    let run = Command::new("terraform").args(["fmt", "-check", "-diff", "."]).current_dir(folder.path()).output();
    let run = run.expect("terraform must be installed");
    let changes = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{changes}\n{}", String::from_utf8_lossy(&run.stderr));
}
