//! Logs in at the database servers themselves, as ProxySQL's monitor, to say why ProxySQL cannot reach one.
//!
//! ProxySQL tells that a login failed, not that a certificate has expired. The same authority and the same user are used
//! here as ProxySQL uses, read from its runtime tables.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use aipress_provision::session::{Address, Limits, Login, Session, SqlError};
use secrecy::SecretString;

use crate::link::Link;
use crate::problem::{Problem, SERVER, problem};
use crate::users::failed;

/// What became of the servers.
#[derive(Debug, Default)]
pub struct Servers {
    /// By `host:port`: whether it answers.
    pub up: BTreeMap<String, bool>,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// A server whose certificate is not believed, with the reason.
    pub untrusted: Option<String>,
}

const ADDRESSES: &str = "SELECT DISTINCT s.hostname, s.port, COALESCE(t.ssl_ca, '') FROM runtime_mysql_servers s \
                         LEFT JOIN runtime_mysql_servers_ssl_params t ON t.hostname = s.hostname AND t.port = s.port \
                         AND t.username = '' WHERE s.use_ssl = 1";
const MONITOR: &str = "SELECT variable_value FROM runtime_global_variables WHERE variable_name IN \
                       ('mysql-monitor_password', 'mysql-monitor_username') ORDER BY variable_name DESC";

/// Tries every server once.
///
/// # Errors
/// ProxySQL does not answer.
pub fn look(link: &mut Link, folder: &Path, wait: Duration) -> Result<Servers, Problem> {
    let fail = |error: SqlError| failed("the servers cannot be read", &error);
    let mut monitor = link.rows(MONITOR).map_err(fail)?.into_iter().flatten().map(Option::unwrap_or_default);
    let login = Login {
        user: monitor.next().unwrap_or_default(),
        password: SecretString::from(monitor.next().unwrap_or_default()),
        clear: false,
    };
    let mut servers = Servers::default();
    for row in link.rows(ADDRESSES).map_err(fail)? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let (Some(host), Some(port), Some(file)) = (cells.next(), cells.next(), cells.next()) else { continue };
        let name = format!("{host}:{port}");
        let done = authority(&folder.join(&file)).and_then(|authority| {
            let limits = Limits { connect: wait, answer: wait };
            let address = Address { host, port: port.parse().unwrap_or(0), authority, limits };
            Session::try_open(&address, &login, None).map(Session::close)
        });
        servers.up.insert(name.clone(), done.is_ok());
        if let Err(error) = done {
            let wrong = wrong(&name, &login.user, &error);
            if matches!(error, SqlError::Untrusted(_)) {
                servers.untrusted = Some(wrong.title.clone());
            }
            servers.problems.push(wrong);
        }
    }
    Ok(servers)
}

fn authority(file: &Path) -> Result<String, SqlError> {
    let text = fs::read_to_string(file).unwrap_or_default();
    if text.contains("-----BEGIN CERTIFICATE-----") {
        return Ok(text);
    }
    Err(SqlError::Untrusted(format!("there is no certificate in `{}`", file.display())))
}

fn wrong(name: &str, user: &str, error: &SqlError) -> Problem {
    match error {
        SqlError::Untrusted(text) => problem(
            SERVER,
            format!("the certificate of the database server {name} is not trusted: {text}"),
            "renew the server's certificate or give the node the authority that signed it.",
        ),
        SqlError::Refused(number, _) => problem(
            SERVER,
            format!("the database server {name} refuses the login of `{user}` with error {number}"),
            "run the provisioning job of the shard, which makes this user.",
        ),
        SqlError::Lost(text) => problem(
            SERVER,
            format!("the database server {name} cannot be reached: {text}"),
            "see whether the instance runs and whether its endpoint is reachable.",
        ),
    }
}
