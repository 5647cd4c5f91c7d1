//! Orders to drop a database, as the compiler emits them from a document, against a real MariaDB.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;

use aipress_core::emit::database::{Database, Desired, Dialect, Purge, emit};
use aipress_provision::session::Session;
use aipress_provision::source;
use support::google::Google;
use support::maria::Maria;
use support::{options, problems, provision, provision_until, root, session, site};

const GONE: &str = "wp-leaving";

/// What the compiler emits for a fleet in which one site stays and another's order is due, for a server of the test.
fn emitted(maria: &Maria) -> Desired {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/accept/purge-order/expected/database/cell-1");
    let mut desired = source::parse("desired.json", &fs::read_to_string(case.join("desired.json")).unwrap()).unwrap();
    (desired.host, desired.port, desired.dialect) = ("127.0.0.1".to_owned(), maria.port, Dialect::Mariadb);
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
fn filled(maria: &Maria, google: &Google) -> (Desired, Session) {
    let after = emitted(maria);
    let done = provision(&options(maria, google, before(&after)));
    assert!(done.result.is_ok(), "{}", problems(&done));
    for name in [GONE, "wp-open-shop"] {
        let password = google.password(&format!("{name}-g1"));
        let mut own = session(maria, name, &password, Some(name)).unwrap();
        own.execute("CREATE TABLE IF NOT EXISTS wp_posts (title TEXT)").unwrap();
        own.execute("INSERT INTO wp_posts VALUES ('kept')").unwrap();
    }
    (after, root(maria))
}

fn posts(boss: &mut Session, database: &str) -> Option<u64> {
    boss.rows::<u64>(&format!("SELECT COUNT(*) FROM `{database}`.wp_posts")).ok().map(|rows| rows[0])
}

#[test]
fn a_database_is_there_until_the_order_and_gone_after() {
    let (maria, google) = (Maria::start(), Google::start());
    let (after, mut boss) = filled(&maria, &google);
    let mut silent = after.clone();
    silent.purges.clear();
    let left = provision(&options(&maria, &google, silent));
    assert!(left.result.is_ok() && left.text.contains("its data stays until a purge order"), "{}", left.text);
    assert_eq!(posts(&mut boss, GONE), Some(1));
    let ordered = provision(&options(&maria, &google, after.clone()));
    assert!(ordered.result.is_ok(), "{}", problems(&ordered));
    assert_eq!((posts(&mut boss, GONE), posts(&mut boss, "wp-open-shop")), (None, Some(1)));
    let again = provision(&options(&maria, &google, after));
    assert_eq!(again.result.unwrap().statements, 0, "an order that was carried out is no news");
}

/// Takes something away from an order.
type Spoil = fn(&mut Purge);

#[test]
fn an_order_without_its_evidence_drops_nothing_and_the_rest_is_done_all_the_same() {
    let (maria, google) = (Maria::start(), Google::start());
    let (after, mut boss) = filled(&maria, &google);
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
        let refused = provision(&options(&maria, &google, desired));
        let said = problems(&refused);
        assert!(said.starts_with("AIP0639") && said.contains(why), "{why}: {said}");
        assert_eq!(posts(&mut boss, GONE), Some(1), "{why}");
    }
    let users = boss.rows::<u64>("SELECT COUNT(*) FROM mysql.global_priv WHERE User = 'wp-leaving'").unwrap();
    assert_eq!(users, [0], "its login is gone whatever becomes of the order");
}

#[test]
fn an_order_that_was_cut_anywhere_is_finished_by_the_next_run() {
    let (maria, google) = (Maria::start(), Google::start());
    for last in 0.. {
        let (after, mut boss) = filled(&maria, &google);
        let killed = provision_until(&options(&maria, &google, after.clone()), last);
        let is_whole = killed.result.is_ok();
        let next = provision(&options(&maria, &google, after));
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
