//! What MySQL alone is told. The program is named by whoever wants it: no distribution has all versions.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aipress_core::emit::database::Dialect;

use super::ADMIN_PASSWORD;

/// A `mysqld`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mysql {
    /// The program, or a script that becomes it (`exec`): the server is ended by its process id.
    pub program: PathBuf,
    /// Its version, such as `8.0.46`.
    pub version: String,
    /// Its SQL.
    pub dialect: Dialect,
}

impl Mysql {
    /// Asks a program for its version.
    ///
    /// # Errors
    /// It does not run, or is no MySQL 8.0 or 8.4.
    pub fn at(program: &Path) -> Result<Self, String> {
        let shown = program.display();
        let wrong = |why: &dyn std::fmt::Display| format!("`{shown}` is no MySQL 8.0 or 8.4: {why}");
        let program = program.canonicalize().map_err(|error| wrong(&error))?;
        let output = Command::new(&program).args(["--no-defaults", "--version"]).stdin(Stdio::null()).output();
        let output = output.map_err(|error| wrong(&error))?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let version = version(&said).ok_or_else(|| {
            let errors = String::from_utf8_lossy(&output.stderr);
            wrong(&format!("it says `{said}` {}", errors.trim()))
        })?;
        let dialect = if version.starts_with("8.0.") { Dialect::Mysql80 } else { Dialect::Mysql84 };
        Ok(Self { program, version, dialect })
    }

    /// The command that makes an empty data folder.
    pub(super) fn install(&self, folder: &Path) -> Command {
        let mut command = self.command();
        command.arg("--initialize-insecure").arg(format!("--datadir={}", folder.join("data").display()));
        command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=OFF"]);
        command
    }

    /// The command that serves, with what Cloud SQL switches on.
    pub(super) fn serve(&self) -> Command {
        let mut command = self.command();
        command.args(["--mysqlx=OFF", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog"]);
        command
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Packages name a folder for files here, which is theirs.
        command.args(["--no-defaults", "--secure-file-priv=NULL"]);
        command
    }
}

/// Reads `mysqld  Ver 8.0.46-0ubuntu0.22.04.5 for Linux on x86_64`.
fn version(said: &str) -> Option<String> {
    if said.contains("MariaDB") {
        return None;
    }
    let version = said.split_once(" Ver ")?.1.split(|c: char| c != '.' && !c.is_ascii_digit()).next()?;
    (version.starts_with("8.0.") || version.starts_with("8.4.")).then(|| version.to_owned())
}

/// What makes a server follow the one at a port.
pub(super) fn follow(port: u16) -> Vec<String> {
    vec![
        // What both have from their own start must not come over once more.
        "SET GLOBAL replica_exec_mode = 'IDEMPOTENT'".to_owned(),
        format!(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {port}, SOURCE_USER = 'boss', \
             SOURCE_PASSWORD = '{ADMIN_PASSWORD}', SOURCE_SSL = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_AUTO_POSITION = 1"
        ),
        "START REPLICA".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_other_servers_refused() {
        let said = |text: &str| version(text);
        assert_eq!(said("mysqld  Ver 8.0.46-0ubuntu0.22.04.5 for Linux on x86_64").as_deref(), Some("8.0.46"));
        assert_eq!(said("/x/mysqld  Ver 8.4.8 for Linux").as_deref(), Some("8.4.8"));
        assert_eq!(said("mysqld  Ver 9.7.4-2 for Linux"), None);
        assert_eq!(said("mariadbd  Ver 10.11.14-MariaDB for debian-linux-gnu"), None);
        assert!(Mysql::at(Path::new("/no/such/program")).unwrap_err().contains("/no/such/program"));
    }
}
