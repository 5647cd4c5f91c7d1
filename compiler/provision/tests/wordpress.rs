//! WordPress, as the distribution packages it, installs and works with exactly the grants of a site.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::google::Google;
use support::maria::Maria;
use support::{desired, options, problems, provision, site};

const SOURCE: &str = "/usr/share/wordpress";

/// Copies WordPress without Debian's own configuration, with the test's and with a plugin.
fn copy(folder: &Path) {
    assert!(Path::new(SOURCE).exists(), "WordPress is missing; run `apt-get install wordpress php-cli php-mysql`");
    let copied = Command::new("cp").args(["-rL", SOURCE]).arg(folder.join("site")).output().unwrap();
    // Links to parts that are not installed, such as themes, are no loss.
    let root = folder.join("site");
    assert!(root.join("wp-settings.php").exists(), "{}", String::from_utf8_lossy(&copied.stderr));
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wordpress");
    for file in ["wp-config.php", "steps.php"] {
        let _ = fs::remove_file(root.join(file));
        fs::copy(own.join(file), root.join(file)).unwrap();
    }
    fs::create_dir_all(root.join("wp-content/plugins/table")).unwrap();
    fs::copy(own.join("table.php"), root.join("wp-content/plugins/table/table.php")).unwrap();
}

#[test]
fn wordpress_installs_and_works_with_a_sites_grants() {
    let (maria, google) = (Maria::start(), Google::start());
    let outcome = provision(&options(&maria, &google, desired(&maria, vec![site("wp-acme", 1), site("wp-choir", 1)])));
    assert!(outcome.result.is_ok(), "{}", problems(&outcome));
    let folder = tempfile::tempdir().unwrap();
    copy(folder.path());
    for step in ["install", "use", "upgrade"] {
        let output = Command::new("php")
            .args(["-d", "display_errors=stderr", "steps.php"])
            .current_dir(folder.path().join("site"))
            .env("TEST_STEP", step)
            .env("TEST_DB_NAME", "wp-acme")
            .env("TEST_DB_USER", "wp-acme")
            .env("TEST_DB_PASSWORD", google.password("wp-acme-g1"))
            .env("TEST_DB_HOST", format!("127.0.0.1:{}", maria.port))
            .output()
            .unwrap();
        let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && text.ends_with("OK"), "{step}: {text}\n{error}");
    }
}
