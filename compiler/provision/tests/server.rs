//! Everything against a real MariaDB over TLS and a Secret Manager on loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use aipress_core::emit::database::{Backup, Desired, Purge, User, UserState, emit};
use aipress_provision::http::Http;
use aipress_provision::run::{Identity, Options};
use aipress_provision::session::{Session, SqlError};
use aipress_provision::source;
use aipress_provision::sql::Account;
use secrecy::SecretString;
use support::google::{Google, Mood};
use support::maria::{Certificate, Maria};
use support::{desired, options, problems, provision, provision_until, root, session, site};

fn count(session: &mut Session, sql: &str) -> u64 {
    session.rows::<u64>(sql).unwrap()[0]
}

fn binlog(session: &mut Session) -> String {
    let rows: Vec<(String, u64, String, String)> = session.rows("SHOW MASTER STATUS").unwrap();
    format!("{}:{}", rows[0].0, rows[0].1)
}

/// Fifty sites, among them names that a pattern could take for one another.
fn fifty() -> Vec<User> {
    let tricky = ["wp-a-b", "wp-axb", "wp-a--s", "wp-a", "wp_a_b", "wp-ab", "wp_a"];
    let plain = (tricky.len()..50).map(|number| format!("wp-site-{number}"));
    tricky.iter().map(|name| (*name).to_owned()).chain(plain).map(|name| site(&name, 1)).collect()
}

#[test]
fn fifty_sites_are_made_once_and_none_reaches_another() {
    let (maria, google) = (Maria::start(), Google::start());
    let users = fifty();
    let options = options(&maria, &google, desired(&maria, users.clone()));
    let first = provision(&options);
    assert!(first.result.is_ok(), "{}", problems(&first));
    assert_eq!(google.added(), 51);

    let mut boss = root(&maria);
    let before = binlog(&mut boss);
    let second = provision(&options);
    let summary = second.result.clone().unwrap();
    assert_eq!((summary.statements, summary.secrets, second.steps), (0, 0, 0), "{}", second.text);
    assert_eq!(binlog(&mut boss), before, "the second run wrote something");
    assert_eq!(google.added(), 51);

    let texts = format!("{}{}", first.text, second.text);
    let leaked = google.values().into_iter().filter(|value| texts.contains(value.as_str())).count();
    assert_eq!(leaked, 0, "secret values in events");

    for user in &users {
        let mut session =
            session(&maria, &user.database, &google.password(&user.secret), Some(&user.database)).unwrap();
        session.execute("CREATE TABLE wp_options (secret TEXT)").unwrap();
        session.execute("INSERT INTO wp_options VALUES ('mine')").unwrap();
        session.close();
    }
    let half = users.len() / 2;
    thread::scope(|scope| {
        for part in [&users[..half], &users[half..]] {
            let (maria, google, users) = (&maria, &google, &users);
            scope.spawn(move || part.iter().for_each(|user| denied_everywhere(maria, google, user, users)));
        }
    });
}

/// From one site: every other one's database can be neither entered, read, written nor seen.
fn denied_everywhere(maria: &Maria, google: &Google, user: &User, users: &[User]) {
    let password = google.password(&user.secret);
    let mut own = session(maria, &user.name, &password, Some(&user.database)).unwrap();
    for other in users.iter().filter(|other| other.database != user.database) {
        let name = &other.database;
        let refused = session(maria, &user.name, &password, Some(name)).err();
        assert!(refused.is_some_and(|error| error.contains("1044")), "{} enters {name}", user.name);
        for statement in [
            format!("SELECT * FROM `{name}`.wp_options"),
            format!("INSERT INTO `{name}`.wp_options VALUES ('x')"),
            format!("DROP TABLE `{name}`.wp_options"),
            format!("SHOW TABLES FROM `{name}`"),
            format!("SHOW CREATE TABLE `{name}`.wp_options"),
            format!("USE `{name}`"),
        ] {
            let result = own.execute(&statement);
            assert!(matches!(result, Err(SqlError::Refused(1044 | 1142, _))), "{}: {statement}: {result:?}", user.name);
        }
    }
    let visible: BTreeSet<String> = own.rows::<String>("SHOW DATABASES").unwrap().into_iter().collect();
    assert_eq!(visible, BTreeSet::from(["information_schema".to_owned(), user.database.clone()]));
    for (table, column) in [("TABLES", "TABLE_SCHEMA"), ("COLUMNS", "TABLE_SCHEMA"), ("SCHEMATA", "SCHEMA_NAME")] {
        let sql = format!("SELECT DISTINCT {column} FROM information_schema.{table}");
        let mut seen: BTreeSet<String> = own.rows::<String>(&sql).unwrap().into_iter().collect();
        // The server's own; three of its tables are everybody's.
        seen.remove("performance_schema");
        assert_eq!(seen, visible, "{} sees others in {table}", user.name);
    }
    let others = "SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE <> ";
    assert_eq!(
        count(&mut own, &format!("{others}'{}'", Account::new(&user.name, "%").grantee().replace('\'', "''"))),
        0
    );
    own.close();
}

