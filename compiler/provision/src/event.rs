//! What a run tells while it goes on: one JSON object a line, for logs, and a line in words, for people.
//!
//! No event holds a secret value. `severity` is the word that Cloud Logging sorts by.

use std::fmt;

use serde::Serialize;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// The server answers over TLS.
    Connected {
        /// The shard.
        shard: String,
        /// The server's version.
        version: String,
    },
    /// Another run holds the lock.
    Waiting {
        /// Who.
        holder: String,
        /// For how long it was waited.
        seconds: u64,
    },
    /// The lock is held here.
    Locked {
        /// Its name.
        lock: String,
    },
    /// A secret's first version was stored.
    SecretStored {
        /// The secret.
        secret: String,
    },
    /// A call failed and is tried again.
    Retry {
        /// What.
        what: String,
        /// Why.
        reason: String,
    },
    /// A statement was run, or would be.
    Statement {
        /// Its text, without secrets.
        sql: String,
        /// Whether it was run.
        run: bool,
    },
    /// A session could not be ended.
    SessionLeft {
        /// Whose.
        user: String,
        /// Why.
        reason: String,
    },
    /// A login was tried.
    Login {
        /// Whose.
        user: String,
        /// `accepted`, or `busy` if the server counted it as one too many after it took the password.
        result: &'static str,
    },
    /// Something to look at that does not stop the run.
    Warning {
        /// What.
        text: String,
    },
    /// A database that an order names is gone: said at the end of every run that finds it so, as evidence for whoever plans to
    /// remove the site's document.
    Purged {
        /// The site.
        site: String,
        /// The database.
        database: String,
        /// Who asked.
        requested_by: String,
        /// When, as `YYYY-MM-DD`.
        requested_at: String,
        /// What it can be restored from, as `gs://BUCKET/NAME#GENERATION`.
        backup: String,
        /// The backup's SHA-256.
        sha256: String,
        /// Whether this run dropped it; otherwise an earlier one did.
        now: bool,
    },
    /// All is as desired.
    Verified {
        /// Logins that worked.
        logins: usize,
        /// Users whose grants were compared.
        users: usize,
        /// Reads of a neighbour's database that were refused.
        denied: usize,
    },
    /// The end.
    Done {
        /// Statements that changed the server.
        statements: usize,
        /// Secrets that were stored.
        secrets: usize,
    },
}

/// Writes an event as one line of JSON, with its severity in Cloud Logging's word.
#[must_use]
pub fn line<E: Serialize>(severity: &'static str, event: &E) -> String {
    #[derive(Serialize)]
    struct Line<'a, E> {
        severity: &'static str,
        #[serde(flatten)]
        event: &'a E,
    }
    serde_json::to_string(&Line { severity, event }).unwrap_or_default()
}

impl Event {
    /// Returns the event as one line of JSON.
    #[must_use]
    pub fn line(&self) -> String {
        line(self.severity(), self)
    }

    fn severity(&self) -> &'static str {
        match self {
            Self::Waiting { .. } | Self::Retry { .. } | Self::SessionLeft { .. } | Self::Warning { .. } => "WARNING",
            Self::Statement { run: true, .. }
            | Self::SecretStored { .. }
            | Self::Purged { .. }
            | Self::Verified { .. }
            | Self::Done { .. } => "NOTICE",
            Self::Connected { .. } | Self::Locked { .. } | Self::Statement { .. } | Self::Login { .. } => "INFO",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { shard, version } => write!(f, "connected to the database of {shard}: {version}"),
            Self::Waiting { holder, seconds } => write!(f, "waiting for {holder}, {seconds} s so far"),
            Self::Locked { lock } => write!(f, "holding the lock {lock}"),
            Self::SecretStored { secret } => write!(f, "stored version 1 of the secret {secret}"),
            Self::Retry { what, reason } => write!(f, "trying again: {what}: {reason}"),
            Self::Statement { sql, run: true } => write!(f, "ran {sql}"),
            Self::Statement { sql, run: false } => write!(f, "would run {sql}"),
            Self::SessionLeft { user, reason } => write!(f, "a session of {user} goes on: {reason}"),
            Self::Login { user, result } => write!(f, "login of {user}: {result}"),
            Self::Warning { text } => write!(f, "warning: {text}"),
            Self::Purged { site, database, backup, .. } => {
                write!(f, "the database {database} of {site} is gone, by order; its last backup is {backup}")
            }
            Self::Verified { logins, users, denied } => {
                write!(f, "verified: grants of {users} users, {logins} logins, {denied} refused reads of a neighbour")
            }
            Self::Done { statements, secrets } => {
                write!(f, "done: {statements} statements, {secrets} secrets stored")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_with_its_name_and_severity() {
        let line = Event::Statement { sql: "DROP USER 'a'@'%'".to_owned(), run: true }.line();
        assert_eq!(line, r#"{"severity":"NOTICE","event":"statement","sql":"DROP USER 'a'@'%'","run":true}"#);
    }
}
