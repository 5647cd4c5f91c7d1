//! Orders to drop a database, as the compiler emits them from a document.

use std::fs;
use std::path::Path;

use aipress_core::emit::database::{Database, Desired, Purge, emit};
use aipress_provision::session::Session;
use aipress_provision::source;

use super::{options, problems, provision, provision_until, root, session};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

const GONE: &str = "wp-leaving";

/// What the compiler emits for a fleet in which one site stays and another's order is due, for a server of the test.
fn emitted(server: &Server) -> Desired {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/accept/purge-order/expected/database/cell-1");
    let mut desired = source::parse("desired.json", &fs::read_to_string(case.join("desired.json")).unwrap()).unwrap();
    (desired.host, desired.port, desired.dialect) = ("127.0.0.1".to_owned(), server.port, server.flavour.dialect());
    desired.project = "test-project".to_owned();
    assert_eq!((desired.databases.len(), desired.purges.len()), (1, 1));
    desired
}

/// The same before the order: the site is locked, its database is kept.
fn before(after: &Desired) -> Desired {
    let mut desired = after.clone();
    desired.purges.clear();
    desired.users.push(site(GONE, 1));
    desired.databases.push(Database { name: GONE.to_owned(), ..after.databases[0].clone() });
    desired
}

/// A server on which both sites have a table with a row.
fn filled(server: &Server, google: &Google) -> (Desired, Session) {
    let after = emitted(server);
    let done = provision(&options(server, google, before(&after)));
    assert!(done.result.is_ok(), "{}", problems(&done));
    for name in [GONE, "wp-open-shop"] {
        let password = google.password(&format!("{name}-g1"));
        let mut own = session(server, name, &password, Some(name)).unwrap();
        own.execute("CREATE TABLE IF NOT EXISTS wp_posts (title TEXT)").unwrap();
        own.execute("INSERT INTO wp_posts VALUES ('kept')").unwrap();
    }
    (after, root(server))
}

fn posts(boss: &mut Session, database: &str) -> Option<u64> {
    boss.rows::<u64>(&format!("SELECT COUNT(*) FROM `{database}`.wp_posts")).ok().map(|rows| rows[0])
}

/// A database is there until the order and gone after.
pub fn a_database_is_there_until_the_order_and_gone_after(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let (after, mut boss) = filled(&server, &google);
    let mut silent = after.clone();
    silent.purges.clear();
    let left = provision(&options(&server, &google, silent));
    assert!(left.result.is_ok() && left.text.contains("its data stays until a purge order"), "{}", left.text);
    assert_eq!(posts(&mut boss, GONE), Some(1));
    let ordered = provision(&options(&server, &google, after.clone()));
    assert!(ordered.result.is_ok(), "{}", problems(&ordered));
    let evidence = |now: bool| {
        format!(
            "\"event\":\"purged\",\"site\":\"leaving\",\"database\":\"wp-leaving\",\"requestedBy\":\"me@leaving.example\",\
             \"requestedAt\":\"2026-10-01\",\"backup\":\"gs://sml-dumps/kept-365d/leaving/last.sql.gz#1763900000000000\",\
             \"sha256\":\"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\",\"now\":{now}}}"
        )
    };
    assert!(!left.text.contains("purged") && ordered.text.contains(&evidence(true)), "{}", ordered.text);
    assert_eq!((posts(&mut boss, GONE), posts(&mut boss, "wp-open-shop")), (None, Some(1)));
    let again = provision(&options(&server, &google, after));
    assert_eq!(again.result.unwrap().statements, 0, "an order that was carried out is no news");
    assert!(again.text.contains(&evidence(false)), "its evidence is said again: {}", again.text);
}

/// Takes something away from an order.
type Spoil = fn(&mut Purge);

/// An order without its evidence drops nothing and the rest is done all the same.
pub fn an_order_without_its_evidence_drops_nothing_and_the_rest_is_done_all_the_same(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let (after, mut boss) = filled(&server, &google);
    let wrong: [(Spoil, &str); 8] = [
        (|order| order.backup.object.clear(), "no object of a bucket with its generation"),
        (|order| order.backup.object = "gs://dumps/last.sql.gz".to_owned(), "no object of a bucket"),
        (|order| order.backup.sha256.truncate(63), "has no SHA-256"),
        (|order| order.backup.taken_at = "2026-09-30".to_owned(), "is older than the order"),
        (|order| order.backup.verified_at = "2026-11-24".to_owned(), "was not proven by a restore"),
        (|order| order.grace_days = 6, "at least 7 are needed"),
        (|order| order.grace_days = 90, "its grace ends on 2026-12-30"),
        (|order| order.requested_by.clear(), "nobody asked for it"),
    ];
    for (spoil, why) in wrong {
        let mut desired = after.clone();
        spoil(&mut desired.purges[0]);
        assert!(emit(&desired).is_ok(), "the form of the file is not what refuses it");
        let refused = provision(&options(&server, &google, desired));
        let said = problems(&refused);
        assert!(said.starts_with("AIP0639") && said.contains(why), "{why}: {said}");
        assert!(!refused.text.contains("purged"), "{why}: {}", refused.text);
        assert_eq!(posts(&mut boss, GONE), Some(1), "{why}");
    }
    let users = boss.rows::<u64>("SELECT COUNT(*) FROM mysql.user WHERE User = 'wp-leaving'").unwrap();
    assert_eq!(users, [0], "its login is gone whatever becomes of the order");
}

/// An order that was cut anywhere is finished by the next run.
pub fn an_order_that_was_cut_anywhere_is_finished_by_the_next_run(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    for last in 0.. {
        let (after, mut boss) = filled(&server, &google);
        let killed = provision_until(&options(&server, &google, after.clone()), last);
        let is_whole = killed.result.is_ok();
        let next = provision(&options(&server, &google, after));
        assert!(next.result.is_ok(), "after a kill at step {last}: {}", problems(&next));
        assert_eq!((posts(&mut boss, GONE), posts(&mut boss, "wp-open-shop")), (None, Some(1 + last as u64)));
        let ledger = "SELECT COUNT(*) FROM aipress_provision.`databases` WHERE name = 'wp-leaving'";
        assert_eq!(boss.rows::<u64>(ledger).unwrap(), [0]);
        if is_whole {
            // The role's right to read, the login with its record, the database with its record.
            assert_eq!(last, 5);
            break;
        }
    }
}
