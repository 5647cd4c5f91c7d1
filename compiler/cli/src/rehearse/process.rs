//! Runs terraform and measures it.
//!
//! Input: a folder and arguments. Output: [`Finished`]: how it ended, its text, its time, its peak memory. Invariants: of
//! the user's environment only `PATH` and the language reach terraform, so no credential and no setting of theirs does; each terraform is
//! a process group of its own, so that it ends together with its providers.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::interrupt;

/// Peak resident memory in MiB; 0 where the system does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Peak {
    /// Terraform itself.
    pub terraform: u64,
    /// Its providers together.
    pub stand_in: u64,
}

impl Peak {
    /// The larger of two, each for itself.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { terraform: self.terraform.max(other.terraform), stand_in: self.stand_in.max(other.stand_in) }
    }
}

/// How a run of terraform ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
    /// Wall time.
    pub time: Duration,
    /// Peak memory.
    pub peak: Peak,
}

impl Finished {
    /// Whether it ended with 0.
    #[must_use]
    pub fn is_fine(&self) -> bool {
        self.code == Some(0)
    }

    /// Everything that it said, without the lines that only say what it is busy with.
    #[must_use]
    pub fn text(&self) -> String {
        let busy = |line: &&str| BUSY.iter().any(|word| line.contains(word));
        let lines = self.output.lines().filter(|line| !busy(line)).chain(self.errors.lines());
        lines.collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

/// A terraform to run.
#[derive(Debug, Clone)]
pub struct Terraform {
    /// The program.
    pub program: PathBuf,
    /// Variables of every run, besides the few that the system needs.
    pub environment: Vec<(OsString, OsString)>,
}

/// Variables of the user's that reach terraform.
const KEPT: [&str; 4] = ["PATH", "LANG", "TMPDIR", "SystemRoot"];

/// What terraform says of a resource while it works: in a large stack thousands of lines.
const BUSY: [&str; 8] = [
    ": Refreshing state... ",
    ": Reading...",
    ": Preparing import...",
    ": Opening...",
    ": Closing...",
    ": Creating...",
    ": Still ",
    " complete after ",
];

/// How often memory is read.
const TICK: Duration = Duration::from_millis(20);

impl Terraform {
    /// Runs to the end, or kills terraform and its providers as soon as it has said `most` times that a resource is made.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn run(
        &self,
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, OsString)],
        most: Option<usize>,
    ) -> std::io::Result<Finished> {
        let mut command = Command::new(&self.program);
        command.current_dir(folder).args(arguments).env_clear();
        command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let begun = Instant::now();
        let mut child = interrupt::start(|| command.spawn(), Child::id)?;
        let finished = follow(&mut child, begun, most);
        interrupt::leave(child.id());
        finished
    }
}

fn follow(child: &mut Child, begun: Instant, most: Option<usize>) -> std::io::Result<Finished> {
    let (id, output, errors) = (child.id(), child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let output = scope.spawn(move || output.map(|stream| read(stream, id, most)).unwrap_or_default());
        let errors = scope.spawn(move || {
            let mut text = Vec::new();
            let _ = errors.map(|mut stream| stream.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut peak = Peak::default();
        let status = loop {
            peak = peak.max(sample(id));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(TICK);
        };
        let time = begun.elapsed();
        let text = |thread: std::thread::ScopedJoinHandle<'_, String>| thread.join().unwrap_or_default();
        Ok(Finished { code: status.code(), output: text(output), errors: text(errors), time, peak })
    })
}

/// Reads line by line, because a kill is to come after an exact number of resources.
fn read(stream: impl Read, group: u32, most: Option<usize>) -> String {
    let (mut text, mut made) = (String::new(), 0);
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        made += usize::from(line.contains(": Creation complete after"));
        text.push_str(&line);
        text.push('\n');
        if most.is_some_and(|most| made >= most) {
            interrupt::kill(group);
        }
    }
    text
}

fn sample(process: u32) -> Peak {
    // Providers are started by a thread of terraform's, and each thread lists its own children.
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let ids = |list: String| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>();
    // A child that has not become a provider yet is a copy of terraform and shares its memory.
    let program = |id: u32| fs::read_link(format!("/proc/{id}/exe")).ok();
    let own = program(process);
    let all: BTreeSet<u32> = lists.flat_map(ids).filter(|id| program(*id) != own).collect();
    Peak { terraform: peak_mib(process), stand_in: all.into_iter().map(peak_mib).sum() }
}

fn peak_mib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.unwrap_or_default().div_ceil(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, most: Option<usize>) -> Finished {
        let shell = Terraform { program: "sh".into(), environment: vec![("OURS".into(), "1".into())] };
        shell.run(Path::new("."), &["-c", script], &[], most).unwrap()
    }

    #[test]
    fn nothing_of_the_users_environment_arrives() {
        let finished = shell("env | cut -d= -f1", None);
        let names: Vec<&str> = finished.output.lines().collect();
        assert!(names.contains(&"OURS") && names.contains(&"PATH"), "{names:?}");
        assert!(!names.contains(&"HOME") && !names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
    }

    #[test]
    fn a_kill_ends_the_whole_group_after_the_asked_number() {
        let script = "for i in 1 2 3 4; do echo \"a.b$i: Creation complete after 0s\"; sleep 0.3; done; sleep 60";
        let finished = shell(script, Some(2));
        assert_eq!(finished.code, None);
        assert!(finished.output.matches("complete").count() < 4, "{}", finished.output);
        assert!(finished.time < Duration::from_secs(30));
    }

    #[test]
    fn text_and_exit_code_are_kept() {
        let finished = shell("echo out; echo 'a.b: Creating...'; echo err >&2; exit 3", None);
        assert_eq!((finished.code, finished.text().as_str()), (Some(3), "out\nerr"));
    }
}
