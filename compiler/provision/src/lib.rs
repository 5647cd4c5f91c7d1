//! `aipress provision`: brings a shard's database instance to its desired state.
//!
//! In: `desired.json` as the compiler wrote it ([`source`]), a MySQL or MariaDB server ([`session`]), Secret Manager
//! ([`vault`]). Out: databases, users, grants and limits on the server, one JSON version in every site's secret, and a
//! proof that no site reaches another ([`verify`]). The order of a run stands in [`run`]; statements are values with one
//! writer ([`sql`]).
//!
//! # What holds at every moment
//!
//! - One run at a time: a named lock of the server ([`lock`]), freed by the server when the connection ends.
//! - A run may be killed between any two steps. A secret is stored before the user that needs it exists; an account and a
//!   database are recorded in the ledger before they are made; a password's generation is recorded after it is set. The
//!   next run goes on from what it finds ([`diff`]).
//! - Only what the ledger (`aipress_provision` on the same server) records as made here is ever changed or removed. Names
//!   prove nothing.
//! - No database is dropped without a purge order whose grace is over and whose backup was proven ([`purge`]).
//! - A rotation never changes a password that is in use: two names take turns, and the earlier one is dropped when the
//!   desired state no longer names its generation.
//! - Secret values are in no event, error or `Debug` text; what holds them is overwritten when dropped, except inside the
//!   TLS and MySQL libraries.
//!
//! # What the job's user needs
//!
//! [`ADMIN_PRIVILEGES`] with the right to pass them on. Cloud SQL gives them to an IAM user as `cloudsqlsuperuser`.
//!
//! # What was run and what was not
//!
//! The tests run everything against MariaDB. The statements for MySQL 8.0 and 8.4 are written by the same writer from the
//! same values, parsed and compared with MariaDB's, but not executed. Cloud SQL itself was not at hand.
//!
//! # What goes wrong, and the test that shows it
//!
//! | fault | test |
//! | --- | --- |
//! | wrong password, another authority | `server.rs`: `whoever_refuses_the_run_fails_closed_and_says_why` |
//! | expired certificate | `server.rs`: `an_expired_certificate_is_refused` |
//! | no room on its own disk | the command's `provision.rs`: `a_machine_without_room_for_a_byte_holds_the_job_up_nowhere` |
//! | Secret Manager: 403, 429, 500, no answer | `server.rs`: `whoever_refuses_the_run_fails_closed_and_says_why` |
//! | cut off between two steps | `server.rs`: `a_run_killed_at_any_step_is_finished_by_the_next` |
//! | SIGKILL after each statement | the command's `provision.rs`: `a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does` |
//!
//! A full disk of the database server was not tried: it refuses a statement then, which ends the run as any refusal does.

pub mod diff;
pub mod event;
pub mod http;
pub mod intent;
pub mod lock;
pub mod payload;
pub mod problem;
pub mod purge;
pub mod random;
pub mod role;
pub mod run;
pub mod session;
pub mod source;
pub mod sql;
pub mod state;
pub mod vault;
pub mod verify;

/// What the job's own user needs: what it passes on, and what it reads and makes itself.
pub const ADMIN_PRIVILEGES: [&str; 18] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "CREATE",
    "DROP",
    "ALTER",
    "INDEX",
    "REFERENCES",
    "CREATE TEMPORARY TABLES",
    "LOCK TABLES",
    "CREATE USER",
    "PROCESS",
    "RELOAD",
    "REPLICATION CLIENT",
    "SHOW VIEW",
    "TRIGGER",
    "EVENT",
];