#[test]
fn who_has_the_backup_role_can_dump_every_site_and_do_nothing_else() {
    let (maria, google) = (Maria::start(), Google::start());
    let users = vec![site("wp-a_b", 1), site("wp-choir", 1)];
    let mut options = options(&maria, &google, desired(&maria, users.clone()));
    assert!(provision(&options).result.is_ok());
    let mut boss = root(&maria);
    for user in &users {
        let password = google.password(&user.secret);
        let mut own = session(&maria, &user.name, &password, Some(&user.database)).unwrap();
        own.execute("CREATE TABLE wp_posts (title TEXT)").unwrap();
        own.execute("INSERT INTO wp_posts VALUES ('kept')").unwrap();
        boss.execute(&format!("CREATE VIEW `{0}`.titles AS SELECT * FROM `{0}`.wp_posts", user.database)).unwrap();
    }
    // As Cloud SQL makes the user of the job's identity.
    let password = "dump-Test-0123456789";
    boss.execute(&format!("CREATE USER 'backup'@'%' IDENTIFIED BY '{password}' REQUIRE SSL")).unwrap();
    let mut maker = session(&maria, "provision", support::maria::ADMIN_PASSWORD, None).unwrap();
    maker.execute("GRANT 'aip_backup' TO 'backup'@'%'").unwrap();
    maker.execute("SET DEFAULT ROLE 'aip_backup' FOR 'backup'@'%'").unwrap();
    boss.execute("CREATE DATABASE `wp-axb`").unwrap();
    for user in &users {
        let dump = maria.dump("backup", password, &user.database);
        let (text, errors) = (String::from_utf8_lossy(&dump.stdout), String::from_utf8_lossy(&dump.stderr));
        assert!(dump.status.success() && text.contains("('kept')") && text.contains("titles"), "{errors}");
    }
    let mut backup = session(&maria, "backup", password, None).unwrap();
    for statement in [
        "INSERT INTO `wp-a_b`.wp_posts VALUES ('x')",
        "LOCK TABLES `wp-a_b`.wp_posts READ",
        "SELECT * FROM mysql.global_priv",
        "SELECT * FROM aipress_provision.accounts",
        "USE `wp-axb`",
        "CREATE TABLE `wp-choir`.mine (x INT)",
    ] {
        let result = backup.execute(statement);
        assert!(matches!(result, Err(SqlError::Refused(1044 | 1142, _))), "{statement}: {result:?}");
    }

    // Too much is taken, of a site that is gone too, and a role that nobody desires goes with what it gave.
    boss.execute("GRANT INSERT ON `wp-choir`.* TO 'aip_backup'").unwrap();
    options.desired = desired(&maria, vec![users[0].clone()]);
    assert!(provision(&options).result.is_ok());
    assert!(!maria.dump("backup", password, "wp-choir").status.success());
    assert!(maria.dump("backup", password, "wp-a_b").status.success());
    assert_eq!(provision(&options).result.unwrap().statements, 0);
    options.desired.backup_role = None;
    assert!(provision(&options).result.is_ok());
    assert!(!maria.dump("backup", password, "wp-a_b").status.success());
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM aipress_provision.accounts WHERE purpose = 'backup'"), 0);
}

