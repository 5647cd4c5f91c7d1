//! No site reaches another.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use aipress_core::emit::database::User;
use aipress_provision::session::SqlError;
use aipress_provision::sql::Account;

use super::{count, desired, options, problems, provision, root, session, written};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

/// Fifty sites, among them names that a pattern could take for one another.
fn fifty() -> Vec<User> {
    let tricky = ["wp-a-b", "wp-axb", "wp-a--s", "wp-a", "wp_a_b", "wp-ab", "wp_a"];
    let plain = (tricky.len()..50).map(|number| format!("wp-site-{number}"));
    tricky.iter().map(|name| (*name).to_owned()).chain(plain).map(|name| site(&name, 1)).collect()
}

/// Fifty sites are made once and none reaches another.
pub fn fifty_sites_are_made_once_and_none_reaches_another(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let users = fifty();
    let options = options(&server, &google, desired(&server, users.clone()));
    let first = provision(&options);
    assert!(first.result.is_ok(), "{}", problems(&first));
    assert_eq!(google.added(), 51);

    let mut boss = root(&server);
    let before = written(&mut boss, flavour);
    let second = provision(&options);
    let summary = second.result.clone().unwrap();
    assert_eq!((summary.statements, summary.secrets, second.steps), (0, 0, 0), "{}", second.text);
    assert_eq!(written(&mut boss, flavour), before, "the second run wrote something");
    assert_eq!(google.added(), 51);

    let texts = format!("{}{}", first.text, second.text);
    let leaked = google.values().into_iter().filter(|value| texts.contains(value.as_str())).count();
    assert_eq!(leaked, 0, "secret values in events");

    apart(&server, &google, &users);
}

/// Gives every site a table, and shows that no other one reaches it.
pub(super) fn apart(server: &Server, google: &Google, users: &[User]) {
    for user in users {
        let mut session = session(server, &user.name, &google.password(&user.secret), Some(&user.database)).unwrap();
        session.execute("CREATE TABLE wp_options (secret TEXT)").unwrap();
        session.execute("INSERT INTO wp_options VALUES ('mine')").unwrap();
        session.close();
    }
    let half = users.len() / 2;
    thread::scope(|scope| {
        for part in [&users[..half], &users[half..]] {
            scope.spawn(move || part.iter().for_each(|user| denied_everywhere(server, google, user, users)));
        }
    });
}

/// From one site: every other one's database can be neither entered, read, written nor seen.
fn denied_everywhere(server: &Server, google: &Google, user: &User, users: &[User]) {
    let password = google.password(&user.secret);
    let mut own = session(server, &user.name, &password, Some(&user.database)).unwrap();
    for other in users.iter().filter(|other| other.database != user.database) {
        let name = &other.database;
        let refused = session(server, &user.name, &password, Some(name)).err();
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
    let mut visible: BTreeSet<String> = own.rows::<String>("SHOW DATABASES").unwrap().into_iter().collect();
    // The server's own; a few of its tables are everybody's.
    visible.remove("performance_schema");
    assert_eq!(visible, BTreeSet::from(["information_schema".to_owned(), user.database.clone()]));
    for (table, column) in [("TABLES", "TABLE_SCHEMA"), ("COLUMNS", "TABLE_SCHEMA"), ("SCHEMATA", "SCHEMA_NAME")] {
        let sql = format!("SELECT DISTINCT {column} FROM information_schema.{table}");
        let mut seen: BTreeSet<String> = own.rows::<String>(&sql).unwrap().into_iter().collect();
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

/// On a MySQL with `partial_revokes`, as Cloud SQL has it, `_` and `%` in a grant stand for themselves, and an escape would
/// name another database. MariaDB has no such setting.
pub fn names_stay_names_on_a_server_without_patterns(flavour: &Flavour) {
    if *flavour == Flavour::Maria {
        return;
    }
    let (server, google) = (Server::of(flavour), Google::start());
    let users = ["wp_a_b", "wp-a-b", "wp_axb", "wp_ab"].map(|name| site(name, 1)).to_vec();
    let all = options(&server, &google, desired(&server, users.clone()));
    let mut boss = root(&server);
    // Grants that were made under the one rule are made again under the other.
    for value in ["OFF", "ON", "OFF", "ON"] {
        boss.execute(&format!("SET GLOBAL partial_revokes = {value}")).unwrap();
        let outcome = provision(&all);
        assert!(outcome.result.is_ok(), "{value}: {}", problems(&outcome));
        let role = "SELECT COUNT(*) FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE LIKE '%aip_backup%'";
        assert_eq!(count(&mut boss, role), 4 * users.len() as u64, "{value}");
        let second = provision(&all);
        assert_eq!(second.result.unwrap().statements, 0, "{value}: {}", second.text);
    }
    apart(&server, &google, &users);
    // The superuser does not reach the server's own tables, and passes that on to nobody.
    boss.execute("REVOKE INSERT, UPDATE, DELETE, CREATE, DROP, ALTER ON mysql.* FROM 'provision'@'%'").unwrap();
    let next = users.iter().map(|user| site(&user.database, 2)).collect();
    let turned = provision(&options(&server, &google, desired(&server, next)));
    assert!(turned.result.is_ok(), "{}", problems(&turned));
    let restricted = "SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'wp%' AND User_attributes LIKE '%Restrictions%'";
    assert_eq!(count(&mut boss, restricted), 0);
}

/// The logins work on a replica too, and see there what they see on the primary.
pub fn the_logins_work_on_a_replica_too(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let replica = Server::replica(&server);
    let users = vec![site("wp-acme", 1), site("wp-choir", 1)];
    let done = provision(&options(&server, &google, desired(&server, users)));
    assert!(done.result.is_ok(), "{}", problems(&done));
    let password = google.password("wp-acme-g1");
    let mut own = session(&server, "wp-acme", &password, Some("wp-acme")).unwrap();
    own.execute("CREATE TABLE wp_options (secret TEXT)").unwrap();
    own.execute("INSERT INTO wp_options VALUES ('mine')").unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    let read = || {
        let mut there = session(&replica, "wp-acme", &password, Some("wp-acme")).ok()?;
        there.rows::<String>("SELECT secret FROM wp_options").ok().filter(|rows| !rows.is_empty())
    };
    while read().is_none() {
        assert!(Instant::now() < deadline, "the replica does not follow");
        thread::sleep(Duration::from_millis(100));
    }
    let mut there = session(&replica, "wp-acme", &password, Some("wp-acme")).unwrap();
    assert!(matches!(there.execute("INSERT INTO wp_options VALUES ('x')"), Err(SqlError::Refused(1290 | 1836, _))));
    assert!(session(&replica, "wp-acme", &password, Some("wp-choir")).is_err());
}
