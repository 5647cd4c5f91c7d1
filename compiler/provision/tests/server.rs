//! Everything against a real MariaDB over TLS and a Secret Manager on loopback.

use aipress_testkit::database::Flavour;
use aipress_testkit::scenario::{access, drift, dumps, faults, isolation, kills, limits, rotation};

#[test]
fn fifty_sites_are_made_once_and_none_reaches_another() {
    isolation::fifty_sites_are_made_once_and_none_reaches_another(&Flavour::Maria);
}

#[test]
fn the_logins_work_on_a_replica_too() {
    isolation::the_logins_work_on_a_replica_too(&Flavour::Maria);
}

#[test]
fn who_has_the_backup_role_can_dump_every_site_and_do_nothing_else() {
    dumps::who_has_the_backup_role_can_dump_every_site_and_do_nothing_else(&Flavour::Maria);
}

#[test]
fn limits_removals_suspensions_and_purges() {
    limits::limits_removals_suspensions_and_purges(&Flavour::Maria);
}

#[test]
fn a_run_killed_at_any_step_is_finished_by_the_next() {
    kills::a_run_killed_at_any_step_is_finished_by_the_next(&Flavour::Maria);
}

#[test]
fn a_rotation_under_load_fails_no_login() {
    rotation::a_rotation_under_load_fails_no_login(&Flavour::Maria);
}

#[test]
fn both_logins_of_a_rotation_work_until_the_earlier_one_is_said_to_have_ended() {
    rotation::both_logins_of_a_rotation_work_until_the_earlier_one_is_said_to_have_ended(&Flavour::Maria);
}

#[test]
fn whoever_refuses_the_run_fails_closed_and_says_why() {
    faults::whoever_refuses_the_run_fails_closed_and_says_why(&Flavour::Maria);
}

#[test]
fn an_expired_certificate_is_refused() {
    faults::an_expired_certificate_is_refused(&Flavour::Maria);
}

#[test]
fn what_was_changed_by_hand_is_mended_or_refused() {
    drift::what_was_changed_by_hand_is_mended_or_refused(&Flavour::Maria);
}

#[test]
fn a_right_that_somebody_gives_during_the_run_is_found_at_its_end() {
    drift::a_right_that_somebody_gives_during_the_run_is_found_at_its_end(&Flavour::Maria);
}

#[test]
fn two_runs_at_once_wait_for_each_other() {
    access::two_runs_at_once_wait_for_each_other(&Flavour::Maria);
}

#[test]
fn the_job_reads_a_bucket_and_logs_in_with_a_token() {
    access::the_job_reads_a_bucket_and_logs_in_with_a_token(&Flavour::Maria);
}

#[test]
fn monitor_and_job_have_no_right_too_many() {
    access::monitor_and_job_have_no_right_too_many(&Flavour::Maria);
}

#[test]
fn no_sites_password_ends_by_itself() {
    limits::no_sites_password_ends_by_itself(&Flavour::Maria);
}
