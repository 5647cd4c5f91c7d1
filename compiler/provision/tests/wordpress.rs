//! WordPress on a real MariaDB.

use aipress_testkit::database::Flavour;
use aipress_testkit::scenario::wordpress;

#[test]
fn wordpress_installs_and_works_with_a_sites_grants() {
    wordpress::wordpress_installs_and_works_with_a_sites_grants(&Flavour::Maria);
}
