//! What changes in place and what is made anew.

use crate::root::Root;

fn shop(tier: &str, bucket: &str, flag: &str, region: &str) -> String {
    format!(
        r#"
resource "google_sql_database_instance" "s" {{
  project             = "p"
  name                = "s-1"
  region              = "{region}"
  database_version    = "MYSQL_8_4"
  deletion_protection = false
  settings {{
    tier = "{tier}"
    database_flags {{
      name  = "max_connections"
      value = "{flag}"
    }}
  }}
}}

resource "google_storage_bucket" "b" {{
  project  = "p"
  name     = "{bucket}"
  location = "US"
}}

resource "google_compute_backend_service" "b" {{
  project = "p"
  name    = "b"
  backend {{
    group = "g"
  }}
}}
"#
    )
}

#[test]
fn only_what_cannot_change_is_made_anew() {
    let root = Root::new(&shop("db-custom-2-8192", "media-a", "100", "us-central1"));
    root.apply().fine();
    root.run(&["plan", "-detailed-exitcode"]).fine();
    root.rewrite(&shop("db-custom-4-8192", "media-a", "200", "us-central1"));
    let said = root.plan().fine().text;
    assert!(said.contains("google_sql_database_instance.s will be updated in-place"), "{said}");
    assert!(said.contains("0 to add, 1 to change, 0 to destroy"), "{said}");
    root.rewrite(&shop("db-custom-2-8192", "media-b", "100", "us-central1"));
    let said = root.plan().fine().text;
    assert!(said.contains("google_storage_bucket.b must be replaced"), "{said}");
    assert!(said.contains("\"media-a\" -> \"media-b\" # forces replacement"), "{said}");
    assert!(said.contains("1 to add, 0 to change, 1 to destroy"), "{said}");
    root.rewrite(&shop("db-custom-2-8192", "media-a", "100", "europe-west1"));
    let said = root.plan().fine().text;
    assert!(said.contains("\"us-central1\" -> \"europe-west1\" # forces replacement"), "{said}");
}
