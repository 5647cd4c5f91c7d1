//! What an interrupted rehearsal leaves: nothing.
//!
//! Every running terraform is entered here, and the scratch folder; [`clean`] ends the processes with their providers and
//! removes the folder. After it no process is started.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a folder is removed that is there again, and how long is waited in between: two seconds in all.
const ATTEMPTS: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);

static LIVE: Mutex<Live> = Mutex::new(Live { groups: BTreeSet::new(), folder: None, ended: false });

struct Live {
    groups: BTreeSet<u32>,
    folder: Option<PathBuf>,
    ended: bool,
}

fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enters the folder to remove; none for one that the user wants to keep.
pub fn enter_folder(folder: Option<&Path>) {
    live().folder = folder.map(Path::to_path_buf);
}

/// Starts a process and enters its group, unless the run is over.
///
/// # Errors
/// What the system says, or that the run was interrupted.
pub fn start<C>(start: impl FnOnce() -> std::io::Result<C>, id: impl Fn(&C) -> u32) -> std::io::Result<C> {
    let mut live = live();
    if live.ended {
        return Err(std::io::ErrorKind::Interrupted.into());
    }
    let child = start()?;
    live.groups.insert(id(&child));
    Ok(child)
}

/// Forgets a process that has ended.
pub fn leave(group: u32) {
    live().groups.remove(&group);
}

/// Ends every process and removes the folder.
pub fn clean() {
    let mut live = live();
    live.ended = true;
    for group in std::mem::take(&mut live.groups) {
        kill(group);
    }
    if let Some(folder) = live.folder.take() {
        remove(&folder);
    }
}

/// Removes a folder into which a process that is being ended, or a thread of this one, may still write for a moment.
fn remove(folder: &Path) {
    for _ in 0..ATTEMPTS {
        let _ = std::fs::remove_dir_all(folder);
        std::thread::sleep(PAUSE);
        if !folder.exists() {
            return;
        }
    }
}

/// Ends a process group at once, as a machine that loses power would.
#[cfg(unix)]
pub fn kill(group: u32) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    if let Ok(group) = i32::try_from(group) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// Process groups exist on Unix only; elsewhere a process ends by itself.
#[cfg(not(unix))]
pub fn kill(_group: u32) {}
