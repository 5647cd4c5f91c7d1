//! The role of those who dump.

use aipress_core::emit::database::Dialect;
use aipress_provision::session::SqlError;

use super::{count, desired, options, provision, root, session};
use crate::database::{ADMIN_PASSWORD, Flavour, Server};
use crate::desired::site;
use crate::google::Google;

/// Who has the backup role can dump every site and do nothing else.
pub fn who_has_the_backup_role_can_dump_every_site_and_do_nothing_else(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let users = vec![site("wp-a_b", 1), site("wp-choir", 1)];
    let mut options = options(&server, &google, desired(&server, users.clone()));
    let first = provision(&options);
    assert!(first.result.is_ok());
    let mut boss = root(&server);
    // MySQL 8.0 lets a role enter no database with an escape in its grant: the job warns, and Cloud SQL's setting helps.
    let is_hidden = flavour.dialect() == Dialect::Mysql80;
    assert_eq!(first.text.contains("cannot dump the database `wp-a_b`"), is_hidden, "{}", first.text);
    if is_hidden {
        boss.execute("SET GLOBAL partial_revokes = ON").unwrap();
        let again = provision(&options);
        assert!(again.result.is_ok() && !again.text.contains("cannot dump"), "{}", again.text);
    }
    for user in &users {
        let password = google.password(&user.secret);
        let mut own = session(&server, &user.name, &password, Some(&user.database)).unwrap();
        own.execute("CREATE TABLE wp_posts (title TEXT)").unwrap();
        own.execute("INSERT INTO wp_posts VALUES ('kept')").unwrap();
        boss.execute(&format!("CREATE VIEW `{0}`.titles AS SELECT * FROM `{0}`.wp_posts", user.database)).unwrap();
    }
    // As Cloud SQL makes the user of the job's identity.
    let password = "dump-Test-0123456789";
    boss.execute(&format!("CREATE USER 'backup'@'%' IDENTIFIED BY '{password}' REQUIRE SSL")).unwrap();
    // On MariaDB who made a role may give it; on MySQL that is a right of its own, which the job needs not.
    let (mut giver, verb) = match flavour {
        Flavour::Maria => (session(&server, "provision", ADMIN_PASSWORD, None).unwrap(), "FOR"),
        Flavour::Mysql(_) => (root(&server), "TO"),
    };
    giver.execute("GRANT 'aip_backup' TO 'backup'@'%'").unwrap();
    giver.execute(&format!("SET DEFAULT ROLE 'aip_backup' {verb} 'backup'@'%'")).unwrap();
    boss.execute("CREATE DATABASE `wp-axb`").unwrap();
    for user in &users {
        let dump = server.dump("backup", password, &user.database);
        let (text, errors) = (String::from_utf8_lossy(&dump.stdout), String::from_utf8_lossy(&dump.stderr));
        assert!(dump.status.success() && text.contains("('kept')") && text.contains("titles"), "{errors}");
    }
    let mut backup = session(&server, "backup", password, None).unwrap();
    for statement in [
        "INSERT INTO `wp-a_b`.wp_posts VALUES ('x')",
        "LOCK TABLES `wp-a_b`.wp_posts READ",
        "SELECT * FROM mysql.db",
        "SELECT * FROM aipress_provision.accounts",
        "USE `wp-axb`",
        "CREATE TABLE `wp-choir`.mine (x INT)",
    ] {
        let result = backup.execute(statement);
        assert!(matches!(result, Err(SqlError::Refused(1044 | 1142, _))), "{statement}: {result:?}");
    }

    // Too much is taken, of a site that is gone too, and a role that nobody desires goes with what it gave.
    boss.execute("GRANT INSERT ON `wp-choir`.* TO 'aip_backup'").unwrap();
    options.desired = desired(&server, vec![users[0].clone()]);
    assert!(provision(&options).result.is_ok());
    assert!(!server.dump("backup", password, "wp-choir").status.success());
    assert!(server.dump("backup", password, "wp-a_b").status.success());
    assert_eq!(provision(&options).result.unwrap().statements, 0);
    options.desired.backup_role = None;
    assert!(provision(&options).result.is_ok());
    assert!(!server.dump("backup", password, "wp-a_b").status.success());
    assert_eq!(count(&mut boss, "SELECT COUNT(*) FROM aipress_provision.accounts WHERE purpose = 'backup'"), 0);
}
