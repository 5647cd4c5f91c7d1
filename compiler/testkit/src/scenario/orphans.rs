//! Databases of environments that went while their tenant stayed.

use aipress_core::emit::database::{Database, Desired, Orphan};
use aipress_provision::session::Session;

use super::{options, problems, provision, provision_until, root};
use crate::database::{Flavour, Server};
use crate::desired::{shard, site};
use crate::google::Google;

const STAGING: &str = "wp-acme--s";
const PREVIEW: &str = "wp-acme--pr7";

/// All three sites.
fn whole(server: &Server) -> Desired {
    let users = ["wp-acme", STAGING, PREVIEW].map(|name| site(name, 1)).to_vec();
    shard(server.flavour.dialect(), server.port, users)
}

/// Production alone, and what the others left.
fn gone(server: &Server) -> Desired {
    let mut desired = shard(server.flavour.dialect(), server.port, vec![site("wp-acme", 1)]);
    let orphan = |database: &str, grace_days| Orphan { database: database.to_owned(), grace_days };
    desired.orphans = vec![orphan(PREVIEW, 0), orphan(STAGING, 30), orphan("wp-never--s", 30)];
    desired
}

fn there(boss: &mut Session) -> Vec<String> {
    boss.rows("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'wp-%' ORDER BY 1").unwrap()
}

fn since(boss: &mut Session) -> Vec<(String, String)> {
    boss.rows("SELECT name, since FROM aipress_provision.leaving ORDER BY 1").unwrap()
}

/// A preview's database goes at once, staging's after its days.
pub fn a_preview_goes_at_once_and_staging_after_its_days(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let run = |desired: Desired, day: &str| {
        let mut options = options(&server, &google, desired);
        options.today = day.parse().unwrap();
        let done = provision(&options);
        assert!(done.result.is_ok(), "{}", problems(&done));
        done
    };
    run(whole(&server), "2026-11-23");
    let mut boss = root(&server);
    let first = run(gone(&server), "2026-11-23");
    assert_eq!(there(&mut boss), ["wp-acme", STAGING]);
    assert!(first.text.contains("the first run from 2026-12-23 on drops it"), "{}", first.text);
    assert_eq!(since(&mut boss), [(STAGING.to_owned(), "2026-11-23".to_owned())]);
    assert_eq!(run(gone(&server), "2026-12-22").result.unwrap().statements, 0, "a day too early");
    assert_eq!(there(&mut boss), ["wp-acme", STAGING]);
    run(gone(&server), "2026-12-23");
    assert_eq!((there(&mut boss), since(&mut boss)), (vec!["wp-acme".to_owned()], Vec::new()));
    assert_eq!(run(gone(&server), "2026-12-24").result.unwrap().statements, 0, "what is gone is no news");
}

/// Staging that comes back in time has its data, and its days begin anew when it goes again.
pub fn staging_that_comes_back_in_time_has_its_data(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let run = |desired: Desired, day: &str| {
        let mut options = options(&server, &google, desired);
        options.today = day.parse().unwrap();
        assert!(provision(&options).result.is_ok());
    };
    run(whole(&server), "2026-11-23");
    let mut boss = root(&server);
    boss.execute(&format!("CREATE TABLE `{STAGING}`.wp_posts (title TEXT)")).unwrap();
    run(gone(&server), "2026-11-23");
    let mut back = gone(&server);
    back.orphans.clear();
    back.users.push(site(STAGING, 1));
    back.databases.push(Database { name: STAGING.to_owned(), ..back.databases[0].clone() });
    run(back, "2026-12-20");
    assert_eq!(since(&mut boss), []);
    assert_eq!(boss.rows::<u64>(&format!("SELECT COUNT(*) FROM `{STAGING}`.wp_posts")).unwrap(), [0]);
    run(gone(&server), "2027-01-10");
    assert_eq!(since(&mut boss), [(STAGING.to_owned(), "2027-01-10".to_owned())]);
    assert_eq!(there(&mut boss), ["wp-acme", STAGING]);
}

/// A run that was cut anywhere is finished by the next one, and nothing that the job did not make is dropped.
pub fn a_run_that_was_cut_is_finished_and_foreign_databases_stay(flavour: &Flavour) {
    let (server, google) = (Server::of(flavour), Google::start());
    let mut boss = root(&server);
    for last in 0.. {
        assert!(provision(&options(&server, &google, whole(&server))).result.is_ok());
        boss.execute("CREATE DATABASE IF NOT EXISTS `wp-never--s`").unwrap();
        let killed = provision_until(&options(&server, &google, gone(&server)), last);
        let is_whole = killed.result.is_ok();
        let next = provision(&options(&server, &google, gone(&server)));
        assert!(next.result.is_ok(), "after a kill at step {last}: {}", problems(&next));
        assert_eq!(there(&mut boss), ["wp-acme", STAGING, "wp-never--s"]);
        let rows: Vec<String> = boss.rows("SELECT name FROM aipress_provision.`databases` ORDER BY 1").unwrap();
        assert_eq!(rows, ["wp-acme", STAGING]);
        if is_whole {
            break;
        }
    }
}