#[test]
fn limits_removals_suspensions_and_purges() {
    let (maria, google) = (Maria::start(), Google::start());
    let mut users = vec![site("wp-acme", 1), site("wp-choir", 1), site("wp-depot", 1)];
    users[0].max_user_connections = 2;
    let mut options = options(&maria, &google, desired(&maria, users.clone()));
    assert!(provision(&options).result.is_ok());
    let login = |name: &str| session(&maria, name, &google.password(&format!("{name}-g1")), Some(name));

    let held = (login("wp-acme").unwrap(), login("wp-acme").unwrap());
    assert!(login("wp-acme").err().unwrap().contains("1226"));
    // A busy site is no reason to fail: the server took the password before it counted.
    let busy = provision(&options);
    assert!(busy.result.is_ok() && busy.text.contains("busy"), "{}", problems(&busy));
    drop(held);

    let mut choir = login("wp-choir").unwrap();
    choir.execute("CREATE TABLE t (x INT)").unwrap();
    let mut depot = login("wp-depot").unwrap();
    users[2].state = UserState::Locked;
    options.desired = desired(&maria, vec![users[0].clone(), users[2].clone()]);
    let left = provision(&options);
    assert!(left.result.is_ok(), "{}", problems(&left));
    assert!(choir.execute("SELECT 1").is_err(), "a session outlived its user");
    assert!(depot.execute("SELECT 1").is_err(), "a session outlived the suspension");
    assert!(login("wp-choir").is_err() && login("wp-depot").is_err() && login("wp-acme").is_ok());
    let mut boss = root(&maria);
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM `wp-choir`.t"), 0);
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM mysql.global_priv WHERE User = 'wp-choir'"), 0);

    users[2].state = UserState::Active;
    options.desired = desired(&maria, vec![users[0].clone(), users[2].clone()]);
    assert!(provision(&options).result.is_ok());
    assert!(login("wp-depot").is_ok());

    options.desired.purges = vec![purge("wp-choir", "2026-11-20")];
    let early = provision(&options);
    assert!(
        problems(&early).starts_with("AIP0639 the database `wp-choir` is not dropped: its grace ends on 2026-11-30")
    );
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM `wp-choir`.t"), 0);
    options.desired.purges = vec![purge("wp-choir", "2026-11-01"), purge("wp-acme", "2026-11-01")];
    let late = provision(&options);
    assert!(problems(&late).contains("`wp-acme` is not dropped: it is still desired"), "{}", problems(&late));
    let left = "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ('wp-acme', 'wp-choir')";
    assert_eq!(count(&mut boss, left), 1);
}

fn purge(database: &str, day: &str) -> Purge {
    Purge {
        database: database.to_owned(),
        requested_by: "it@acme.example".to_owned(),
        requested_at: day.to_owned(),
        grace_days: 10,
        backup: Backup {
            object: "gs://dumps/final.sql.gz#1763900000000000".to_owned(),
            sha256: "ab".repeat(32),
            taken_at: day.to_owned(),
            verified_at: "2026-11-22".to_owned(),
        },
    }
}

/// Everything that two runs must agree on.
fn snapshot(boss: &mut Session) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "SELECT CONCAT_WS('|', User, Host, JSON_VALUE(Priv, '$.max_user_connections'), JSON_VALUE(Priv, '$.ssl_type'), \
         JSON_VALUE(Priv, '$.account_locked')) FROM mysql.global_priv ORDER BY 1",
        "SELECT CONCAT_WS('|', GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE) FROM information_schema.SCHEMA_PRIVILEGES ORDER BY 1",
        "SELECT CONCAT_WS('|', GRANTEE, PRIVILEGE_TYPE) FROM information_schema.USER_PRIVILEGES ORDER BY 1",
        "SELECT CONCAT_WS('|', user, host, purpose, database_name, generation) FROM aipress_provision.accounts ORDER BY 1",
        "SELECT name FROM aipress_provision.`databases` ORDER BY 1",
        "SELECT CONCAT_WS('|', SCHEMA_NAME, DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA ORDER BY 1",
    ] {
        all.extend(boss.rows::<String>(sql).unwrap());
    }
    all
}

fn reset(boss: &mut Session, google: &Google) {
    let users: Vec<String> =
        boss.rows("SELECT User FROM mysql.global_priv WHERE User LIKE 'wp%' OR User = 'pool-monitor'").unwrap();
    for user in users {
        boss.execute(&format!("DROP USER '{user}'@'%'")).unwrap();
    }
    boss.execute("DROP ROLE IF EXISTS 'aip_backup'").unwrap();
    let databases: Vec<String> = boss
        .rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'wp%' OR SCHEMA_NAME LIKE 'aip%'")
        .unwrap();
    for database in databases {
        boss.execute(&format!("DROP DATABASE `{database}`")).unwrap();
    }
    google.clear();
}

