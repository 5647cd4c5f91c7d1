//! What Google would certainly refuse, across stacks and runs.

use std::fs;

use crate::root::Root;

/// A project with the APIs of what stands in it.
fn project(id: &str) -> String {
    format!(
        r#"
resource "google_project" "p" {{
  name            = "Shop"
  project_id      = "{id}"
  org_id          = "1"
  deletion_policy = "DELETE"
}}

resource "google_project_service" "s" {{
  for_each           = toset(["iam.googleapis.com", "sqladmin.googleapis.com", "run.googleapis.com"])
  project            = google_project.p.project_id
  service            = each.key
  disable_on_destroy = true
}}
"#
    )
}

fn account(project: &str, name: &str, more: &str) -> String {
    format!(
        "resource \"google_service_account\" \"{name}\" {{\n  project = {project}\n  account_id = \"{name}\"\n  {more}\n}}\n"
    )
}

fn database(project: &str, protected: bool) -> String {
    format!(
        r#"
resource "google_sql_database_instance" "d" {{
  project             = {project}
  name                = "shop-1"
  database_version    = "MYSQL_8_4"
  deletion_protection = {protected}
  settings {{
    tier = "db-custom-2-8192"
  }}
  depends_on = [google_project_service.s]
}}
"#
    )
}

const ON: &str = "depends_on = [google_project_service.s]";

#[test]
fn nothing_is_made_in_a_project_that_is_not_there_yet() {
    let late = "resource \"google_project\" \"p\" {\n  name = \"Shop\"\n  project_id = \"late-p\"\n  org_id = \"1\"\n  depends_on = [google_service_account.early]\n}\n";
    let root = Root::new(&format!("{late}{}", account("\"late-p\"", "early", "")));
    root.apply()
        .fails_with("project `late-p` does not exist: a stack of this rehearsal has it, and has not made it yet");
}

#[test]
fn an_api_has_to_be_on() {
    let bucket =
        "resource \"google_pubsub_topic\" \"t\" {\n  project = google_project.p.project_id\n  name = \"t\"\n}\n";
    let root = Root::new(&format!("{}{bucket}", project("api-off-p")));
    root.apply().fails_with("the API `pubsub.googleapis.com` is not enabled in project `api-off-p`");
}

#[test]
fn what_is_referred_to_has_to_exist_in_whatever_stack() {
    let first = Root::new(&format!("{}{}", project("refer-p"), account("google_project.p.project_id", "wp-acme", ON)));
    first.apply().fine();
    let grant = |member: &str| {
        format!(
            "resource \"google_project_iam_member\" \"m\" {{\n  project = \"refer-p\"\n  role = \"roles/logging.logWriter\"\n  member = \"serviceAccount:{member}@refer-p.iam.gserviceaccount.com\"\n}}\n"
        )
    };
    let second = Root::beside(&grant("wp-acme"), &first);
    second.apply().fine();
    second.rewrite(&grant("wp-acne"));
    second.apply().fails_with("refers to serviceAccount:wp-acne@refer-p.iam.gserviceaccount.com, which no stack");
    second.rewrite(
        "resource \"google_sql_database\" \"d\" {\n  project = \"refer-p\"\n  instance = \"gone\"\n  name = \"d\"\n}\n",
    );
    second.apply().fails_with("refers to google_sql_database_instance gone in project refer-p");
    second.rewrite("resource \"google_storage_bucket\" \"b\" {\n  project = \"refer-p\"\n  name = \"b-refer\"\n  location = \"US\"\n  encryption {\n    default_kms_key_name = \"projects/refer-p/locations/us/keyRings/r\"\n  }\n}\n");
    second.apply().fails_with("refers to projects/refer-p/locations/us/keyRings/r, which no stack");
}

#[test]
fn an_address_has_to_be_inside_its_subnetwork() {
    let network = "resource \"google_compute_network\" \"n\" {\n  project = \"range-p\"\n  name = \"n\"\n}\n\nresource \"google_compute_subnetwork\" \"s\" {\n  project = \"range-p\"\n  region = \"europe-west4\"\n  name = \"endpoints\"\n  network = google_compute_network.n.id\n  ip_cidr_range = \"100.97.0.0/16\"\n}\n";
    let first = Root::new(network);
    first.apply().fine();
    let address = |ip: &str| {
        format!(
            "resource \"google_compute_address\" \"a\" {{\n  project = \"range-p\"\n  region = \"europe-west4\"\n  name = \"a\"\n  address_type = \"INTERNAL\"\n  address = \"{ip}\"\n  subnetwork = \"projects/range-p/regions/europe-west4/subnetworks/endpoints\"\n}}\n"
        )
    };
    let second = Root::beside(&address("100.96.0.3"), &first);
    second.apply().fails_with("the address 100.96.0.3 is outside 100.97.0.0/16 of the subnetwork endpoints");
    second.rewrite(&address("100.97.0.3"));
    second.apply().fine();
}

