//! One run at a time on one server: a named lock that the server frees when the connection ends.

use std::time::{Duration, Instant};

use crate::event::Event;
use crate::problem::{LOCKED, Problem, STATEMENT, problem};
use crate::session::Session;

/// The lock's name, which is the server's: a shard's instance has one job.
pub const NAME: &str = "aipress_provision";

/// Seconds of one wait; between two of them it is said who holds the lock.
const SLICE: u64 = 5;

/// Takes the lock, waiting at most `patience`.
///
/// # Errors
/// Another run holds it for longer; its connection is named.
pub fn take(session: &mut Session, patience: Duration, say: &mut dyn FnMut(Event)) -> Result<(), Problem> {
    let start = Instant::now();
    loop {
        let left = patience.saturating_sub(start.elapsed());
        let slice = left.as_secs().min(SLICE);
        let got: Vec<Option<i64>> = session.read("the lock", &format!("SELECT GET_LOCK('{NAME}', {slice})"))?;
        match got.first() {
            Some(Some(1)) => {
                say(Event::Locked { lock: NAME.to_owned() });
                return Ok(());
            }
            Some(Some(_)) => {}
            _ => {
                let title = "the server gives no named lock";
                return Err(problem(STATEMENT, title, "see the server's log; GET_LOCK returned no number."));
            }
        }
        let holder = holder(session)?;
        if start.elapsed() >= patience {
            let seconds = patience.as_secs();
            return Err(problem(
                LOCKED,
                format!("another run holds the lock `{NAME}` for more than {seconds} s: {holder}"),
                "wait until it ends, or end its connection if it hangs; then run the job again.",
            ));
        }
        say(Event::Waiting { holder, seconds: start.elapsed().as_secs() });
    }
}

fn holder(session: &mut Session) -> Result<String, Problem> {
    let sql = format!(
        "SELECT CAST(ID AS CHAR), USER, HOST FROM information_schema.PROCESSLIST WHERE ID = IS_USED_LOCK('{NAME}')"
    );
    let rows: Vec<(String, String, String)> = session.read("who holds the lock", &sql)?;
    Ok(rows.first().map_or_else(
        || "a connection that has just ended".to_owned(),
        |(id, user, host)| format!("connection {id} of `{user}` from {host}"),
    ))
}

/// Frees the lock.
///
/// # Errors
/// The connection is gone, and the lock with it.
pub fn free(session: &mut Session) -> Result<(), Problem> {
    let _: Vec<Option<i64>> = session.read("the lock", &format!("SELECT RELEASE_LOCK('{NAME}')"))?;
    Ok(())
}
