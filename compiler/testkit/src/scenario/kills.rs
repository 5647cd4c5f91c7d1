//! Runs that end before their end.

use aipress_core::emit::database::Desired;
use aipress_provision::session::Session;

use super::{desired, options, problems, provision, provision_until, root, snapshot};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

fn reset(boss: &mut Session, google: &Google) {
    let users: Vec<String> =
        boss.rows("SELECT User FROM mysql.user WHERE User LIKE 'wp%' OR User = 'pool-monitor'").unwrap();
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
fn killed_at_every_step(server: &Server, google: &Google, before: &[Desired], after: &Desired) -> usize {
    let mut boss = root(server);
    let with = |desired: &Desired| options(server, google, desired.clone());
    let prepare = |boss: &mut Session| {
        reset(boss, google);
        for desired in before {
            assert!(provision(&with(desired)).result.is_ok());
        }
    };
    prepare(&mut boss);
    let whole = provision(&with(after));
    assert!(whole.result.is_ok(), "{}", problems(&whole));
    let expected = snapshot(&mut boss, &server.flavour);
    for last in 0..whole.steps {
        prepare(&mut boss);
        let killed = provision_until(&with(after), last);
        assert!(problems(&killed).starts_with("AIP0641"), "step {last}: {}", problems(&killed));
        let next = provision(&with(after));
        assert!(next.result.is_ok(), "after a kill at step {last}: {}", problems(&next));
        assert_eq!(snapshot(&mut boss, &server.flavour), expected, "after a kill at step {last}: {}", killed.text);
    }
    whole.steps
}

/// A run killed at any step is finished by the next.
pub fn a_run_killed_at_any_step_is_finished_by_the_next(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let both = desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]);
    let steps = killed_at_every_step(&server, &google, &[], &both);
    // Ledger 3; per database 2; per account a secret, claim, user, grant, record; the role's claim, itself, 2 grants, record.
    assert_eq!(steps, 3 + 2 * 2 + 3 * 5 + 5);

    // A rotation with a removal, and the end of another rotation: the first name comes back with a third password.
    let turned = desired(&server, vec![site("wp-acme", 2)]);
    assert_eq!(killed_at_every_step(&server, &google, std::slice::from_ref(&both), &turned), 5 + 2 + 1);
    let again = desired(&server, vec![site("wp-acme", 3)]);
    assert_eq!(killed_at_every_step(&server, &google, &[both, turned], &again), 3);
}
