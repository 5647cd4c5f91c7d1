//! What the job of a shard must do, told once for every server that it may meet.
//!
//! In: a [`Flavour`]. Each scenario starts servers of its own and fails by panicking. The tests of the crate
//! `provision` and of the command run them against MariaDB, `cargo verify mysql` against MySQL.

pub mod access;
pub mod command;
pub mod drift;
pub mod dumps;
pub mod faults;
pub mod isolation;
pub mod kills;
pub mod limits;
pub mod orphans;
pub mod purges;
pub mod rotation;
pub mod wordpress;

use std::ops::ControlFlow;
use std::time::Duration;

use aipress_core::diag::Diagnostics;
use aipress_core::emit::database::{Desired, User, emit};
use aipress_provision::event::Event;
use aipress_provision::http::{Endpoints, Patience};
use aipress_provision::run::{Hooks, Identity, Options, Summary, run};
use aipress_provision::session::{Address, Limits, Login, Session};
use aipress_provision::source;
use secrecy::SecretString;

use crate::database::{ADMIN_PASSWORD, Flavour, Server};
use crate::desired::shard;
use crate::google::Google;

/// A scenario with its name, which says what it shows.
pub type Scenario = (&'static str, fn(&Flavour));

macro_rules! scenarios {
    ($($module:ident::$name:ident),* $(,)?) => { &[$((stringify!($name), $module::$name)),*] };
}

/// Every scenario that runs in this process.
pub const ALL: &[Scenario] = scenarios![
    isolation::fifty_sites_are_made_once_and_none_reaches_another,
    isolation::names_stay_names_on_a_server_without_patterns,
    isolation::the_logins_work_on_a_replica_too,
    access::monitor_and_job_have_no_right_too_many,
    access::two_runs_at_once_wait_for_each_other,
    access::the_job_reads_a_bucket_and_logs_in_with_a_token,
    dumps::who_has_the_backup_role_can_dump_every_site_and_do_nothing_else,
    limits::limits_removals_suspensions_and_purges,
    limits::no_sites_password_ends_by_itself,
    kills::a_run_killed_at_any_step_is_finished_by_the_next,
    rotation::a_rotation_under_load_fails_no_login,
    rotation::both_logins_of_a_rotation_work_until_the_earlier_one_is_said_to_have_ended,
    faults::whoever_refuses_the_run_fails_closed_and_says_why,
    faults::an_expired_certificate_is_refused,
    drift::what_was_changed_by_hand_is_mended_or_refused,
    drift::a_right_that_somebody_gives_during_the_run_is_found_at_its_end,
    orphans::a_preview_goes_at_once_and_staging_after_its_days,
    orphans::staging_that_comes_back_in_time_has_its_data,
    orphans::a_run_that_was_cut_is_finished_and_foreign_databases_stay,
    purges::a_database_is_there_until_the_order_and_gone_after,
    purges::an_order_without_its_evidence_drops_nothing_and_the_rest_is_done_all_the_same,
    purges::an_order_that_was_cut_anywhere_is_finished_by_the_next_run,
    wordpress::wordpress_installs_and_works_with_a_sites_grants,
];

/// A desired state as the compiler emits it, for a server of the test.
#[must_use]
pub fn desired(server: &Server, users: Vec<User>) -> Desired {
    // Through the file and back, as in the job.
    let text = emit(&shard(server.flavour.dialect(), server.port, users)).unwrap().content;
    source::parse("desired.json", &text).unwrap()
}

/// Options of a run against the test's servers.
#[must_use]
pub fn options(server: &Server, google: &Google, desired: Desired) -> Options {
    Options {
        desired,
        address: address(server),
        identity: Identity::Password(SecretString::from(ADMIN_PASSWORD)),
        endpoints: Endpoints { metadata: google.url.clone(), secrets: google.url.clone(), storage: google.url.clone() },
        patience: Patience {
            answer: Duration::from_millis(400),
            call: Duration::from_secs(2),
            backoff: Duration::from_millis(10),
        },
        lock: Duration::from_secs(20),
        today: "2026-11-23".parse().unwrap(),
        dry_run: false,
    }
}

/// Where a test's server is.
#[must_use]
pub fn address(server: &Server) -> Address {
    let limits = Limits { connect: Duration::from_secs(5), answer: Duration::from_secs(20) };
    Address { limits, ..server.address() }
}

/// What a run said and did.
pub struct Outcome {
    /// Its result.
    pub result: Result<Summary, Diagnostics>,
    /// Its events as lines of JSON and in words, and its problems with `Debug`: everything that anybody could read.
    pub text: String,
    /// How many steps it announced.
    pub steps: usize,
}

/// Runs to the end.
#[must_use]
pub fn provision(options: &Options) -> Outcome {
    provision_until(options, usize::MAX)
}

/// Runs until the step with this number, counted from 0, which is not done any more: the connection is cut, as by a kill.
#[must_use]
pub fn provision_until(options: &Options, last: usize) -> Outcome {
    provision_with(options, &mut |step| step < last)
}

/// Runs as long as the caller, who is told the number of each step before it is done, says so.
pub fn provision_with(options: &Options, goes_on: &mut dyn FnMut(usize) -> bool) -> Outcome {
    let mut text = String::new();
    let mut steps = 0;
    let mut say = |event: Event| text.push_str(&format!("{}\n{event}\n", event.line()));
    let mut step = |_: &str| {
        steps += 1;
        if goes_on(steps - 1) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let result = run(options, &mut Hooks { say: &mut say, step: &mut step });
    text.push_str(&format!("{result:?}"));
    Outcome { result, text, steps }
}

/// The titles and ways out of a run's problems.
#[must_use]
pub fn problems(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(_) => String::new(),
        Err(found) => found.iter().map(|item| format!("{} {}: {}\n", item.code, item.title, item.help)).collect(),
    }
}

/// Logs in over TLS.
///
/// # Errors
/// The server's words.
pub fn session(server: &Server, user: &str, password: &str, database: Option<&str>) -> Result<Session, String> {
    let login = Login { user: user.to_owned(), password: SecretString::from(password), clear: false };
    Session::try_open(&address(server), &login, database).map_err(|error| error.words())
}

/// A session with every right, to look and to break things.
#[must_use]
pub fn root(server: &Server) -> Session {
    server.boss()
}

fn count(session: &mut Session, sql: &str) -> u64 {
    session.rows::<u64>(sql).unwrap()[0]
}

/// What the server has written to its log so far.
fn written(session: &mut Session, flavour: &Flavour) -> String {
    let variable = if *flavour == Flavour::Maria { "gtid_binlog_pos" } else { "gtid_executed" };
    session.rows::<String>(&format!("SELECT @@GLOBAL.{variable}")).unwrap().concat()
}

/// Everything that two runs must agree on.
#[must_use]
pub fn snapshot(session: &mut Session, flavour: &Flavour) -> Vec<String> {
    let accounts = match flavour {
        Flavour::Maria => {
            "SELECT CONCAT_WS('|', User, Host, JSON_VALUE(Priv, '$.max_user_connections'), JSON_VALUE(Priv, \
             '$.ssl_type'), JSON_VALUE(Priv, '$.account_locked'), JSON_VALUE(Priv, '$.password_lifetime'), \
             COALESCE(JSON_LENGTH(Priv, '$.auth_or') > 1, 0)) FROM mysql.global_priv ORDER BY 1"
        }
        Flavour::Mysql(_) => {
            "SELECT CONCAT_WS('|', User, Host, max_user_connections, ssl_type, account_locked, plugin, \
             password_expired, password_lifetime, User_attributes) FROM mysql.user ORDER BY 1"
        }
    };
    let queries = [
        accounts,
        "SELECT CONCAT_WS('|', GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE) FROM information_schema.SCHEMA_PRIVILEGES ORDER BY 1",
        "SELECT CONCAT_WS('|', GRANTEE, PRIVILEGE_TYPE) FROM information_schema.USER_PRIVILEGES ORDER BY 1",
        "SELECT CONCAT_WS('|', user, host, purpose, database_name, generation) FROM aipress_provision.accounts ORDER BY 1",
        "SELECT name FROM aipress_provision.`databases` ORDER BY 1",
        "SELECT CONCAT_WS('|', SCHEMA_NAME, DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA ORDER BY 1",
    ];
    queries.iter().flat_map(|sql| session.rows::<String>(sql).unwrap()).collect()
}
