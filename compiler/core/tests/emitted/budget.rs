//! How many resources a site has, and that the page of its blueprint names them.

use std::collections::BTreeSet;

use aipress_core::emit::OutputFile;

use crate::fleets;

/// Resources of an ordinary site at most.
const ORDINARY: usize = 15;

/// The addresses of one call, without its name and without keys: `google_storage_bucket.media`.
fn resources(files: &[OutputFile], call: &str) -> Vec<String> {
    let prefix = format!("module.{call}.");
    let predictions =
        files.iter().filter(|file| file.path.starts_with("terraform/") && file.path.ends_with("/expected.json"));
    let mut all = Vec::new();
    for file in predictions {
        let document: serde_json::Value = serde_json::from_str(&file.content).unwrap();
        let addresses = document["addresses"].as_array().unwrap().iter().map(|address| address.as_str().unwrap());
        let own = addresses.filter_map(|address| address.strip_prefix(&prefix));
        all.extend(own.map(|address| address.split('[').next().unwrap().to_owned()));
    }
    all
}

/// The resources in the numbered table of the site blueprint's page, and how many rows it has.
#[expect(clippy::disallowed_methods, reason = "the test reads the repository's page")]
fn table() -> (BTreeSet<String>, usize) {
    let page = std::fs::read_to_string(fleets::repository().join("templates/blueprints/site/v1/README.md")).unwrap();
    let rows: Vec<String> = page
        .lines()
        .filter(|line| {
            line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        })
        .map(|line| line.split('`').nth(1).unwrap().split('[').next().unwrap().to_owned())
        .collect();
    (rows.iter().cloned().collect(), rows.len())
}

#[test]
fn an_ordinary_site_has_at_most_fifteen_resources_and_its_page_names_each() {
    let files = fleets::rendered("example", &fleets::compiled("example", fleets::example()));
    let (named, rows) = table();
    assert_eq!(rows, ORDINARY);
    for site in ["site_garden_blog", "site_yoga_loft", "site_river_dentist", "site_tulip_farm"] {
        let own = resources(&files, site);
        assert!(own.len() > 10 && own.len() <= ORDINARY, "{site} has {}: {own:#?}", own.len());
        let unnamed: Vec<&String> = own.iter().filter(|resource| !named.contains(*resource)).collect();
        assert!(unnamed.is_empty(), "the page does not name {unnamed:?} of {site}");
    }
}

#[test]
fn a_site_that_is_not_served_has_no_service_no_schedule_and_no_check() {
    let files = fleets::rendered("example", &fleets::compiled("example", fleets::example()));
    let kinds = ["google_cloud_run_v2_", "google_cloud_scheduler_job", "google_monitoring_uptime_check_config"];
    for (site, served) in [("site_closed_cafe", false), ("site_film_fest", false), ("site_garden_blog", true)] {
        let own = resources(&files, site);
        for kind in kinds {
            assert_eq!(own.iter().any(|resource| resource.starts_with(kind)), served, "{site} {kind}: {own:?}");
        }
        assert!(own.iter().any(|resource| resource == "google_storage_bucket.media"), "{site}: {own:?}");
    }
}