/// Kills a change of the desired state before each of its steps; the next run must end where an unbroken one does.
fn killed_at_every_step(maria: &Maria, google: &Google, before: &[Desired], after: &Desired) -> usize {
    let mut boss = root(maria);
    let with = |desired: &Desired| options(maria, google, desired.clone());
    let prepare = |boss: &mut Session| {
        reset(boss, google);
        for desired in before {
            assert!(provision(&with(desired)).result.is_ok());
        }
    };
    prepare(&mut boss);
    let whole = provision(&with(after));
    assert!(whole.result.is_ok(), "{}", problems(&whole));
    let expected = snapshot(&mut boss);
    for last in 0..whole.steps {
        prepare(&mut boss);
        let killed = provision_until(&with(after), last);
        assert!(problems(&killed).starts_with("AIP0641"), "step {last}: {}", problems(&killed));
        let next = provision(&with(after));
        assert!(next.result.is_ok(), "after a kill at step {last}: {}", problems(&next));
        assert_eq!(snapshot(&mut boss), expected, "after a kill at step {last}: {}", killed.text);
    }
    whole.steps
}

#[test]
fn a_run_killed_at_any_step_is_finished_by_the_next() {
    let (maria, google) = (Maria::start(), Google::start());
    let both = desired(&maria, vec![site("wp-acme", 1), site("wp-choir", 1)]);
    let steps = killed_at_every_step(&maria, &google, &[], &both);
    // Ledger 3; per database 2; per account a secret, claim, user, grant, record; the role's claim, itself, 2 grants, record.
    assert_eq!(steps, 3 + 2 * 2 + 3 * 5 + 5);

    // A rotation with a removal, and the end of another rotation: the first name comes back with a third password.
    let turned = desired(&maria, vec![site("wp-acme", 2)]);
    assert_eq!(killed_at_every_step(&maria, &google, std::slice::from_ref(&both), &turned), 5 + 2 + 1);
    let again = desired(&maria, vec![site("wp-acme", 3)]);
    assert_eq!(killed_at_every_step(&maria, &google, &[both, turned], &again), 3);
}

#[test]
fn a_rotation_under_load_fails_no_login() {
    let (maria, google) = (Maria::start(), Google::start());
    let mut single = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    assert!(provision(&single).result.is_ok());
    let (serving, stop) = (AtomicUsize::new(1), AtomicBool::new(false));
    let logins = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Acquire) {
                    let generation = serving.load(Ordering::Acquire);
                    let user = if generation.is_multiple_of(2) { "wp-acme_b" } else { "wp-acme" };
                    let password = google.password(&format!("wp-acme-g{generation}"));
                    let mut own = session(&maria, user, &password, Some("wp-acme")).unwrap();
                    own.execute("SELECT 1").unwrap();
                    own.close();
                    logins.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for generation in 2..=4 {
            single.desired = desired(&maria, vec![site("wp-acme", generation), site("wp-choir", 1)]);
            let done = provision(&single);
            // The new revision serves only now; the old one's last requests go on for a moment.
            serving.store(usize::try_from(generation).unwrap(), Ordering::Release);
            thread::sleep(Duration::from_millis(300));
            if done.result.is_err() {
                stop.store(true, Ordering::Release);
            }
            assert!(done.result.is_ok(), "{}", problems(&done));
        }
        stop.store(true, Ordering::Release);
    });
    assert!(logins.load(Ordering::Relaxed) > 50, "only {} logins", logins.load(Ordering::Relaxed));
    let salt = |generation: u32| google.document(&format!("wp-acme-g{generation}")).unwrap()["salts"].clone();
    assert_eq!(salt(1), salt(4), "a new password logged everybody out");
    assert!(session(&maria, "wp-acme", &google.password("wp-acme-g1"), None).is_err());
}

