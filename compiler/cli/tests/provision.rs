//! `aipress provision` as a process, against a real MariaDB.

#![cfg(unix)]

use std::path::Path;

use aipress_testkit::database::Flavour;
use aipress_testkit::scenario::command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_aipress");

#[test]
fn a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does() {
    command::a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does(
        Path::new(PROGRAM),
        &Flavour::Maria,
    );
}

#[test]
fn a_machine_without_room_for_a_byte_holds_the_job_up_nowhere() {
    command::a_machine_without_room_for_a_byte_holds_the_job_up_nowhere(Path::new(PROGRAM), &Flavour::Maria);
}
