//! Who the job is: its rights, its lock, its login.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use aipress_core::emit::database::emit;
use aipress_provision::http::Http;
use aipress_provision::run::Identity;
use aipress_provision::session::SqlError;
use aipress_provision::source;

use super::{desired, options, problems, provision, root, session};
use crate::database::{ADMIN_PASSWORD, Flavour, Server};
use crate::desired::site;
use crate::google::Google;

/// Two runs at once wait for each other.
pub fn two_runs_at_once_wait_for_each_other(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut all = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| provision(&all))).collect();
        for run in runs {
            let outcome = run.join().unwrap();
            assert!(outcome.result.is_ok(), "{}", problems(&outcome));
        }
    });
    assert_eq!(google.added(), 3);
    let mut other = root(&server);
    assert_eq!(other.rows::<i64>("SELECT GET_LOCK('aipress_provision', 0)").unwrap(), [1]);
    all.lock = Duration::from_secs(1);
    let said = problems(&provision(&all));
    assert!(said.starts_with("AIP0634 ") && said.contains("of `boss` from 127.0.0.1"), "{said}");
}

/// The job reads a bucket and logs in with a token.
pub fn the_job_reads_a_bucket_and_logs_in_with_a_token(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let wanted = desired(&server, vec![site("wp-acme", 1)]);
    google.object(&emit(&wanted).unwrap().content);
    let mut all = options(&server, &google, wanted);
    let mut http = Http::new(all.endpoints.clone(), all.patience);
    all.desired = source::read("gs://bucket/a folder/desired.json", &mut http, &mut |_| ()).unwrap();
    all.identity = Identity::Iam;
    assert!(problems(&provision(&all)).starts_with("AIP0632 "));
    root(&server).execute("ALTER USER 'provision'@'%' IDENTIFIED BY 'test-token'").unwrap();
    let outcome = provision(&all);
    assert!(outcome.result.is_ok() && !outcome.text.contains("test-token"), "{}", problems(&outcome));
    all.endpoints.metadata = "http://127.0.0.1:1".to_owned();
    assert!(problems(&provision(&all)).contains("the metadata server gives no token"));
}

/// The monitor sees whether the server is well and nothing of a site; the job has the rights that its documentation lists.
pub fn monitor_and_job_have_no_right_too_many(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let done = provision(&options(&server, &google, desired(&server, vec![site("wp-acme", 1)])));
    assert!(done.result.is_ok(), "{}", problems(&done));
    let mut monitor = session(&server, "pool-monitor", &google.password("pool-monitor-g1"), None).unwrap();
    // What a pool asks: whether it answers, whether it takes writes, how far it is behind. MariaDB has a right of its own
    // for the last, which no monitor gets: pools of the product stand before MySQL.
    let behind: &[&str] = if *flavour == Flavour::Maria { &[] } else { &["SHOW REPLICA STATUS"] };
    for sql in ["SELECT 1", "SELECT @@global.read_only"].iter().chain(behind) {
        monitor.execute(sql).unwrap_or_else(|error| panic!("{sql}: {}", error.words()));
    }
    let seen: BTreeSet<String> = monitor.rows::<String>("SHOW DATABASES").unwrap().into_iter().collect();
    assert!(!seen.contains("wp-acme") && !seen.contains("aipress_provision") && !seen.contains("mysql"), "{seen:?}");
    for sql in ["USE `wp-acme`", "SELECT User FROM mysql.user", "CREATE DATABASE mine", "SET GLOBAL read_only = 1"] {
        let result = monitor.execute(sql);
        assert!(matches!(result, Err(SqlError::Refused(1044 | 1142 | 1227, _))), "{sql}: {result:?}");
    }
    let own = session(&server, "provision", ADMIN_PASSWORD, None).unwrap().rows::<String>("SHOW GRANTS").unwrap();
    assert!(!own.concat().contains("SUPER") && !own.concat().contains("ALL PRIVILEGES"), "{own:?}");
}