#[test]
fn both_logins_of_a_rotation_work_until_the_earlier_one_is_said_to_have_ended() {
    let (maria, google) = (Maria::start(), Google::start());
    let mut turn = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1)]));
    assert!(provision(&turn).result.is_ok());
    turn.desired = desired(&maria, vec![site("wp-acme", 2)]);
    assert!(provision(&turn).result.is_ok());
    let login = |user: &str, generation: u32| {
        session(&maria, user, &google.password(&format!("wp-acme-g{generation}")), Some("wp-acme"))
    };
    let (mut old, mut new) = (login("wp-acme", 1).unwrap(), login("wp-acme_b", 2).unwrap());
    assert_eq!(provision(&turn).result.unwrap().statements, 0, "nothing ends by itself");
    assert!(old.execute("CREATE TABLE t (x INT)").is_ok() && new.execute("INSERT INTO t VALUES (1)").is_ok());

    turn.desired = desired(&maria, vec![User { previous: None, ..site("wp-acme", 2) }]);
    let ended = provision(&turn);
    assert!(ended.result.is_ok(), "{}", problems(&ended));
    assert!(old.execute("SELECT 1").is_err(), "a session outlived its login");
    assert!(login("wp-acme", 1).is_err() && new.execute("SELECT * FROM t").is_ok() && login("wp-acme_b", 2).is_ok());
    assert_eq!(provision(&turn).result.unwrap().statements, 0);

    // The next rotation takes the free name again, and keeps the login that is in use.
    turn.desired = desired(&maria, vec![site("wp-acme", 3)]);
    assert!(provision(&turn).result.is_ok());
    assert!(login("wp-acme_b", 2).is_ok() && login("wp-acme", 3).is_ok());
}

#[test]
fn whoever_refuses_the_run_fails_closed_and_says_why() {
    let (maria, google) = (Maria::start(), Google::start());
    let good = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    let said = |options: &Options| {
        let outcome = provision(options);
        assert!(outcome.result.is_err() && outcome.steps <= 1, "{}", outcome.text);
        problems(&outcome)
    };
    let mut boss = root(&maria);
    let users = "SELECT COUNT(*) FROM mysql.global_priv WHERE User LIKE 'wp%'";

    let wrong = Identity::Password(SecretString::from("wrong"));
    assert!(said(&Options { identity: wrong, ..good.clone() }).starts_with("AIP0632 "));
    let mut other = good.clone();
    other.address.authority = Maria::with(Certificate::Valid).authority.clone();
    assert!(said(&other).starts_with("AIP0631 the certificate of the database server"));
    let mut mysql = good.clone();
    mysql.desired.dialect = aipress_core::emit::database::Dialect::Mysql80;
    assert!(said(&mysql).starts_with("AIP0633 the server is `10."), "{}", said(&mysql));

    for (mood, words) in [
        (Mood::Status(403), "`roles/secretmanager.secretAccessor` on the secret `wp-acme-g1`"),
        (Mood::Status(429), "status 429"),
        (Mood::Status(500), "status 500"),
        (Mood::Hang, "no answer in time"),
    ] {
        google.mood(mood);
        let text = said(&good);
        assert!(text.contains("AIP0635") && text.contains(words), "{mood:?}: {text}");
        assert_eq!(count(&mut boss, users), 0, "{mood:?}: a user without a secret");
    }
    google.mood(Mood::Good);
    google.remove("wp-choir-g1");
    assert!(problems(&provision(&good)).contains("the secret `wp-choir-g1` cannot be stored: it does not exist"));
    assert_eq!(count(&mut boss, users), 0);

    // What passes by itself is waited for, and what a timed-out call has stored is found.
    google.mood(Mood::Twice(503));
    let one = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1)]));
    let outcome = provision(&one);
    assert!(outcome.result.is_ok() && outcome.text.contains("trying again"), "{}", problems(&outcome));
    google.mood(Mood::StoredAnd500);
    let two = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1), site("wp-depot", 1)]));
    assert!(provision(&two).result.is_ok());
    assert!(session(&maria, "wp-depot", &google.password("wp-depot-g1"), None).is_ok());
}

#[test]
fn an_expired_certificate_is_refused() {
    let (maria, google) = (Maria::with(Certificate::Expired), Google::start());
    let outcome = provision(&options(&maria, &google, desired(&maria, vec![site("wp-acme", 1)])));
    let said = problems(&outcome);
    assert!(said.starts_with("AIP0631 the certificate") && said.contains("expired"), "{said}");
}

