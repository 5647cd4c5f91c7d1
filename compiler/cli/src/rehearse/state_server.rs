//! Terraform states in memory, served on the loopback address with Terraform's `http` backend protocol.
//!
//! Input: requests of terraform processes that this command started. Output: the last state of each stack. Invariants:
//! one holder of a stack's lock at a time; a state is replaced whole; nothing touches a disk. Terraform's own local
//! backend would write the whole state after every resource, which takes most of a rehearsal's time.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde::Deserialize;
use tiny_http::{Header, Method, Request, Response, Server};

/// Requests that are answered at the same time; more wait.
const WORKERS: usize = 4;

/// A stack's state and who holds it.
#[derive(Debug, Default)]
struct Slot {
    state: Vec<u8>,
    /// What `LOCK` sent; empty while nobody holds it.
    lock: Vec<u8>,
}

type Slots = Mutex<BTreeMap<String, Slot>>;

/// A running server; it ends when it is dropped.
pub struct StateServer {
    server: Arc<Server>,
    slots: Arc<Slots>,
    address: SocketAddr,
    workers: Vec<JoinHandle<()>>,
}

impl StateServer {
    /// Starts on a free port of the loopback address.
    ///
    /// # Errors
    /// The system gives no port.
    pub fn start() -> Result<Self, String> {
        let server = Server::http(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
        let address = server.server_addr().to_ip().ok_or("there is no loopback address")?;
        let (server, slots) = (Arc::new(server), Arc::new(Slots::default()));
        let work = |_| {
            let (server, slots) = (Arc::clone(&server), Arc::clone(&slots));
            std::thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &slots);
                }
            })
        };
        let workers = (0..WORKERS).map(work).collect();
        Ok(Self { server, slots, address, workers })
    }

    /// The address of a stack's state.
    #[must_use]
    pub fn url(&self, stack: &str) -> String {
        format!("http://{}/{stack}", self.address)
    }

    /// The last state of a stack; empty if it has none.
    #[must_use]
    pub fn state(&self, stack: &str) -> Vec<u8> {
        lock(&self.slots).get(stack).map(|slot| slot.state.clone()).unwrap_or_default()
    }

    /// The identifier of the lock that a killed terraform has left.
    #[must_use]
    pub fn held(&self, stack: &str) -> Option<String> {
        lock(&self.slots).get(stack).and_then(|slot| lock_id(&slot.lock))
    }
}

impl Drop for StateServer {
    fn drop(&mut self) {
        for _ in &self.workers {
            self.server.unblock();
        }
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

fn lock(slots: &Slots) -> MutexGuard<'_, BTreeMap<String, Slot>> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct LockInfo {
    #[serde(rename = "ID")]
    id: String,
}

fn lock_id(info: &[u8]) -> Option<String> {
    serde_json::from_slice::<LockInfo>(info).ok().map(|info| info.id)
}

fn answer(mut request: Request, slots: &Slots) {
    let mut body = Vec::new();
    let read = request.as_reader().read_to_end(&mut body);
    let (path, query) = match request.url().split_once('?') {
        Some((path, query)) => (path.to_owned(), query.to_owned()),
        None => (request.url().to_owned(), String::new()),
    };
    let (status, content) = match read {
        Ok(_) => {
            let mut slots = lock(slots);
            let slot = slots.entry(path.trim_start_matches('/').to_owned()).or_default();
            serve(slot, request.method(), &query, body)
        }
        Err(_) => (400, Vec::new()),
    };
    let length = content.len();
    let json = Header::from_bytes("Content-Type", "application/json").into_iter().collect();
    // A terraform that was killed no longer listens.
    let _ = request.respond(Response::new(status.into(), json, Cursor::new(content), Some(length), None));
}

/// Status and body of the answer to one request.
fn serve(slot: &mut Slot, method: &Method, query: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let holder = lock_id(&slot.lock);
    match method.as_str() {
        "GET" if slot.state.is_empty() => (204, Vec::new()),
        "GET" => (200, slot.state.clone()),
        "LOCK" if holder.is_some() => (423, slot.lock.clone()),
        "LOCK" => {
            slot.lock = body;
            (200, Vec::new())
        }
        // `terraform force-unlock` sends nothing; Terraform has asked for the identifier before.
        "UNLOCK" if body.is_empty() || lock_id(&body) == holder => {
            slot.lock.clear();
            (200, Vec::new())
        }
        "POST" if holder == query.strip_prefix("ID=").map(str::to_owned) => {
            slot.state = body;
            (200, Vec::new())
        }
        "DELETE" => {
            slot.state.clear();
            (200, Vec::new())
        }
        "UNLOCK" | "POST" => (423, slot.lock.clone()),
        _ => (405, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: &[u8] = br#"{"ID":"mine"}"#;

    fn call(slot: &mut Slot, method: &str, query: &str, body: &[u8]) -> (u16, Vec<u8>) {
        serve(slot, &method.parse().unwrap(), query, body.to_vec())
    }

    #[test]
    fn a_state_is_written_only_by_the_holder_of_its_lock() {
        let mut slot = Slot::default();
        assert_eq!(call(&mut slot, "GET", "", b"").0, 204);
        assert_eq!(call(&mut slot, "LOCK", "", MINE).0, 200);
        assert_eq!(call(&mut slot, "LOCK", "", br#"{"ID":"other"}"#), (423, MINE.to_vec()));
        assert_eq!(call(&mut slot, "POST", "ID=other", b"{}").0, 423);
        assert_eq!(call(&mut slot, "POST", "ID=mine", b"{1}").0, 200);
        assert_eq!(call(&mut slot, "UNLOCK", "", br#"{"ID":"other"}"#).0, 423);
        assert_eq!(call(&mut slot, "UNLOCK", "", MINE).0, 200);
        assert_eq!(call(&mut slot, "GET", "", b""), (200, b"{1}".to_vec()));
    }

    #[test]
    fn a_lock_that_was_left_can_be_broken() {
        let mut slot = Slot::default();
        call(&mut slot, "LOCK", "", MINE);
        assert_eq!(call(&mut slot, "UNLOCK", "", b"").0, 200);
        assert_eq!(call(&mut slot, "LOCK", "", br#"{"ID":"other"}"#).0, 200);
    }
}
