//! The server's side of MySQL's text protocol, as much as a client needs that asks one question after the other.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use sha1::{Digest as _, Sha1};

/// A client's login.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The database that it asks for; empty for none.
    pub database: String,
    /// What it sent to prove that it knows the password; empty without one.
    pub proof: Vec<u8>,
    /// What the proof was made for.
    pub scramble: [u8; 20],
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A statement.
    Query(String),
    /// Another database.
    Database(String),
    /// A sign of life, or a session as new.
    Ping,
    /// Something that is not spoken here.
    Other(u8),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done; so many rows were changed.
    Done(usize),
    /// The same from a server that says more.
    Changed {
        /// Rows that were changed.
        rows: u64,
        /// The number that the first of them got; zero for none.
        id: u64,
        /// Warnings.
        warnings: u16,
    },
    /// Rows, each value as text.
    Rows(Vec<String>, Vec<Vec<Option<String>>>),
    /// Refused.
    Error(u16, String),
}

/// A connection.
pub struct Wire {
    stream: TcpStream,
    sequence: u8,
}

const CAPABILITIES: u32 = 0x1 | 0x4 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
const PLUGIN: &[u8] = b"mysql_native_password\0";

impl Wire {
    /// Takes a connection and reads who wants to log in.
    ///
    /// # Errors
    /// The client went away or does not speak the protocol.
    pub fn greet(stream: TcpStream, id: u32, version: &str) -> io::Result<(Self, Login)> {
        stream.set_nodelay(true)?;
        let mut wire = Self { stream, sequence: 0 };
        let scramble = scramble(id);
        wire.send(&greeting(id, version, &scramble))?;
        let answer = wire.receive()?;
        let mut login = response(&answer, scramble).ok_or_else(|| io::Error::other("no login"))?;
        if login.1 {
            let mut switch = vec![0xFE];
            switch.extend_from_slice(PLUGIN);
            switch.extend_from_slice(&scramble);
            switch.push(0);
            wire.send(&switch)?;
            login.0.proof = wire.receive()?;
        }
        Ok((wire, login.0))
    }

    /// Reads the next command; none when the client leaves.
    pub fn command(&mut self) -> Option<Command> {
        self.sequence = 0;
        let packet = self.receive().ok()?;
        let (kind, rest) = packet.split_first()?;
        let text = || String::from_utf8_lossy(rest).into_owned();
        match kind {
            1 => None,
            2 => Some(Command::Database(text())),
            3 => Some(Command::Query(text())),
            0x0E | 0x1F => Some(Command::Ping),
            other => Some(Command::Other(*other)),
        }
    }

    /// Answers.
    ///
    /// # Errors
    /// The client went away.
    pub fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        match answer {
            Answer::Done(rows) => {
                let mut packet = vec![0];
                length(&mut packet, *rows);
                packet.extend_from_slice(&[0, 2, 0, 0, 0]);
                self.send(&packet)
            }
            Answer::Changed { rows, id, warnings } => {
                let mut packet = vec![0];
                length(&mut packet, usize::try_from(*rows).unwrap_or(usize::MAX));
                length(&mut packet, usize::try_from(*id).unwrap_or(usize::MAX));
                packet.extend_from_slice(&[2, 0]);
                packet.extend_from_slice(&warnings.to_le_bytes());
                self.send(&packet)
            }
            Answer::Error(code, text) => {
                let mut packet = vec![0xFF];
                packet.extend_from_slice(&code.to_le_bytes());
                packet.extend_from_slice(b"#HY000");
                packet.extend_from_slice(text.as_bytes());
                self.send(&packet)
            }
            Answer::Rows(columns, rows) => self.rows(columns, rows),
        }
    }

    fn rows(&mut self, columns: &[String], rows: &[Vec<Option<String>>]) -> io::Result<()> {
        let end = [0xFE, 0, 0, 2, 0];
        let mut count = Vec::new();
        length(&mut count, columns.len());
        self.send(&count)?;
        for column in columns {
            let mut packet = Vec::new();
            for part in ["def", "", "", "", column.as_str(), ""] {
                text(&mut packet, part);
            }
            // A text of UTF-8, as ProxySQL sends every column.
            packet.extend_from_slice(&[0x0C, 33, 0, 0xFF, 0xFF, 0, 0, 0xFD, 0, 0, 0, 0, 0]);
            self.send(&packet)?;
        }
        self.send(&end)?;
        for row in rows {
            let mut packet = Vec::new();
            for value in row {
                match value {
                    Some(value) => text(&mut packet, value),
                    None => packet.push(0xFB),
                }
            }
            self.send(&packet)?;
        }
        self.send(&end)
    }

    fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?.to_le_bytes();
        let mut packet = vec![length[0], length[1], length[2], self.sequence];
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.stream.write_all(&packet)
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], 0]);
        self.sequence = head[3].wrapping_add(1);
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload)?;
        Ok(payload)
    }
}

