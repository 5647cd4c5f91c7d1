//! Private servers for the tests: MariaDB with TLS in a folder of its own, and a Secret Manager on loopback.
//!
//! Everything listens on loopback, ends with the test and is told by its own process id.

#![allow(dead_code, reason = "every test takes the part that it needs")]

pub use aipress_testkit::{google, maria};

use std::ops::ControlFlow;
use std::time::Duration;

use aipress_core::diag::Diagnostics;
use aipress_core::emit::database::{Database, Desired, Dialect, Previous, Service, User, UserState, emit, login};
use aipress_provision::event::Event;
use aipress_provision::http::{Endpoints, Patience};
use aipress_provision::run::{Hooks, Identity, Options, Summary, run};
use aipress_provision::session::{Address, Limits, Login, Session};
use aipress_provision::source;
use secrecy::SecretString;

use google::Google;
use maria::Maria;

/// A site of a test: its name is its database's and its login's.
pub fn site(name: &str, generation: u32) -> User {
    let previous = (generation > 1).then(|| Previous {
        name: login(name, generation - 1),
        secret: format!("{}-g{}", name.replace('_', "-u-"), generation - 1),
        generation: generation - 1,
    });
    User {
        name: login(name, generation),
        host: "%".to_owned(),
        database: name.to_owned(),
        max_user_connections: 20,
        secret: format!("{}-g{generation}", name.replace('_', "-u-")),
        generation,
        salts: 1,
        previous,
        adopt: false,
        state: UserState::Active,
    }
}

/// A desired state as the compiler emits it, for a server of the test.
pub fn desired(maria: &Maria, users: Vec<User>) -> Desired {
    let database = |user: &User| Database {
        name: user.database.clone(),
        charset: "utf8mb4".to_owned(),
        collation: "utf8mb4_unicode_520_ci".to_owned(),
    };
    let desired = Desired {
        shard: "eu1-001".to_owned(),
        project: "test-project".to_owned(),
        instance: "eu1-001-test".to_owned(),
        host: "127.0.0.1".to_owned(),
        port: maria.port,
        dialect: Dialect::Mariadb,
        admin: "provision".to_owned(),
        monitor: Some(Service {
            name: "pool-monitor".to_owned(),
            host: "%".to_owned(),
            secret: "pool-monitor-g1".to_owned(),
            generation: 1,
        }),
        backup_role: Some("aip_backup".to_owned()),
        databases: users.iter().map(database).collect(),
        users,
        purges: Vec::new(),
    };
    // Through the file and back, as in the job.
    let text = emit(&desired).unwrap().content;
    source::parse("desired.json", &text).unwrap()
}

/// Options of a run against the test's servers.
pub fn options(maria: &Maria, google: &Google, desired: Desired) -> Options {
    Options {
        desired,
        address: address(maria),
        identity: Identity::Password(SecretString::from(maria::ADMIN_PASSWORD)),
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
pub fn address(maria: &Maria) -> Address {
    Address {
        host: "127.0.0.1".to_owned(),
        port: maria.port,
        authority: maria.authority.clone(),
        limits: Limits { connect: Duration::from_secs(5), answer: Duration::from_secs(20) },
    }
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
pub fn provision(options: &Options) -> Outcome {
    provision_until(options, usize::MAX)
}

/// Runs until the step with this number, counted from 0, which is not done any more: the connection is cut, as by a kill.
pub fn provision_until(options: &Options, last: usize) -> Outcome {
    let mut text = String::new();
    let mut steps = 0;
    let mut say = |event: Event| text.push_str(&format!("{}\n{event}\n", event.line()));
    let mut step = |_: &str| {
        steps += 1;
        if steps > last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let result = run(options, &mut Hooks { say: &mut say, step: &mut step });
    text.push_str(&format!("{result:?}"));
    Outcome { result, text, steps }
}

/// The titles and ways out of a run's problems.
pub fn problems(outcome: &Outcome) -> String {
    match &outcome.result {
        Ok(_) => String::new(),
        Err(found) => found.iter().map(|item| format!("{} {}: {}\n", item.code, item.title, item.help)).collect(),
    }
}

/// Logs in over TLS.
pub fn session(maria: &Maria, user: &str, password: &str, database: Option<&str>) -> Result<Session, String> {
    let login = Login { user: user.to_owned(), password: SecretString::from(password), clear: false };
    Session::try_open(&address(maria), &login, database).map_err(|error| error.words())
}

/// A session with every right, to look and to break things.
pub fn root(maria: &Maria) -> Session {
    session(maria, "boss", maria::ADMIN_PASSWORD, None).unwrap()
}
