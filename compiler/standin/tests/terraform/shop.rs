//! A small shop from beginning to end.

use aipress_provider::{Block, Table, embedded};
use serde_json::Value;

use crate::root::Root;

const SHOP: &str = include_str!("../shop/main.tf");

#[test]
fn a_shop_is_planned_made_found_unchanged_and_destroyed() {
    let root = Root::bare(SHOP);
    root.run(&["init", "-input=false"]).fine();
    root.run(&["validate"]).fine();
    root.run(&["plan", "-out=p"]).fine();
    let plan: Value = serde_json::from_str(&root.run(&["show", "-json", "p"]).fine().out).unwrap();
    assert_eq!(plan["resource_changes"].as_array().unwrap().len(), 16);
    root.run(&["apply", "p"]).fine();
    root.run(&["plan", "-detailed-exitcode"]).fine();
    let state: Value = serde_json::from_str(&root.run(&["show", "-json"]).fine().out).unwrap();
    let of = |address: &str| {
        let all = state["values"]["root_module"]["resources"].as_array().unwrap();
        all.iter().find(|it| it["address"] == address).unwrap().clone()
    };
    assert_eq!(of("google_project.shop")["values"]["id"], "projects/shop-rehearsal");
    let account = &of("google_service_account.shop")["values"];
    assert_eq!(account["member"], "serviceAccount:wp-shop@shop-rehearsal.iam.gserviceaccount.com");
    let service = &of("google_cloud_run_v2_service.shop")["values"];
    assert_eq!(service["id"], "projects/shop-rehearsal/locations/us-central1/services/wp-shop");
    assert_eq!(service["terraform_labels"]["team"], "shop");
    let version = of("google_secret_manager_secret_version.shop");
    assert_eq!(version["values"]["name"], "projects/shop-rehearsal/secrets/wp-shop-g1/versions/1");
    assert_eq!(version["values"]["secret_data_wo"], Value::Null);
    assert_eq!(version["sensitive_values"]["secret_data"], true);
    assert_eq!(of("random_password.x")["sensitive_values"]["result"], true);
    assert_eq!(of("random_password.x")["values"]["result"].as_str().unwrap().len(), 20);
    assert!(!state.to_string().contains("not stored"));
    root.destroy().fine();
}

#[test]
fn terraform_reads_back_exactly_the_tables() {
    let root = Root::bare(SHOP);
    root.run(&["init", "-input=false"]).fine();
    let text = root.run(&["providers", "schema", "-json"]).fine().out;
    for name in ["google", "random"] {
        let table = Table::read(embedded::text(name).unwrap(), embedded::facts_text(name)).unwrap();
        let read = Table::from_terraform(&text, name, &table.version).unwrap();
        assert_eq!(read.resources.keys().collect::<Vec<_>>(), table.resources.keys().collect::<Vec<_>>());
        for (kind, schema) in &table.resources {
            let mut expected = schema.block.clone();
            as_printed(&mut expected);
            assert_eq!(read.resources[kind].block, expected, "{kind}");
        }
        assert!(read.data_sources.keys().eq(table.data_sources.keys()));
        assert!(read.ephemeral.keys().eq(table.ephemeral.keys()));
    }
}

/// Drops the facts that Terraform does not print.
fn as_printed(block: &mut Block) {
    block.combinations.clear();
    for attribute in block.attributes.values_mut() {
        attribute.force_new = false;
        attribute.default = None;
        attribute.values.clear();
    }
    for nested in block.blocks.values_mut() {
        nested.force_new = false;
        as_printed(&mut nested.block);
    }
}

#[test]
fn an_object_that_exists_is_imported() {
    let text = r#"
import {
  to = google_project.p
  id = "projects/found-p"
}
resource "google_project" "p" {
  name       = "Found"
  project_id = "found-p"
  folder_id  = "folders/7"
}
"#;
    let root = Root::new(text);
    let said = root.apply().fine();
    assert!(said.text.contains("1 imported, 0 added"), "{}", said.text);
    root.run(&["plan", "-detailed-exitcode"]).fine();
}

#[test]
fn only_terraform_can_start_it() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_aipress-standin")).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("started by Terraform"));
}
