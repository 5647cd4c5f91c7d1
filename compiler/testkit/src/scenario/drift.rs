//! What somebody changes by hand.

use aipress_provision::run::Options;

use super::{count, desired, options, problems, provision, provision_with, root, snapshot};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

/// What anybody with rights may do to an account or a database, on every server.
const DAMAGE: [&str; 13] = [
    "GRANT SELECT ON *.* TO 'wp-acme'@'%'",
    "GRANT ALL ON `wp-choir`.* TO 'wp-acme'@'%'",
    "GRANT EXECUTE ON `wp-acme`.* TO 'wp-acme'@'%' WITH GRANT OPTION",
    "GRANT SELECT ON aipress_provision.accounts TO 'wp-acme'@'%'",
    "GRANT UPDATE (generation) ON aipress_provision.accounts TO 'wp-acme'@'%'",
    "REVOKE INSERT ON `wp-acme`.* FROM 'wp-acme'@'%'",
    "ALTER USER 'wp-acme'@'%' WITH MAX_USER_CONNECTIONS 0",
    "ALTER USER 'wp-acme'@'%' REQUIRE NONE",
    "ALTER USER 'wp-acme'@'%' IDENTIFIED BY 'something else'",
    "ALTER USER 'wp-acme'@'%' ACCOUNT LOCK",
    "ALTER USER 'wp-acme'@'%' PASSWORD EXPIRE INTERVAL 30 DAY",
    "DROP USER 'wp-acme'@'%'",
    "ALTER DATABASE `wp-acme` COLLATE utf8mb4_bin",
];

/// What MySQL alone knows: rights by name, two passwords at once, passwords that end, other ways to prove oneself.
const MYSQL_DAMAGE: [&str; 5] = [
    "GRANT BACKUP_ADMIN, SYSTEM_VARIABLES_ADMIN ON *.* TO 'wp-acme'@'%'",
    "GRANT ROLE_ADMIN ON *.* TO 'wp-acme'@'%' WITH GRANT OPTION",
    "ALTER USER 'wp-acme'@'%' PASSWORD EXPIRE",
    "ALTER USER 'wp-acme'@'%' IDENTIFIED BY 'a second one' RETAIN CURRENT PASSWORD",
    "ALTER USER 'wp-acme'@'%' IDENTIFIED WITH sha256_password BY 'something else'",
];

/// MariaDB lets an account prove itself in one of two ways.
const MARIA_DAMAGE: [&str; 1] =
    ["ALTER USER 'wp-acme'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('a second one') OR unix_socket"];

/// What was changed by hand is mended or refused.
pub fn what_was_changed_by_hand_is_mended_or_refused(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let all = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    let mut boss = root(&server);
    let none = count(&mut boss, "SELECT COUNT(*) FROM mysql.db");
    let mut dry = all.clone();
    dry.dry_run = true;
    let shown = provision(&dry);
    assert!(shown.result.is_ok() && shown.text.contains("would run CREATE USER 'wp-acme'@'%' IDENTIFIED "));
    assert!(shown.text.contains("BY '***'"), "{}", shown.text);
    assert_eq!((google.added(), count(&mut boss, "SELECT COUNT(*) FROM mysql.db")), (0, none));

    assert!(provision(&all).result.is_ok());
    let expected = snapshot(&mut boss, flavour);
    let more: &[&str] = if *flavour == Flavour::Maria { &MARIA_DAMAGE } else { &MYSQL_DAMAGE };
    for damage in DAMAGE.iter().chain(more) {
        boss.execute(damage).unwrap_or_else(|error| panic!("{damage}: {}", error.words()));
        let mended = provision(&all);
        assert!(mended.result.is_ok(), "{damage}: {}", problems(&mended));
        assert_eq!(snapshot(&mut boss, flavour), expected, "{damage}");
        assert_eq!(provision(&all).result.unwrap().statements, 0, "{damage}");
    }
    if *flavour != Flavour::Maria {
        system_user(&server, &all);
    }
    roles(&server, &all);
    everybody(&server, &all);

    boss.execute("CREATE USER 'wp-depot'@'%'").unwrap();
    boss.execute("CREATE DATABASE `wp-eagle`").unwrap();
    let users = ["wp-acme", "wp-choir", "wp-depot", "wp-eagle"].map(|name| site(name, 1)).to_vec();
    let foreign = problems(&provision(&options(&server, &google, desired(&server, users))));
    assert!(
        foreign.contains("AIP0637 the user `wp-depot` exists") && foreign.contains("the database `wp-eagle` exists")
    );
}

