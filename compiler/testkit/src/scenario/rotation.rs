//! New passwords beside old ones.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use aipress_core::emit::database::User;

use super::{desired, options, problems, provision, session};
use crate::database::{Flavour, Server};
use crate::desired::site;
use crate::google::Google;

/// A rotation under load fails no login.
pub fn a_rotation_under_load_fails_no_login(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut single = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]));
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
                    let mut own = session(&server, user, &password, Some("wp-acme")).unwrap();
                    own.execute("SELECT 1").unwrap();
                    own.close();
                    logins.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for generation in 2..=4 {
            single.desired = desired(&server, vec![site("wp-acme", generation), site("wp-choir", 1)]);
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
    assert!(session(&server, "wp-acme", &google.password("wp-acme-g1"), None).is_err());
}

/// Both logins of a rotation work until the earlier one is said to have ended.
pub fn both_logins_of_a_rotation_work_until_the_earlier_one_is_said_to_have_ended(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut turn = options(&server, &google, desired(&server, vec![site("wp-acme", 1)]));
    assert!(provision(&turn).result.is_ok());
    turn.desired = desired(&server, vec![site("wp-acme", 2)]);
    assert!(provision(&turn).result.is_ok());
    let login = |user: &str, generation: u32| {
        session(&server, user, &google.password(&format!("wp-acme-g{generation}")), Some("wp-acme"))
    };
    let (mut old, mut new) = (login("wp-acme", 1).unwrap(), login("wp-acme_b", 2).unwrap());
    assert_eq!(provision(&turn).result.unwrap().statements, 0, "nothing ends by itself");
    assert!(old.execute("CREATE TABLE t (x INT)").is_ok() && new.execute("INSERT INTO t VALUES (1)").is_ok());

    turn.desired = desired(&server, vec![User { previous: None, ..site("wp-acme", 2) }]);
    let ended = provision(&turn);
    assert!(ended.result.is_ok(), "{}", problems(&ended));
    assert!(old.execute("SELECT 1").is_err(), "a session outlived its login");
    assert!(login("wp-acme", 1).is_err() && new.execute("SELECT * FROM t").is_ok() && login("wp-acme_b", 2).is_ok());
    assert_eq!(provision(&turn).result.unwrap().statements, 0);

    // The next rotation takes the free name again, and keeps the login that is in use.
    turn.desired = desired(&server, vec![site("wp-acme", 3)]);
    assert!(provision(&turn).result.is_ok());
    assert!(login("wp-acme_b", 2).is_ok() && login("wp-acme", 3).is_ok());
}
