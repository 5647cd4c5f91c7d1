//! Part 5: who gets in, and who does not.

use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use aipress_core::emit::proxysql::PoolUser;

use super::node::Node;
use super::report::{Report, ensure};

/// Tries the users.
pub fn check(node: &Node, report: &mut Report) {
    let number = active(node).len();
    report.check(5, format!("{number} users log in and are in their own database"), logins(node));
    report.check(5, "a wrong password, none, and a user that is not there are refused with 1045", refused(node));
    report.check(5, "one connection more than a user's limit is refused with 1226", limit(node));
    report.check(5, "every user reads its own table, on both ports", own(node));
    let pairs = number * number.saturating_sub(1);
    let name = format!("of {pairs} ordered pairs none reads the other's table (1142) or enters its database (1044)");
    report.check(5, name, apart(node));
}

/// The users that may log in.
fn active(node: &Node) -> Vec<&PoolUser> {
    node.users.iter().filter(|user| user.active).collect()
}

/// Every user logs in and is in its own database.
///
/// # Errors
/// One that is not.
pub fn logins(node: &Node) -> Result<(), String> {
    let users = active(node);
    ensure(!users.is_empty(), || "there is no user".to_owned())?;
    for user in users {
        let name = &user.name;
        let mut link = node.enter(name, node.ports[1]).map_err(|error| format!("`{name}`: {error}"))?;
        let rows = link.rows("SELECT DATABASE()").map_err(|error| format!("`{name}`: {}", error.words()))?;
        let schema = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        ensure(schema == user.schema, || format!("`{name}` is in `{schema}`"))?;
    }
    Ok(())
}

/// Nobody gets in with a wrong password or none, on either port.
///
/// # Errors
/// One that does, or is refused for another reason.
pub fn refused(node: &Node) -> Result<(), String> {
    let names = active(node).into_iter().map(|user| user.name.as_str());
    for user in names.chain(["nobody-at-all", "admin", "stats", "root", "pool-monitor-x"]) {
        for (password, port) in [("", 1), ("a-wrong-password-of-forty-letters-and-more", 1), ("", 2)] {
            let error = node.login(node.ports[port], user, password, None).err();
            let is_denied = error.as_deref().is_some_and(|error| error.contains("1045"));
            ensure(is_denied, || format!("`{user}`: {}", error.unwrap_or_else(|| "it got in".to_owned())))?;
        }
    }
    Ok(())
}

/// The user with the lowest limit gets exactly so many connections, and one again when one has left.
///
/// # Errors
/// It gets more or fewer.
pub fn limit(node: &Node) -> Result<(), String> {
    let user = active(node).into_iter().min_by_key(|user| user.max_connections).ok_or("there is no user")?;
    let enter = || node.enter(&user.name, node.ports[1]);
    quiet(node, &user.name)?;
    let mut held: Vec<_> = (0..user.max_connections).map(|_| enter()).collect::<Result<_, _>>()?;
    let error = enter().err().unwrap_or_else(|| "it got in".to_owned());
    ensure(error.contains("1226"), || format!("`{}` with {}: {error}", user.name, user.max_connections))?;
    drop(held.pop());
    let deadline = Instant::now() + Duration::from_secs(5);
    while let Err(error) = enter() {
        ensure(Instant::now() < deadline, || format!("after one has left: {error}"))?;
        sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Waits until the sessions of earlier checks are noticed to have ended.
fn quiet(node: &Node, user: &str) -> Result<(), String> {
    let sql = "SELECT user FROM stats_mysql_processlist";
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let rows = node.admin()?.rows(sql).map_err(|error| error.words())?;
        if rows.into_iter().flatten().flatten().all(|name| name != user) {
            return Ok(());
        }
        ensure(Instant::now() < deadline, || format!("`{user}` has sessions that do not end"))?;
        sleep(Duration::from_millis(50));
    }
}

/// Every user finds the row that was made for it.
///
/// # Errors
/// One that finds another or none.
pub fn own(node: &Node) -> Result<(), String> {
    for user in active(node) {
        let name = &user.name;
        for port in &node.ports[1..] {
            let mut link = node.enter(name, *port)?;
            let rows = link.rows("SELECT owner FROM probe").map_err(|error| format!("`{name}`: {}", error.words()))?;
            let owner = rows.into_iter().flatten().flatten().next().unwrap_or_default();
            ensure(owner == *name, || format!("`{name}` reads the row of `{owner}`"))?;
        }
    }
    Ok(())
}

/// Every user is denied every other one's database.
///
/// # Errors
/// A user that is not, or is for another reason.
pub fn apart(node: &Node) -> Result<(), String> {
    let users = active(node);
    let half = users.len().div_ceil(2);
    thread::scope(|scope| {
        let all = &users;
        let parts: Vec<_> = users
            .chunks(half.max(1))
            .map(|part| scope.spawn(move || part.iter().try_for_each(|user| denied(node, user, all))))
            .collect();
        parts.into_iter().try_for_each(|part| part.join().unwrap_or_else(|_| Err("a check broke off".to_owned())))
    })
}

fn denied(node: &Node, user: &PoolUser, all: &[&PoolUser]) -> Result<(), String> {
    let name = &user.name;
    let password = node.passwords.get(name).map_or("", String::as_str);
    let mut links = [node.enter(name, node.ports[1])?, node.enter(name, node.ports[2])?];
    for other in all.iter().filter(|other| other.schema != user.schema) {
        let database = &other.schema;
        for link in &mut links {
            let read = link.rows(&format!("SELECT owner FROM `{database}`.probe")).err().map(|error| error.words());
            let is_denied = read.as_deref().is_some_and(|error| error.contains("1142"));
            let words = || format!("`{name}` reads `{database}`: {}", read.unwrap_or_else(|| "it may".to_owned()));
            ensure(is_denied, words)?;
        }
        // The pool logs in at the server when the first query comes, so it is the query that is refused.
        let entered = node.login(node.ports[1], name, password, Some(database));
        let error = entered.and_then(|mut link| link.run("SELECT 1").map_err(|error| error.words())).err();
        let is_denied = error.as_deref().is_some_and(|error| error.contains("1044"));
        let words = || format!("`{name}` enters `{database}`: {}", error.unwrap_or_else(|| "it may".to_owned()));
        ensure(is_denied, words)?;
    }
    Ok(())
}
