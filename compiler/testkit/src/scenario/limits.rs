//! Limits on connections; sites that are suspended, leave and are purged.

use aipress_core::emit::database::{Backup, Purge, UserState};

use super::{count, desired, options, problems, provision, root, session};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

/// Limits removals suspensions and purges.
pub fn limits_removals_suspensions_and_purges(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut users = vec![site("wp-acme", 1), site("wp-choir", 1), site("wp-depot", 1)];
    users[0].max_user_connections = 2;
    let mut options = options(&server, &google, desired(&server, users.clone()));
    assert!(provision(&options).result.is_ok());
    let login = |name: &str| session(&server, name, &google.password(&format!("{name}-g1")), Some(name));

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
    options.desired = desired(&server, vec![users[0].clone(), users[2].clone()]);
    let left = provision(&options);
    assert!(left.result.is_ok(), "{}", problems(&left));
    assert!(choir.execute("SELECT 1").is_err(), "a session outlived its user");
    assert!(depot.execute("SELECT 1").is_err(), "a session outlived the suspension");
    assert!(login("wp-choir").is_err() && login("wp-depot").is_err() && login("wp-acme").is_ok());
    let mut boss = root(&server);
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM `wp-choir`.t"), 0);
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM mysql.user WHERE User = 'wp-choir'"), 0);

    users[2].state = UserState::Active;
    options.desired = desired(&server, vec![users[0].clone(), users[2].clone()]);
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

/// A server may let every password end after some days; a site's password does not.
pub fn no_sites_password_ends_by_itself(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut boss = root(&server);
    boss.execute("SET GLOBAL default_password_lifetime = 1").unwrap();
    let all = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    assert!(provision(&all).result.is_ok());
    boss.execute("CREATE USER 'wp-plain'@'%' IDENTIFIED BY 'plain-Test-0123456789' REQUIRE SSL").unwrap();
    boss.execute(match flavour {
        Flavour::Maria => {
            "UPDATE mysql.global_priv SET Priv = JSON_SET(Priv, '$.password_last_changed', 1700000000) WHERE User LIKE 'wp%'"
        }
        Flavour::Mysql(_) => "UPDATE mysql.user SET password_last_changed = '2023-11-14' WHERE User LIKE 'wp%'",
    })
    .unwrap();
    boss.execute("FLUSH PRIVILEGES").unwrap();
    let ended = session(&server, "wp-plain", "plain-Test-0123456789", None).err().unwrap();
    assert!(ended.contains("1862") || ended.contains("1820"), "{ended}");
    let mut own = session(&server, "wp-acme", &google.password("wp-acme-g1"), Some("wp-acme")).unwrap();
    own.execute("CREATE TABLE t (x INT)").unwrap();
    assert_eq!(provision(&all).result.unwrap().statements, 0);
}

fn purge(database: &str, day: &str) -> Purge {
    Purge {
        site: database.trim_start_matches("wp-").to_owned(),
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
