//! WordPress, as the distribution packages it, with exactly the grants of a site.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{desired, options, problems, provision};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

const SOURCE: &str = "/usr/share/wordpress";

/// The test's own configuration, steps and plugin.
const FILES: [(&str, &str); 3] = [
    ("wp-config.php", include_str!("../../wordpress/wp-config.php")),
    ("steps.php", include_str!("../../wordpress/steps.php")),
    ("wp-content/plugins/table/table.php", include_str!("../../wordpress/table.php")),
];

/// Copies WordPress without Debian's own configuration, with the test's and with a plugin.
fn copy(folder: &Path) {
    assert!(Path::new(SOURCE).exists(), "WordPress is missing; run `apt-get install wordpress php-cli php-mysql`");
    let copied = Command::new("cp").args(["-rL", SOURCE]).arg(folder.join("site")).output().unwrap();
    // Links to parts that are not installed, such as themes, are no loss.
    let root = folder.join("site");
    assert!(root.join("wp-settings.php").exists(), "{}", String::from_utf8_lossy(&copied.stderr));
    for (file, text) in FILES {
        let path = root.join(file);
        // A link would be written through.
        let _ = fs::remove_file(&path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// WordPress installs and works with a site's grants.
pub fn wordpress_installs_and_works_with_a_sites_grants(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let outcome =
        provision(&options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)])));
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
            .env("TEST_DB_HOST", format!("127.0.0.1:{}", server.port))
            .output()
            .unwrap();
        let (text, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && text.ends_with("OK"), "{step}: {text}\n{error}");
    }
}