/// Whether a login knows the password: in clear text, or as `*` and the hexadecimal digest of its digest.
#[must_use]
pub fn knows(login: &Login, stored: &str) -> bool {
    // As in ProxySQL: a user without a password is let in without one.
    if stored.is_empty() || login.proof.is_empty() {
        return stored.is_empty() && login.proof.is_empty();
    }
    let twice: Vec<u8> = match stored.strip_prefix('*').filter(|digits| digits.len() == 40) {
        Some(digits) => (0..20).filter_map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).ok()).collect(),
        None => Sha1::digest(Sha1::digest(stored.as_bytes())).to_vec(),
    };
    let mask = Sha1::new().chain_update(login.scramble).chain_update(&twice).finalize();
    let once: Vec<u8> = mask.iter().zip(&login.proof).map(|(a, b)| a ^ b).collect();
    once.len() == 20 && Sha1::digest(&once)[..] == twice[..]
}

fn greeting(id: u32, version: &str, scramble: &[u8; 20]) -> Vec<u8> {
    let capabilities = CAPABILITIES.to_le_bytes();
    let mut packet = vec![10];
    packet.extend_from_slice(version.as_bytes());
    packet.push(0);
    packet.extend_from_slice(&id.to_le_bytes());
    packet.extend_from_slice(&scramble[..8]);
    packet.push(0);
    packet.extend_from_slice(&capabilities[..2]);
    packet.push(33);
    packet.extend_from_slice(&[2, 0]);
    packet.extend_from_slice(&capabilities[2..]);
    packet.push(21);
    packet.extend_from_slice(&[0; 10]);
    packet.extend_from_slice(&scramble[8..]);
    packet.push(0);
    packet.extend_from_slice(PLUGIN);
    packet
}

/// Printable and different for each connection; nobody but a test is kept out by it.
fn scramble(id: u32) -> [u8; 20] {
    let digest = Sha1::digest(id.to_le_bytes());
    std::array::from_fn(|at| b'a' + digest[at] % 26)
}

/// Returns the login and whether the client proved it in another way than the one spoken here.
fn response(packet: &[u8], scramble: [u8; 20]) -> Option<(Login, bool)> {
    let capabilities = u32::from_le_bytes(packet.get(..4)?.try_into().ok()?);
    let mut rest = packet.get(32..)?;
    let user = until_zero(&mut rest)?;
    let (size, after) = rest.split_first()?;
    let proof = after.get(..usize::from(*size))?.to_vec();
    rest = after.get(usize::from(*size)..)?;
    let database = if capabilities & 0x8 == 0 { String::new() } else { until_zero(&mut rest)? };
    let plugin = if capabilities & 0x8_0000 == 0 { String::new() } else { until_zero(&mut rest).unwrap_or_default() };
    let other = !plugin.is_empty() && plugin.as_bytes() != &PLUGIN[..PLUGIN.len() - 1];
    Some((Login { user, database, proof, scramble }, other))
}

fn until_zero(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == 0)?;
    let text = String::from_utf8_lossy(&rest[..end]).into_owned();
    *rest = &rest[end + 1..];
    Some(text)
}

fn length(packet: &mut Vec<u8>, value: usize) {
    match u16::try_from(value) {
        Ok(small @ 0..=250) => packet.push(small as u8),
        Ok(medium) => {
            packet.push(0xFC);
            packet.extend_from_slice(&medium.to_le_bytes());
        }
        Err(_) => {
            packet.push(0xFE);
            packet.extend_from_slice(&(value as u64).to_le_bytes());
        }
    }
}

fn text(packet: &mut Vec<u8>, value: &str) {
    length(packet, value.len());
    packet.extend_from_slice(value.as_bytes());
}
