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
//! - No database is dropped without a purge order whose grace is over and whose backup was proven ([`purge`]), but for
//!   those of environments that went while their tenant stayed: they have days of their own, counted in the ledger.
//! - A rotation never changes a password that is in use: two names take turns, and the earlier one is dropped when the
//!   desired state no longer names its generation.
//! - Secret values are in no event, error or `Debug` text; what holds them is overwritten when dropped, except inside the
//!   TLS and MySQL libraries.
//!
//! # What the job's user needs
//!
//! [`ADMIN_PRIVILEGES`] with the right to pass them on. Cloud SQL gives them to an IAM user as `cloudsqlsuperuser`. To end
//! other users' sessions it needs `CONNECTION_ADMIN` (MariaDB: `CONNECTION ADMIN`), and to take a role that somebody gave a
//! site `ROLE_ADMIN`; without them a session is reported and left, and a role ends the run. An account with MySQL's `SYSTEM_USER` is
//! changed only by one that has it too: the run says so and fails.
//!
//! # What only MySQL has
//!
//! Logins are made with `caching_sha2_password`, which 8.0 and 8.4 prefer and which PHP, ProxySQL and this program speak over
//! TLS; 8.4 has `mysql_native_password` switched off. A second password (`RETAIN CURRENT PASSWORD`), an expired one, rights by
//! name (`BACKUP_ADMIN`) and roles are found and taken. With `partial_revokes`, as on Cloud SQL, names in grants are written
//! without escapes, and made again when it is switched. On 8.0 without it, a role cannot enter a database with `_` in its
//! name: the job warns that the role of the dumps cannot dump it.
//!
//! # The evidence of a purge
//!
//! As long as `desired.json` holds an order, every run that was verified says of each database that is neither on the server
//! nor in the ledger: `{"event": "purged", "site", "database", "requestedBy", "requestedAt", "backup", "sha256", "now"}`. Its
//! `site` is what `purges` of the plan's evidence (`aipress plan --evidence FILE`) names; a run that drops nothing any more
//! says it too (`now` is false), so the log of the last run is enough.
//!
//! # What was run and what was not
//!
//! One set of scenarios (`aipress-testkit`, `scenario/`) is run by the tests against MariaDB 10.11, and by
//! `cargo verify mysql` against MySQL 8.0.46 and 8.4.8, WordPress included. Cloud SQL itself was not at hand.
//!
//! # What goes wrong, and the scenario that shows it
//!
//! | fault | scenario |
//! | --- | --- |
//! | wrong password, another authority | `faults::whoever_refuses_the_run_fails_closed_and_says_why` |
//! | expired certificate | `faults::an_expired_certificate_is_refused` |
//! | no room on its own disk | `command::a_machine_without_room_for_a_byte_holds_the_job_up_nowhere` |
//! | Secret Manager: 403, 429, 500, no answer | `faults::whoever_refuses_the_run_fails_closed_and_says_why` |
//! | cut off between two steps | `kills::a_run_killed_at_any_step_is_finished_by_the_next` |
//! | SIGKILL after each statement | `command::a_job_that_is_killed_at_each_of_its_statements_ends_where_an_unbroken_one_does` |
//! | rights given by hand, before or during a run | `drift` |
//! | an account that MySQL protects from the job (`SYSTEM_USER`) | `drift::what_was_changed_by_hand_is_mended_or_refused` |
//! | no room on the server's disk | `disk.rs`: `a_server_without_room_ends_the_run_and_the_next_one_goes_on` |
//!
//! MariaDB answers some statements with an error when its disk is full and lets others wait, up to a minute longer than the
//! disk is: the run ends without an answer, its connection keeps the lock, and the next run waits for that.

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
