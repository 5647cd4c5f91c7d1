//! A database server of the test's own: data, certificates and socket in a temporary folder, loopback only, TLS.
//!
//! In: a [`Flavour`]. Out: a [`Server`] that ends with the value. What MariaDB and MySQL are told differently stands in
//! [`maria`] and [`mysql`]; the rest is the same for both.

mod certificates;
pub mod maria;
pub mod mysql;

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use aipress_core::emit::database::Dialect;
use aipress_provision::ADMIN_PRIVILEGES;
use aipress_provision::session::{Address, Limits, Login, Session};
use secrecy::SecretString;
use tempfile::TempDir;

use crate::ports;
pub use mysql::Mysql;

/// The password of the job's user and of the test's own.
pub const ADMIN_PASSWORD: &str = "provision-Test-0123456789";

/// How long a server may take to answer after its start.
const START: Duration = Duration::from_secs(120);

/// Whose server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flavour {
    /// MariaDB, as the system has it.
    Maria,
    /// MySQL, a program that is named.
    Mysql(Mysql),
}

impl Flavour {
    /// Its SQL.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Maria => Dialect::Mariadb,
            Self::Mysql(mysql) => mysql.dialect,
        }
    }
}

/// How long its certificate holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// For years.
    Valid,
    /// It has ended.
    Expired,
}

/// A running server.
pub struct Server {
    /// Its port on loopback.
    pub port: u16,
    /// Its authority's certificate.
    pub authority: String,
    /// Whose it is.
    pub flavour: Flavour,
    folder: TempDir,
    child: Child,
}

impl Server {
    /// Starts a MariaDB with an empty data folder.
    #[must_use]
    pub fn start() -> Self {
        Self::of(&Flavour::Maria)
    }

    /// Starts a MariaDB with such a certificate.
    #[must_use]
    pub fn with(certificate: Certificate) -> Self {
        Self::begin(&Flavour::Maria, certificate, &[])
    }

    /// Starts a server with an empty data folder.
    #[must_use]
    pub fn of(flavour: &Flavour) -> Self {
        Self::begin(flavour, Certificate::Valid, &[])
    }

    /// Starts a server with such a certificate and with arguments of the test's own.
    #[must_use]
    pub fn begin(flavour: &Flavour, certificate: Certificate, arguments: &[&str]) -> Self {
        Self::numbered(flavour, certificate, 1, arguments)
    }

    /// Starts a server that follows another one and takes no writes but its.
    #[must_use]
    pub fn replica(primary: &Server) -> Self {
        let replica = Self::numbered(&primary.flavour, Certificate::Valid, 2, &["--read-only=1"]);
        let mut boss = replica.boss();
        let follow = match primary.flavour {
            Flavour::Maria => maria::follow(primary.port),
            Flavour::Mysql(_) => mysql::follow(primary.port),
        };
        follow.iter().for_each(|sql| boss.execute(sql).unwrap());
        boss.close();
        replica
    }

    /// A session with every right.
    #[must_use]
    pub fn boss(&self) -> Session {
        let login = Login { user: "boss".to_owned(), password: SecretString::from(ADMIN_PASSWORD), clear: false };
        Session::open(&self.address(), &login, &mut |_| {}).unwrap()
    }

    /// Where it is, and whose certificate to believe.
    #[must_use]
    pub fn address(&self) -> Address {
        Address {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            authority: self.authority.clone(),
            limits: Limits { connect: Duration::from_secs(20), answer: Duration::from_secs(20) },
        }
    }

    /// Dumps a database with MariaDB's own program, which speaks to both, as the backup job would.
    #[must_use]
    pub fn dump(&self, user: &str, password: &str, database: &str) -> Output {
        maria::dump(self.port, user, password, database)
    }

    fn numbered(flavour: &Flavour, certificate: Certificate, number: u8, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = certificates::write(folder.path(), certificate);
        fs::create_dir(folder.path().join("tmp")).unwrap();
        fs::write(folder.path().join("init.sql"), init(flavour)).unwrap();
        let (mut install, mut serve) = match flavour {
            Flavour::Maria => (maria::install(folder.path()), maria::serve()),
            Flavour::Mysql(mysql) => (mysql.install(folder.path()), mysql.serve()),
        };
        let output = within(&mut install, folder.path()).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let port = ports::free::<1>()[0];
        serve.args(common(folder.path(), port)).arg(format!("--server-id={number}")).args(arguments);
        let log = fs::File::create(folder.path().join("server.log")).unwrap();
        let child = within(&mut serve, folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = child.spawn().unwrap();
        let mut server = Self { port, authority, flavour: flavour.clone(), folder, child };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + START;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < deadline, "the server does not answer: {}", log());
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What every server is told.
fn common(folder: &Path, port: u16) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    let mut all = vec![
        format!("--datadir={}", file("data")),
        format!("--socket={}", file("socket")),
        format!("--pid-file={}", file("pid")),
        format!("--port={port}"),
        format!("--ssl-cert={}", file("server.pem")),
        format!("--ssl-key={}", file("server.key")),
        format!("--init-file={}", file("init.sql")),
    ];
    let plain = [
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--max-connections=400",
        "--innodb-buffer-pool-size=32M",
        "--innodb-flush-log-at-trx-commit=0",
        "--sync-binlog=0",
    ];
    all.extend(plain.map(str::to_owned));
    all
}

/// A server that starts removes what it takes for its own leftovers, so a folder for temporary files is never shared.
fn within<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    if is_root() {
        command.arg("--user=root");
    }
    command.env("TMPDIR", folder.join("tmp"))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// The job's user with exactly the rights that the crate's documentation lists, and one with every right for the test.
fn init(flavour: &Flavour) -> String {
    let all = ADMIN_PRIVILEGES.join(", ");
    let kill = match flavour {
        Flavour::Maria => "CONNECTION ADMIN",
        Flavour::Mysql(_) => "CONNECTION_ADMIN",
    };
    format!(
        "CREATE USER IF NOT EXISTS 'provision'@'%' IDENTIFIED BY '{ADMIN_PASSWORD}' REQUIRE SSL;\n\
         GRANT {all}, {kill} ON *.* TO 'provision'@'%' WITH GRANT OPTION;\n\
         CREATE USER IF NOT EXISTS 'boss'@'%' IDENTIFIED BY '{ADMIN_PASSWORD}' REQUIRE SSL;\n\
         GRANT ALL PRIVILEGES ON *.* TO 'boss'@'%' WITH GRANT OPTION;\n"
    )
}

/// Finds a program where Debian puts servers, which is not on everybody's path.
fn program(name: &str, package: &str) -> PathBuf {
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    let found = places.iter().map(|place| Path::new(place).join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("`{name}` is missing; install {package}"))
}
