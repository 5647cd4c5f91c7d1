//! Who refuses a run, and what it says then.

use aipress_core::emit::database::Dialect;
use aipress_provision::run::{Identity, Options};
use secrecy::SecretString;

use super::{count, desired, options, problems, provision, root, session};
use crate::database::{Certificate, Flavour, Server};
use crate::desired::site;
use crate::google::{Google, Mood};

/// Whoever refuses the run fails closed and says why.
pub fn whoever_refuses_the_run_fails_closed_and_says_why(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let good = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-choir", 1)]));
    let said = |options: &Options| {
        let outcome = provision(options);
        assert!(outcome.result.is_err() && outcome.steps <= 1, "{}", outcome.text);
        problems(&outcome)
    };
    let mut boss = root(&server);
    let users = "SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'wp%'";

    let wrong = Identity::Password(SecretString::from("wrong"));
    assert!(said(&Options { identity: wrong, ..good.clone() }).starts_with("AIP0632 "));
    let mut other = good.clone();
    other.address.authority = Server::of(flavour).authority.clone();
    assert!(said(&other).starts_with("AIP0631 the certificate of the database server"));
    for dialect in [Dialect::Mysql80, Dialect::Mysql84, Dialect::Mariadb] {
        let mut another = good.clone();
        another.desired.dialect = dialect;
        if dialect != flavour.dialect() {
            assert!(said(&another).starts_with("AIP0633 the server is `"), "{}", said(&another));
        }
    }

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
    let one = options(&server, &google, desired(&server, vec![site("wp-acme", 1)]));
    let outcome = provision(&one);
    assert!(outcome.result.is_ok() && outcome.text.contains("trying again"), "{}", problems(&outcome));
    google.mood(Mood::StoredAnd500);
    let two = options(&server, &google, desired(&server, vec![site("wp-acme", 1), site("wp-depot", 1)]));
    assert!(provision(&two).result.is_ok());
    assert!(session(&server, "wp-depot", &google.password("wp-depot-g1"), None).is_ok());
}

/// An expired certificate is refused.
pub fn an_expired_certificate_is_refused(flavour: &Flavour) {
    let (server, google) = (Server::begin(flavour, Certificate::Expired, &[]), Google::start());
    let outcome = provision(&options(&server, &google, desired(&server, vec![site("wp-acme", 1)])));
    let said = problems(&outcome);
    assert!(said.starts_with("AIP0631 the certificate") && said.contains("expired"), "{said}");
}
