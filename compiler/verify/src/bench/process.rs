//! Runs a program and measures it: wall time, CPU time, peak memory.
//!
//! CPU and memory are read from `/proc` every few milliseconds while the program runs, because the standard library
//! keeps no account of a child; the last few milliseconds are missed.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a program took.
#[derive(Debug, Clone, Copy, Default, serde::Serialize)]
pub struct Usage {
    /// Wall time in seconds.
    pub wall: f64,
    /// Time of all threads in seconds.
    pub cpu: f64,
    /// Peak resident memory in MiB.
    pub peak_mib: u64,
}

/// The kernel's unit of CPU time on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs a program to its end.
///
/// # Errors
/// It cannot be started, or ends with anything but 0: then with what it said.
pub fn measure(command: &mut Command) -> Result<Usage, String> {
    measure_into(command, Stdio::null(), &[0])
}

/// Runs a program to its end and keeps what it prints.
///
/// # Errors
/// It cannot be started, or ends with a code that is not among the fine ones: then with what it said.
pub fn measure_into(command: &mut Command, output: impl Into<Stdio>, fine: &[i32]) -> Result<Usage, String> {
    let said = tempfile::tempfile().map_err(|error| error.to_string())?;
    let errors = said.try_clone().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let started = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
    let mut child = started.map_err(|error| format!("cannot run {command:?}: {error}"))?;
    let mut usage = Usage::default();
    loop {
        sample(child.id(), &mut usage);
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            usage.wall = start.elapsed().as_secs_f64();
            let is_fine = status.code().is_some_and(|code| fine.contains(&code));
            return if is_fine { Ok(usage) } else { Err(format!("{status}\n{}", text(said))) };
        }
        std::thread::sleep(Duration::from_millis(4));
    }
}

fn text(mut file: fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.read_to_string(&mut text));
    read.map(|_| text).unwrap_or_default()
}

fn sample(process: u32, usage: &mut Usage) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    if let Some(kib) = peak_kib(&status) {
        usage.peak_mib = usage.peak_mib.max(kib.div_ceil(1024));
    }
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    if let Some(ticks) = ticks(&stat) {
        usage.cpu = usage.cpu.max(ticks / TICKS_PER_SECOND);
    }
}

fn peak_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time: fields 14 and 15, counted behind the name in brackets, which may hold spaces.
fn ticks(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map_while(|field| field.parse::<f64>().ok());
    Some(fields.next()? + fields.next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_accounts_are_read() {
        assert_eq!(peak_kib("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2048));
        assert_eq!(ticks("7 (a b) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0"), Some(42.0));
    }

    #[test]
    fn a_failing_program_says_why() {
        let error = measure(Command::new("sh").args(["-c", "echo no >&2; exit 3"])).unwrap_err();
        assert!(error.contains("no\n"), "{error}");
    }
}
