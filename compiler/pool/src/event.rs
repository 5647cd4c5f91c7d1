//! What the agent tells while it goes on: one JSON object a line. No event holds a secret value.

use std::fmt;

use serde::Serialize;

/// One thing that happened. `severity` of its line is the word that Cloud Logging sorts by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// The agent answers health checks.
    Listening {
        /// Where.
        address: String,
    },
    /// A file of the node was written.
    Wrote {
        /// Which.
        file: String,
    },
    /// A new `pool.json` is in force.
    Intent {
        /// The generation of the object; none for a file.
        #[serde(skip_serializing_if = "Option::is_none")]
        generation: Option<String>,
        /// Users in it.
        users: usize,
    },
    /// A call failed and is tried again.
    Retry {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// The users at runtime were changed.
    Applied {
        /// Users whose rows were written.
        set: usize,
        /// Users that were removed.
        removed: usize,
        /// Users at runtime now.
        users: usize,
    },
    /// Sessions of a user that may not log in were cut.
    Cut {
        /// Whose.
        user: String,
        /// How many.
        sessions: usize,
    },
    /// What runs is not what was intended.
    Drift {
        /// The table.
        table: String,
        /// What differs, without secrets.
        what: String,
        /// Whether it was set right again.
        repaired: bool,
    },
    /// Something is wrong; told once until it changes.
    Problem {
        /// The code: `aipress explain CODE` says more.
        code: String,
        /// What.
        title: String,
        /// The way out.
        help: String,
    },
    /// What was wrong is no more.
    Recovered {
        /// The code.
        code: String,
        /// What it was.
        title: String,
    },
    /// The node may get traffic, or may not any more.
    Ready {
        /// Whether.
        ready: bool,
        /// Why not.
        #[serde(skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// The agent was asked to end.
    Draining {
        /// Sessions that are open.
        sessions: usize,
    },
    /// The end.
    Stopped {
        /// Sessions that were still open.
        sessions: usize,
    },
}

impl Event {
    /// Returns the event as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        aipress_provision::event::line(self.severity(), self)
    }

    fn severity(&self) -> &'static str {
        match self {
            Self::Problem { .. } => "ERROR",
            Self::Retry { .. } | Self::Drift { .. } | Self::Ready { ready: false, .. } => "WARNING",
            Self::Applied { .. } | Self::Cut { .. } | Self::Recovered { .. } | Self::Ready { .. } => "NOTICE",
            Self::Listening { .. }
            | Self::Wrote { .. }
            | Self::Intent { .. }
            | Self::Draining { .. }
            | Self::Stopped { .. } => "INFO",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listening { address } => write!(f, "answering health checks on {address}"),
            Self::Wrote { file } => write!(f, "wrote {file}"),
            Self::Intent { generation: Some(generation), users } => {
                write!(f, "pool.json of generation {generation} with {users} users is in force")
            }
            Self::Intent { generation: None, users } => write!(f, "pool.json with {users} users is in force"),
            Self::Retry { what, reason } => write!(f, "trying again: {what}: {reason}"),
            Self::Applied { set, removed, users } => {
                write!(f, "set {set} users, removed {removed}; {users} users are at runtime")
            }
            Self::Cut { user, sessions } => write!(f, "cut {sessions} sessions of {user}"),
            Self::Drift { table, what, repaired } => {
                let end = if *repaired { "set right" } else { "left as it is" };
                write!(f, "drift in {table}: {what}; {end}")
            }
            Self::Problem { code, title, help } => write!(f, "{code}: {title}; {help}"),
            Self::Recovered { code, title } => write!(f, "over: {code}: {title}"),
            Self::Ready { ready: true, .. } => write!(f, "ready"),
            Self::Ready { ready: false, reason } => write!(f, "not ready: {reason}"),
            Self::Draining { sessions } => write!(f, "draining {sessions} sessions"),
            Self::Stopped { sessions } => write!(f, "stopped with {sessions} sessions open"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_with_its_name_and_severity() {
        let line = Event::Cut { user: "wp-acme".to_owned(), sessions: 2 }.line();
        assert_eq!(line, r#"{"severity":"NOTICE","event":"cut","user":"wp-acme","sessions":2}"#);
    }
}
