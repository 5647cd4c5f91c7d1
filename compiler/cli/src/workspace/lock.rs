//! Lets one run at a time write an output folder.
//!
//! An advisory lock on a file, which the kernel releases when its process ends, however it ends. The file says who holds
//! it and is removed at the end, so that it never shows up in Git.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use aipress_core::diag::{Code, Diagnostic};

use super::cannot_write;

/// The file's name.
pub const FILE: &str = ".lock";
/// How often a lock is tried whose file its holder removed at that moment.
const TRIES: usize = 100;

/// A held lock; dropping it releases it.
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of a folder.
    ///
    /// # Errors
    /// Another run holds it; the file cannot be made.
    pub fn take(folder: &Path) -> Result<Self, Diagnostic> {
        let path = folder.join(FILE);
        for _ in 0..TRIES {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(|error| cannot_write(&path, &error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(held(folder, &mut file)),
                Err(TryLockError::Error(error)) => return Err(cannot_write(&path, &error)),
            }
            // The holder before may have removed the file between opening and locking it: then this lock locks nothing.
            if is_same_file(&file, &path) {
                say_who(&mut file).map_err(|error| cannot_write(&path, &error))?;
                return Ok(Self { path, _file: file });
            }
        }
        Err(Diagnostic::error_without_place(
            Code(503),
            format!("`{}` is in constant use by other runs", folder.display()),
        )
        .help("let one run at a time write this folder."))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If it cannot be removed it stays as an unlocked file, which the next run takes over.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn say_who(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "process {}", std::process::id())
}

fn held(folder: &Path, file: &mut File) -> Diagnostic {
    let mut who = String::new();
    let read = file.take(64).read_to_string(&mut who);
    let who = who.trim();
    let holder =
        if read.is_err() || who.is_empty() { "another run".to_owned() } else { format!("another run ({who})") };
    Diagnostic::error_without_place(Code(503), format!("{holder} is writing `{}`", folder.display()))
        .help("wait until it ends and run the command again, or write to another folder with `--out DIR`.")
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(here), Ok(there)) = (file.metadata(), std::fs::metadata(path)) else { return false };
    (here.dev(), here.ino()) == (there.dev(), there.ino())
}

/// Where an open file cannot be removed, the file is still the same one.
#[cfg(not(unix))]
fn is_same_file(_: &File, path: &Path) -> bool {
    path.is_file()
}
