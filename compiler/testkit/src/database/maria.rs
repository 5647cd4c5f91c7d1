//! What MariaDB alone is told.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{ADMIN_PASSWORD, program};

const PACKAGE: &str = "MariaDB's server, 10.11 or later";

/// The command that makes an empty data folder.
pub(super) fn install(folder: &Path) -> Command {
    let mut command = Command::new(program("mariadb-install-db", PACKAGE));
    command.args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
    ]);
    command.arg(format!("--datadir={}", folder.join("data").display()));
    command
}

/// The command that serves.
pub(super) fn serve() -> Command {
    let mut command = Command::new(program("mariadbd", PACKAGE));
    command.args(["--no-defaults", "--performance-schema=OFF", "--log-bin=binlog"]);
    command
}

/// What makes a server follow the one at a port.
pub(super) fn follow(port: u16) -> Vec<String> {
    vec![
        // What both have from their own start must not come over once more.
        "SET GLOBAL slave_exec_mode = 'IDEMPOTENT'".to_owned(),
        format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'boss', MASTER_PASSWORD = \
             '{ADMIN_PASSWORD}', MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 0, MASTER_CONNECT_RETRY = 1, \
             MASTER_USE_GTID = slave_pos"
        ),
        "START SLAVE".to_owned(),
    ]
}

/// Dumps a database.
pub(super) fn dump(port: u16, user: &str, password: &str, database: &str) -> Output {
    let mut command = Command::new(program("mariadb-dump", PACKAGE));
    command.args(["--no-defaults", "--host=127.0.0.1", "--single-transaction", "--skip-lock-tables"]);
    command.args(["--routines=0", "--triggers", "--events", "--no-tablespaces"]);
    command.args([format!("--port={port}"), format!("--user={user}")]);
    command.args(["--ssl", "--skip-ssl-verify-server-cert"]);
    command.env("MYSQL_PWD", password).arg(database).stdin(Stdio::null()).output().unwrap()
}