/// Whom MySQL protects from everybody without the same right, the job cannot mend: it says so and fails.
fn system_user(server: &Server, all: &Options) {
    let mut boss = root(server);
    boss.execute("GRANT ALL PRIVILEGES ON *.* TO 'wp-choir'@'%' WITH GRANT OPTION").unwrap();
    let said = problems(&provision(all));
    let title = "AIP0638 the server refuses `REVOKE ALL PRIVILEGES, GRANT OPTION FROM 'wp-choir'@'%'`: ";
    assert!(said.starts_with(title) && said.contains("SYSTEM_USER privilege"), "{said}");
    assert!(said.contains("give the job's user the right that is missing"), "{said}");
    boss.execute("GRANT SYSTEM_USER ON *.* TO 'provision'@'%'").unwrap();
    let mended = provision(all);
    assert!(mended.result.is_ok(), "{}", problems(&mended));
}

/// A role is taken by who may take it; who may not says so and ends there.
fn roles(server: &Server, all: &Options) {
    let mut boss = root(server);
    boss.execute("CREATE ROLE wide").unwrap();
    boss.execute("GRANT SELECT ON *.* TO wide").unwrap();
    boss.execute("GRANT wide TO 'wp-acme'@'%'").unwrap();
    let said = problems(&provision(all));
    assert!(said.starts_with("AIP0638 the server refuses `REVOKE 'wide'") && said.contains("FROM 'wp-acme'"), "{said}");
    boss.execute("GRANT wide TO 'provision'@'%' WITH ADMIN OPTION").unwrap();
    let mended = provision(all);
    assert!(mended.result.is_ok(), "{}", problems(&mended));
    let left = match server.flavour {
        Flavour::Maria => "SELECT COUNT(*) FROM mysql.roles_mapping WHERE User = 'wp-acme'",
        Flavour::Mysql(_) => "SELECT COUNT(*) FROM mysql.role_edges WHERE TO_USER = 'wp-acme'",
    };
    assert_eq!(count(&mut boss, left), 0);
}

/// What holds for everybody: grants to `PUBLIC` or to nobody's name, and roles that every account has.
fn everybody(server: &Server, all: &Options) {
    let mut boss = root(server);
    let ways: &[[&str; 3]] = match server.flavour {
        Flavour::Maria => {
            &[["SELECT 1", "GRANT SELECT ON `wp-%`.* TO PUBLIC", "REVOKE SELECT ON `wp-%`.* FROM PUBLIC"]]
        }
        Flavour::Mysql(_) => &[
            ["CREATE USER ''@'%'", "GRANT SELECT ON `wp-%`.* TO ''@'%'", "DROP USER ''@'%'"],
            ["CREATE ROLE all_of_us", "SET GLOBAL mandatory_roles = 'all_of_us'", "SET GLOBAL mandatory_roles = ''"],
        ],
    };
    for [before, damage, after] in ways {
        boss.execute(before).unwrap();
        boss.execute(damage).unwrap();
        let found = provision(all);
        assert!(problems(&found).contains("AIP0640"), "{damage}: passes: {}", found.text);
        boss.execute(after).unwrap();
        let mended = provision(all);
        assert!(mended.result.is_ok(), "{after}: {}", problems(&mended));
    }
}

/// A right that somebody gives during the run, after the job has looked, is found at its end.
pub fn a_right_that_somebody_gives_during_the_run_is_found_at_its_end(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut all = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    assert!(provision(&all).result.is_ok());
    let mut boss = root(&server);
    boss.execute("CREATE ROLE superuser").unwrap();
    boss.execute("GRANT ALL PRIVILEGES ON *.* TO superuser WITH GRANT OPTION").unwrap();
    boss.execute("GRANT superuser TO 'provision'@'%' WITH ADMIN OPTION").unwrap();
    let dynamic = "GRANT ROLE_ADMIN ON *.* TO 'wp-acme'@'%'";
    let maria = "GRANT BINLOG ADMIN ON *.* TO 'wp-acme'@'%'";
    for (turn, damage) in [
        "GRANT superuser TO 'wp-acme'@'%'",
        if *flavour == Flavour::Maria { maria } else { dynamic },
        "GRANT PROCESS ON *.* TO 'wp-acme'@'%'",
        "GRANT SELECT ON `wp-choir`.* TO 'wp-acme'@'%'",
        "GRANT CREATE VIEW ON `wp-acme`.* TO 'wp-acme'@'%'",
        "ALTER USER 'wp-acme'@'%' REQUIRE NONE",
    ]
    .into_iter()
    .enumerate()
    {
        // Something to do, so that there is a moment between the look and the end.
        all.desired.users[1].max_user_connections = 30 + u32::try_from(turn).unwrap();
        let found = provision_with(&all, &mut |step| {
            if step == 0 {
                boss.execute(damage).unwrap_or_else(|error| panic!("{damage}: {}", error.words()));
            }
            true
        });
        let said = problems(&found);
        assert!(said.starts_with("AIP0640 the server is still not as desired: "), "{damage}: {said}{}", found.text);
        let mended = provision(&all);
        assert!(mended.result.is_ok(), "{damage}: {}", problems(&mended));
    }
}
