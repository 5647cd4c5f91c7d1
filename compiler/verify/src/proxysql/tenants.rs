//! Part 5: who gets in, and who does not.

use super::node::{Node, Servers};
use super::report::{Report, ensure};

/// Tries the users.
pub fn check(node: &Node, servers: Option<&Servers>, report: &mut Report) {
    let active: Vec<&str> = node.users.iter().filter(|user| user.active).map(|user| user.name.as_str()).collect();
    report.check(5, format!("{} users log in and are in their own database", active.len()), logins(node, &active));
    report.check(
        5,
        "a wrong password, none, and a user that is not there are refused with 1045",
        refused(node, &active),
    );
    report.check(5, "one connection more than a user's limit is refused with 1226", limit(node));
    match servers {
        Some(_) => {
            report.check(5, "every user reads its own table", own(node, &active));
            report.check(5, "no user reads its neighbour's table or enters its database", apart(node, &active));
        }
        None => {
            report
                .unseen(5, "reads of the own table, denied reads of a neighbour's: they need servers behind the pool");
        }
    }
}

fn logins(node: &Node, users: &[&str]) -> Result<(), String> {
    ensure(!users.is_empty(), || "there is no user".to_owned())?;
    for user in users {
        let mut link = node.enter(user, node.ports[1]).map_err(|error| format!("`{user}`: {error}"))?;
        let rows = link.rows("SELECT DATABASE()").map_err(|error| format!("`{user}`: {}", error.words()))?;
        let schema = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        let own = node.users.iter().find(|one| one.name == *user).map(|one| one.schema.as_str());
        ensure(own == Some(schema.as_str()), || format!("`{user}` is in `{schema}`"))?;
    }
    Ok(())
}

fn refused(node: &Node, users: &[&str]) -> Result<(), String> {
    for user in users.iter().take(5).chain(&["nobody-at-all", "admin", "pool-monitor-x"]) {
        for password in ["", "a-wrong-password-of-forty-letters-and-more"] {
            let error = node.login(node.ports[1], user, password, None).err();
            let is_denied = error.as_deref().is_some_and(|error| error.contains("1045"));
            ensure(is_denied, || format!("`{user}`: {}", error.unwrap_or_else(|| "it got in".to_owned())))?;
        }
    }
    Ok(())
}

fn limit(node: &Node) -> Result<(), String> {
    let user = node.users.iter().filter(|user| user.active).min_by_key(|user| user.max_connections);
    let user = user.ok_or("there is no user")?;
    let enter = || node.enter(&user.name, node.ports[1]);
    let held: Vec<_> = (0..user.max_connections).map(|_| enter()).collect::<Result<_, _>>()?;
    let error = enter().err().unwrap_or_else(|| "it got in".to_owned());
    drop(held);
    ensure(error.contains("1226"), || format!("`{}` with {}: {error}", user.name, user.max_connections))
}

fn own(node: &Node, users: &[&str]) -> Result<(), String> {
    for user in users {
        let mut link = node.enter(user, node.ports[1])?;
        let rows = link.rows("SELECT owner FROM probe").map_err(|error| format!("`{user}`: {}", error.words()))?;
        let owner = rows.into_iter().flatten().flatten().next().unwrap_or_default();
        ensure(owner == *user, || format!("`{user}` reads the row of `{owner}`"))?;
    }
    Ok(())
}

fn apart(node: &Node, users: &[&str]) -> Result<(), String> {
    let schema = |name: &str| node.users.iter().find(|user| user.name == name).map(|user| user.schema.clone());
    for (user, other) in users.iter().zip(users.iter().cycle().skip(1)) {
        let database = schema(other).unwrap_or_default();
        let mut link = node.enter(user, node.ports[1])?;
        let read = link.rows(&format!("SELECT * FROM `{database}`.probe")).err().map(|error| error.words());
        let is_denied = read.as_deref().is_some_and(|error| error.contains("1142") || error.contains("1044"));
        ensure(is_denied, || format!("`{user}` reads `{database}`: {}", read.unwrap_or_default()))?;
        let password = node.passwords.get(*user).map_or("", String::as_str);
        // The pool logs in at the server when the first query comes, so it is the query that is refused.
        let entered = node.login(node.ports[1], user, password, Some(&database));
        let error = entered.and_then(|mut link| link.run("SELECT 1").map_err(|error| error.words())).err();
        let is_denied = error.as_deref().is_some_and(|error| error.contains("1044") || error.contains("1045"));
        ensure(is_denied, || format!("`{user}` enters `{database}`: {}", error.unwrap_or_default()))?;
    }
    Ok(())
}
