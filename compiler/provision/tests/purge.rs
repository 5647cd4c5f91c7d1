//! Databases that are dropped: by an order, as the compiler emits it from a document, or because their environment went;
//! against a real MariaDB.

use aipress_testkit::database::Flavour;
use aipress_testkit::scenario::{orphans, purges};

#[test]
fn a_database_is_there_until_the_order_and_gone_after() {
    purges::a_database_is_there_until_the_order_and_gone_after(&Flavour::Maria);
}

#[test]
fn an_order_without_its_evidence_drops_nothing_and_the_rest_is_done_all_the_same() {
    purges::an_order_without_its_evidence_drops_nothing_and_the_rest_is_done_all_the_same(&Flavour::Maria);
}

#[test]
fn an_order_that_was_cut_anywhere_is_finished_by_the_next_run() {
    purges::an_order_that_was_cut_anywhere_is_finished_by_the_next_run(&Flavour::Maria);
}

#[test]
fn a_preview_goes_at_once_and_staging_after_its_days() {
    orphans::a_preview_goes_at_once_and_staging_after_its_days(&Flavour::Maria);
}

#[test]
fn staging_that_comes_back_in_time_has_its_data() {
    orphans::staging_that_comes_back_in_time_has_its_data(&Flavour::Maria);
}

#[test]
fn a_run_that_was_cut_is_finished_and_foreign_databases_stay() {
    orphans::a_run_that_was_cut_is_finished_and_foreign_databases_stay(&Flavour::Maria);
}
