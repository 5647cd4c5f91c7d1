//! Ports for servers that are told where to listen, and started again there.
//!
//! A port that the system gives is out of the range from which it also takes the near end of every connection: between
//! the moment it is chosen and the moment it is used (or used again), somebody else's connection may have it. Ports are
//! therefore taken from below that range, and held by a lock on a file for as long as the process lives, so that tests that
//! run at once do not meet.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::ops::Range;
use std::path::Path;
use std::process;
use std::sync::Mutex;

/// Below Linux's `net.ipv4.ip_local_port_range`, which begins at 32768.
const RANGE: Range<u16> = 20_000..32_000;

/// The locks of this process: they end with it.
static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());

/// Returns `N` ports on which nobody listens, and which no other call gives while this process lives.
#[must_use]
pub fn free<const N: usize>() -> [u16; N] {
    let folder = env::temp_dir().join("aipress-ports");
    fs::create_dir_all(&folder).unwrap();
    let length = usize::from(RANGE.end - RANGE.start);
    let first = process::id() as usize * 7 % length;
    let mut candidates = RANGE.cycle().skip(first).take(length);
    std::array::from_fn(|_| candidates.find(|port| take(&folder.join(port.to_string()), *port)).unwrap())
}

fn take(path: &Path, port: u16) -> bool {
    let file = File::create(path).unwrap();
    let ours = file.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok();
    if ours {
        HELD.lock().unwrap().push(file);
    }
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_and_each_can_be_listened_on() {
        let mut ports: Vec<u16> = (0..8).flat_map(|_| free::<4>()).collect();
        let held: Vec<_> = ports.iter().map(|port| TcpListener::bind(("127.0.0.1", *port)).unwrap()).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!((held.len(), ports.len()), (32, 32));
    }

    #[test]
    fn a_port_on_which_somebody_listens_is_not_taken() {
        let [port] = free();
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert!(!take(&folder.path().join("lock"), port));
        drop(listener);
        assert!(take(&folder.path().join("lock"), port));
    }
}
