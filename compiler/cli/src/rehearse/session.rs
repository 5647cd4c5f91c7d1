//! All stacks of a rehearsal, in the order of their dependency.
//!
//! Input: chosen stacks with their files. Output: everything is in the log. Stacks of one level run side by side, as many
//! as asked; removal goes the other way round at the very end, so that the world has seen all stacks together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::change::{self, Change};
use super::disturb::{self, Disturbance};
use super::log::Log;
use super::process::{Peak, Terraform};
use super::scratch::{Scratch, Side};
use super::select::Chosen;
use super::stack::{Done, Stack, Stopped};
use super::state_server::StateServer;

/// How far a rehearsal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Until {
    /// `init` and `validate`.
    Validate,
    /// And `plan`, compared with the prediction.
    Plan,
    /// And `apply`, and a second plan that must be empty.
    Apply,
    /// And `destroy`.
    Destroy,
}

/// A stack and what the compiler says of it.
pub struct Job {
    /// The stack.
    pub chosen: Chosen,
    /// The addresses that it will have.
    pub expected: BTreeSet<String>,
}

/// One rehearsal.
pub struct Session {
    /// The programs and variables of every run.
    pub terraform: Terraform,
    /// The folder.
    pub scratch: Scratch,
    /// The states.
    pub server: StateServer,
    /// What is said.
    pub log: Log,
    /// The stacks, by level.
    pub jobs: Vec<Job>,
    /// `<type>.<name>` of resources that Terraform itself refuses to destroy.
    pub prevented: BTreeSet<String>,
    /// Stacks that run side by side.
    pub width: usize,
    /// How far it goes.
    pub until: Until,
    /// What goes wrong on purpose.
    pub disturbance: Option<Disturbance>,
    /// Later fleets, each planned on top.
    pub changes: Vec<Change>,
}

impl Session {
    /// Runs it all.
    pub fn run(&self) {
        let mut open: BTreeSet<&str> = self.each(self.jobs.iter(), |stack| stack.prepare());
        if self.until == Until::Validate {
            return;
        }
        let disturbance = self.disturbance.as_ref().filter(|_| self.until >= Until::Apply);
        let undisturbed = disturbance.map(|_| disturb::undisturbed(self, &open));
        let levels: BTreeSet<usize> = self.jobs.iter().map(|job| job.chosen.level).collect();
        let mut blocked = false;
        for level in &levels {
            let here = || self.jobs.iter().filter(|job| job.chosen.level == *level);
            let started = here().filter(|job| open.contains(job.chosen.name.as_str()));
            let done = self.each(started, |stack| self.bring_up(stack, blocked, undisturbed.as_ref()));
            open.retain(|name| done.contains(name) || here().all(|job| job.chosen.name != *name));
            blocked |= here().any(|job| !open.contains(job.chosen.name.as_str()));
        }
        for change in self.changes.iter().filter(|_| self.until >= Until::Apply) {
            if let Err(problem) = change::run(self, change, &open) {
                self.log.problem(problem);
            }
        }
        if self.until == Until::Destroy {
            self.take_down(&open, &levels);
        }
    }

    fn bring_up(&self, stack: Stack<'_>, blocked: bool, undisturbed: Option<&disturb::States>) -> Done<()> {
        let proposal = stack.plan()?;
        if self.until == Until::Plan {
            return Ok(());
        }
        if blocked {
            let why = "not tried: a stack that comes before it did not apply".to_owned();
            stack.log("apply", false, Duration::ZERO, Peak::default(), why, String::new());
            return Err(Stopped);
        }
        match &self.disturbance {
            None => stack.apply()?,
            Some(disturbance) => disturb::apply(stack, disturbance, &proposal, undisturbed)?,
        }
        stack.again()
    }

    /// Removes what was applied; a stack stays if one that comes after it stays.
    fn take_down(&self, applied: &BTreeSet<&str>, levels: &BTreeSet<usize>) {
        for level in levels.iter().rev() {
            let here: Vec<&Job> = self.jobs.iter().filter(|job| job.chosen.level == *level).collect();
            let up = here.iter().copied().filter(|job| applied.contains(job.chosen.name.as_str()));
            let gone = self.each(up, |stack| stack.remove());
            if gone.len() < here.len() {
                return;
            }
        }
    }

    /// Does something for each stack, side by side; returns the names of those for which it went well.
    pub fn each<'a>(
        &'a self,
        jobs: impl Iterator<Item = &'a Job>,
        act: impl Fn(Stack<'a>) -> Done<()> + Sync,
    ) -> BTreeSet<&'a str> {
        let jobs: Vec<&Job> = jobs.collect();
        let fine = Mutex::new(BTreeSet::new());
        self.side_by_side(&jobs, |job| {
            if act(self.stack(job, Side::Written)).is_ok() {
                fine.lock().unwrap_or_else(PoisonError::into_inner).insert(job.chosen.name.as_str());
            }
        });
        fine.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something for each item, as many at one time as the session is wide.
    pub fn side_by_side<T: Sync>(&self, items: &[T], act: impl Fn(&T) + Sync) {
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.width.min(items.len()) {
                scope.spawn(|| {
                    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        act(item);
                    }
                });
            }
        });
    }

    /// One stack of one copy.
    #[must_use]
    pub fn stack<'a>(&'a self, job: &'a Job, side: Side) -> Stack<'a> {
        Stack { session: self, name: &job.chosen.name, expected: &job.expected, side }
    }

    /// Stacks of each level, lowest first.
    #[must_use]
    pub fn levels(&self) -> BTreeMap<usize, Vec<&Job>> {
        let mut levels: BTreeMap<usize, Vec<&Job>> = BTreeMap::new();
        for job in &self.jobs {
            levels.entry(job.chosen.level).or_default().push(job);
        }
        levels
    }
}