#[test]
fn what_was_changed_by_hand_is_mended_or_refused() {
    let (maria, google) = (Maria::start(), Google::start());
    let all = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    let mut dry = all.clone();
    dry.dry_run = true;
    let shown = provision(&dry);
    assert!(shown.result.is_ok() && shown.text.contains("would run CREATE USER 'wp-acme'@'%' IDENTIFIED BY '***'"));
    let mut boss = root(&maria);
    assert_eq!((google.added(), count(&mut boss, "SELECT COUNT(*) FROM mysql.db")), (0, 0));

    assert!(provision(&all).result.is_ok());
    let expected = snapshot(&mut boss);
    for damage in [
        "GRANT SELECT ON *.* TO 'wp-acme'@'%'",
        "GRANT ALL ON `wp-choir`.* TO 'wp-acme'@'%'",
        "GRANT EXECUTE ON `wp-acme`.* TO 'wp-acme'@'%' WITH GRANT OPTION",
        "REVOKE INSERT ON `wp-acme`.* FROM 'wp-acme'@'%'",
        "ALTER USER 'wp-acme'@'%' WITH MAX_USER_CONNECTIONS 0",
        "ALTER USER 'wp-acme'@'%' REQUIRE NONE",
        "ALTER USER 'wp-acme'@'%' IDENTIFIED BY 'something else'",
        "ALTER USER 'wp-acme'@'%' ACCOUNT LOCK",
        "DROP USER 'wp-acme'@'%'",
        "ALTER DATABASE `wp-acme` COLLATE utf8mb4_bin",
    ] {
        boss.execute(damage).unwrap();
        let mended = provision(&all);
        assert!(mended.result.is_ok(), "{damage}: {}", problems(&mended));
        assert_eq!(snapshot(&mut boss), expected, "{damage}");
    }
    boss.execute("CREATE ROLE wide").unwrap();
    boss.execute("GRANT SELECT ON *.* TO wide").unwrap();
    boss.execute("GRANT wide TO 'wp-acme'@'%'").unwrap();
    // Who may not take a role says so and ends there.
    assert!(problems(&provision(&all)).starts_with("AIP0638 the server refuses `REVOKE 'wide' FROM 'wp-acme'@'%'`"));
    boss.execute("GRANT wide TO 'provision'@'%' WITH ADMIN OPTION").unwrap();
    let mended = provision(&all);
    assert!(mended.result.is_ok(), "{}", problems(&mended));
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM mysql.roles_mapping WHERE User = 'wp-acme'"), 0);

    boss.execute("GRANT SELECT ON `wp-%`.* TO PUBLIC").unwrap();
    let public = provision(&all);
    assert!(problems(&public).contains("AIP0640"), "a grant to everybody passes: {}", public.text);
    boss.execute("REVOKE SELECT ON `wp-%`.* FROM PUBLIC").unwrap();

    boss.execute("CREATE USER 'wp-depot'@'%'").unwrap();
    boss.execute("CREATE DATABASE `wp-eagle`").unwrap();
    let users = ["wp-acme", "wp-choir", "wp-depot", "wp-eagle"].map(|name| site(name, 1)).to_vec();
    let foreign = problems(&provision(&options(&maria, &google, desired(&maria, users))));
    assert!(
        foreign.contains("AIP0637 the user `wp-depot` exists") && foreign.contains("the database `wp-eagle` exists")
    );
}

#[test]
fn two_runs_at_once_wait_for_each_other() {
    let (maria, google) = (Maria::start(), Google::start());
    let mut all = options(&maria, &google, desired(&maria, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    thread::scope(|scope| {
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| provision(&all))).collect();
        for run in runs {
            let outcome = run.join().unwrap();
            assert!(outcome.result.is_ok(), "{}", problems(&outcome));
        }
    });
    assert_eq!(google.added(), 3);
    let mut other = root(&maria);
    assert_eq!(other.rows::<i64>("SELECT GET_LOCK('aipress_provision', 0)").unwrap(), [1]);
    all.lock = Duration::from_secs(1);
    let said = problems(&provision(&all));
    assert!(said.starts_with("AIP0634 ") && said.contains("of `boss` from 127.0.0.1"), "{said}");
}

#[test]
fn the_job_reads_a_bucket_and_logs_in_with_a_token() {
    let (maria, google) = (Maria::start(), Google::start());
    let wanted = desired(&maria, vec![site("wp-acme", 1)]);
    google.object(&emit(&wanted).unwrap().content);
    let mut all = options(&maria, &google, wanted);
    let mut http = Http::new(all.endpoints.clone(), all.patience);
    all.desired = source::read("gs://bucket/a folder/desired.json", &mut http, &mut |_| ()).unwrap();
    all.identity = Identity::Iam;
    assert!(problems(&provision(&all)).starts_with("AIP0632 "));
    root(&maria).execute("ALTER USER 'provision'@'%' IDENTIFIED BY 'test-token'").unwrap();
    let outcome = provision(&all);
    assert!(outcome.result.is_ok() && !outcome.text.contains("test-token"), "{}", problems(&outcome));
    all.endpoints.metadata = "http://127.0.0.1:1".to_owned();
    assert!(problems(&provision(&all)).contains("the metadata server gives no token"));
}
