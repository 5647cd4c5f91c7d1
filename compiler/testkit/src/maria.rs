//! A MariaDB of the test's own: data, certificates and socket in a temporary folder, loopback only, TLS.

use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;

use aipress_provision::ADMIN_PRIVILEGES;
use aipress_provision::session::{Address, Limits, Login, Session};
use secrecy::SecretString;

use crate::ports;

/// The password of the job's user and of the test's own.
pub const ADMIN_PASSWORD: &str = "provision-Test-0123456789";

/// A running server.
pub struct Maria {
    /// Its port on loopback.
    pub port: u16,
    /// Its authority's certificate.
    pub authority: String,
    folder: TempDir,
    child: Child,
}

/// How long its certificate holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    /// For years.
    Valid,
    /// It has ended.
    Expired,
}

impl Maria {
    /// Starts a server with an empty data folder.
    pub fn start() -> Self {
        Self::with(Certificate::Valid)
    }

    /// Starts a server with such a certificate.
    pub fn with(certificate: Certificate) -> Self {
        Self::begin(certificate, &["--server-id=1", "--log-bin=binlog"])
    }

    /// Starts a server that follows another one and takes no writes but its.
    pub fn replica(primary: &Maria) -> Self {
        let replica = Self::begin(Certificate::Valid, &["--server-id=2", "--read-only=1"]);
        let mut boss = replica.boss();
        // What both have from their own start must not come over once more.
        boss.execute("SET GLOBAL slave_exec_mode = 'IDEMPOTENT'").unwrap();
        let port = primary.port;
        boss.execute(&format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'boss', MASTER_PASSWORD = \
             '{ADMIN_PASSWORD}', MASTER_SSL = 1, MASTER_SSL_VERIFY_SERVER_CERT = 0, MASTER_CONNECT_RETRY = 1, \
             MASTER_USE_GTID = slave_pos"
        ))
        .unwrap();
        boss.execute("START SLAVE").unwrap();
        boss.close();
        replica
    }

    /// A session with every right.
    pub fn boss(&self) -> Session {
        let wait = Duration::from_secs(20);
        let address = Address {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            authority: self.authority.clone(),
            limits: Limits { connect: wait, answer: wait },
        };
        let login = Login { user: "boss".to_owned(), password: SecretString::from(ADMIN_PASSWORD), clear: false };
        Session::open(&address, &login, &mut |_| {}).unwrap()
    }

    fn begin(certificate: Certificate, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = certificates(folder.path(), certificate);
        fs::create_dir(folder.path().join("tmp")).unwrap();
        install(folder.path());
        fs::write(folder.path().join("init.sql"), init()).unwrap();
        let port = ports::free::<1>()[0];
        let child = serve(folder.path(), port, arguments);
        let mut maria = Self { port, authority, folder, child };
        maria.wait();
        maria
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
            assert!(ended.is_none() && Instant::now() < deadline, "mariadbd does not answer: {}", log());
            sleep(Duration::from_millis(50));
        }
    }
}

impl Maria {
    /// Dumps a database with MariaDB's own program, as the backup job would.
    pub fn dump(&self, user: &str, password: &str, database: &str) -> Output {
        let mut command = Command::new(program("mariadb-dump"));
        command.args(["--no-defaults", "--host=127.0.0.1", "--single-transaction", "--skip-lock-tables"]);
        command.args(["--routines=0", "--triggers", "--events", "--no-tablespaces"]);
        command.args([format!("--port={}", self.port), format!("--user={user}")]);
        command.args(["--ssl", "--skip-ssl-verify-server-cert"]);
        command.env("MYSQL_PWD", password).arg(database).stdin(Stdio::null()).output().unwrap()
    }
}

impl Drop for Maria {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where Debian puts servers is not on everybody's path.
fn program(name: &str) -> String {
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];
    let found = places.iter().map(|place| format!("{place}/{name}")).find(|path| Path::new(path).exists());
    found.unwrap_or_else(|| panic!("`{name}` is missing; run `apt-get install mariadb-server`"))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

fn install(folder: &Path) {
    let mut command = Command::new(program("mariadb-install-db"));
    command.args([
        "--no-defaults",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
    ]);
    command.arg(format!("--datadir={}", folder.join("data").display()));
    // A server that starts removes what it takes for its own leftovers, so a folder is never shared.
    command.env("TMPDIR", folder.join("tmp"));
    if is_root() {
        command.arg("--user=root");
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn serve(folder: &Path, port: u16, arguments: &[&str]) -> Child {
    let log = fs::File::create(folder.join("server.log")).unwrap();
    let mut command = Command::new(program("mariadbd"));
    command.arg("--no-defaults").args([
        format!("--datadir={}", folder.join("data").display()),
        format!("--socket={}", folder.join("socket").display()),
        format!("--pid-file={}", folder.join("pid").display()),
        format!("--port={port}"),
        format!("--ssl-cert={}", folder.join("server.pem").display()),
        format!("--ssl-key={}", folder.join("server.key").display()),
        format!("--init-file={}", folder.join("init.sql").display()),
    ]);
    command.args([
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--max-connections=400",
        "--innodb-buffer-pool-size=32M",
        "--innodb-flush-log-at-trx-commit=0",
        "--sync-binlog=0",
        "--performance-schema=OFF",
    ]);
    command.args(arguments).env("TMPDIR", folder.join("tmp"));
    if is_root() {
        command.arg("--user=root");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// The job's user with exactly the rights that the crate's documentation lists, and one with every right for the test.
fn init() -> String {
    let all = ADMIN_PRIVILEGES.join(", ");
    format!(
        "CREATE USER IF NOT EXISTS 'provision'@'%' IDENTIFIED BY '{ADMIN_PASSWORD}' REQUIRE SSL;\n\
         GRANT {all}, CONNECTION ADMIN ON *.* TO 'provision'@'%' WITH GRANT OPTION;\n\
         CREATE USER IF NOT EXISTS 'boss'@'%' IDENTIFIED BY '{ADMIN_PASSWORD}' REQUIRE SSL;\n\
         GRANT ALL PRIVILEGES ON *.* TO 'boss'@'%' WITH GRANT OPTION;\n"
    )
}

/// Writes a server's certificate and key, and returns the authority's. As on Cloud SQL the name is not the address.
fn certificates(folder: &Path, certificate: Certificate) -> String {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let mut server = CertificateParams::new(vec!["instance.database.invalid".to_owned()]).unwrap();
    if certificate == Certificate::Expired {
        (server.not_before, server.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let signed = server.signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("server.pem"), signed.pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    root.pem()
}