#[test]
fn protection_holds_and_a_database_s_name_rests_for_a_week() {
    let text = |protected| format!("{}{}", project("protect-p"), database("google_project.p.project_id", protected));
    let root = Root::new(&text(true));
    root.apply().fine();
    root.run(&["destroy", "-auto-approve", "-target=google_sql_database_instance.d"])
        .fails_with("without setting deletion_protection=false");
    root.rewrite(&text(false));
    root.apply().fine();
    root.run(&["destroy", "-auto-approve", "-target=google_sql_database_instance.d"]).fine();
    root.apply().fails_with("it can be used again after 7 days");
    root.destroy().fine();
    root.apply().fails_with("the project id `protect-p` was used before");
}

#[test]
fn names_and_labels_are_held_to_their_limits() {
    let long = "a".repeat(31);
    let root = Root::new(&account("\"p\"", &long, ""));
    root.apply()
        .fails_with("has 31 characters; from 6 to 30 are allowed; says the description of the IAM API (iam.v1)");
    root.rewrite("resource \"google_pubsub_topic\" \"t\" {\n  project = \"p\"\n  name = \"t\"\n  labels = {\n    Site = \"a\"\n  }\n}\n");
    root.apply().fails_with("the label `Site` is not allowed");
}

#[test]
fn a_bucket_s_name_is_taken_in_every_project() {
    let bucket = |project: &str| {
        format!(
            "resource \"google_storage_bucket\" \"b\" {{\n  project = \"{project}\"\n  name = \"taken-b\"\n  location = \"US\"\n}}\n"
        )
    };
    let first = Root::new(&bucket("p-one"));
    first.apply().fine();
    Root::beside(&bucket("p-two"), &first).apply().fails_with("taken-b already exists");
}

#[test]
fn a_region_of_a_project_holds_a_thousand_services() {
    let service = "resource \"google_cloud_run_v2_service\" \"s\" {\n  project = \"full-p\"\n  location = \"us-central1\"\n  name = \"one-more\"\n  template {}\n}\n";
    let root = Root::new(service);
    let folder = root.world().join("objects/google_cloud_run_v2_service/full-p/us-central1");
    fs::create_dir_all(&folder).unwrap();
    (0..1_000).for_each(|number| fs::write(folder.join(number.to_string()), "").unwrap());
    root.apply().fails_with("holds 1000 of these in us-central1; at most 1000 are allowed");
    fs::remove_file(folder.join("0")).unwrap();
    root.apply().fine();
}

#[test]
fn an_apply_fails_where_it_is_told_to_and_the_next_one_finishes() {
    let two = format!("{}{}", account("\"p\"", "wp-acme", ""), account("\"p\"", "wp-bravo", ""));
    let mut root = Root::new(&two);
    root.variables = vec![("AIPRESS_STANDIN_FAIL", "google_service_account.wp-acme".to_owned())];
    root.apply().fails_with("with google_service_account.wp-acme,");
    root.variables.clear();
    let said = root.apply().fine();
    assert!(said.text.contains("1 added"), "{}", said.text);
}

#[test]
fn an_apply_ends_after_a_number_of_objects_and_the_next_one_finishes() {
    let names = ["wp-a-1", "wp-a-2", "wp-a-3", "wp-a-4", "wp-a-5"];
    let mut root = Root::new(&names.iter().map(|name| account("\"p\"", name, "")).collect::<String>());
    root.variables = vec![("AIPRESS_STANDIN_KILL_AFTER", "2".to_owned())];
    root.apply().fails_with("this run was told to end after 2 objects");
    root.variables.clear();
    let said = root.apply().fine();
    assert!(said.text.contains("3 added"), "{}", said.text);
}

#[test]
fn two_stacks_are_applied_at_once() {
    let accounts =
        |start: &str| (0..8).map(|number| account("\"p\"", &format!("{start}-{number}"), "")).collect::<String>();
    let first = Root::new(&accounts("wp-one"));
    let second = Root::beside(&accounts("wp-two"), &first);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| second.apply().fine());
        first.apply().fine();
        other.join().unwrap();
    });
    let folder = first.world().join("objects/google_service_account/p/_");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 16);
}
