//! A fleet from arguments: read, compiled, with its texts at hand for diagnostics.

use std::path::Path;

use aipress_core::diag::{Diagnostics, count, list};
use aipress_core::emit::OutputFile;
use aipress_core::source::SourceSet;
use aipress_core::{Compilation, Options, Stack, compile};
use rayon::prelude::*;

use crate::args::InputArgs;
use crate::exit::Failure;
use crate::source;

/// A compiled fleet and the texts that it came from.
pub struct Fleet {
    /// The texts.
    pub sources: SourceSet,
    /// What the compiler made of them.
    pub compilation: Compilation,
}

/// Reads and compiles the fleet that the arguments name.
///
/// # Errors
/// Everything that is wrong with it, up to placement.
pub fn load(folder: &Path, input: &InputArgs) -> Result<Fleet, Failure> {
    load_revision(folder, input.rev.as_deref(), &options(input))
}

/// Reads and compiles a fleet at a revision, or as its files are.
///
/// # Errors
/// Everything that is wrong with it, up to placement.
pub fn load_revision(folder: &Path, revision: Option<&str>, options: &Options) -> Result<Fleet, Failure> {
    let sources = source::load(folder, revision)?;
    match compile(&sources, options) {
        Ok(compilation) => Ok(Fleet { sources, compilation }),
        Err(diagnostics) => Err(Failure::new(sources, diagnostics)),
    }
}

/// The compiler's options; the clock is read here and nowhere else.
#[must_use]
pub fn options(input: &InputArgs) -> Options {
    Options { now: date(input.now), locked: input.locked }
}

/// The date that rules with a date go by: as told, or today in UTC.
#[must_use]
pub fn date(told: Option<jiff::civil::Date>) -> jiff::civil::Date {
    told.unwrap_or_else(|| jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date())
}

impl Fleet {
    /// Renders every stack, in parallel, and hands each one's files on before the next is begun on that thread: what is
    /// held at one time is a stack per thread.
    ///
    /// # Errors
    /// The errors of all stacks, in the order of the stacks.
    pub fn render_all(
        &self,
        take: impl Fn(&Stack, Vec<OutputFile>) -> Result<(), Diagnostics> + Sync,
    ) -> Result<(), Diagnostics> {
        let stacks = self.compilation.stacks();
        let results: Vec<Result<(), Diagnostics>> = stacks
            .par_iter()
            .with_max_len(1)
            .map(|stack| self.compilation.render(stack).and_then(|files| take(stack, files)))
            .collect();
        let failed: Diagnostics = results.into_iter().filter_map(Result::err).flatten().collect();
        if failed.is_empty() { Ok(()) } else { Err(failed) }
    }

    /// Says what the placement lock lacks, and what comes of it; none if it is complete.
    #[must_use]
    pub fn unrecorded(&self) -> Option<String> {
        let sites: Vec<&str> = self.compilation.proposed().iter().map(|record| record.site.as_str()).collect();
        let part = |names: &[&str], one, many| {
            (!names.is_empty()).then(|| format!("{} ({})", count(names.len(), one, many), list(names, "and", 5)))
        };
        let [shards, replicas] = [self.compilation.proposed_shards(), self.compilation.proposed_replicas()]
            .map(|names| names.iter().map(String::as_str).collect::<Vec<_>>());
        let all = [(&sites, "site", "sites"), (&shards, "shard", "shards"), (&replicas, "replica", "replicas")];
        let parts: Vec<String> = all.into_iter().filter_map(|(names, one, many)| part(names, one, many)).collect();
        let verb = if sites.len() + shards.len() + replicas.len() == 1 { "is" } else { "are" };
        let (last, others) = parts.split_last()?;
        let and = if others.is_empty() { "" } else { " and " };
        Some(format!(
            "{}{and}{last} {verb} not in the placement lock yet: run `aipress place --write` and commit it; \
             the pipeline applies only what is recorded",
            others.join(", ")
        ))
    }

    /// Turns diagnostics of a later stage into a failure that shows the warnings too.
    #[must_use]
    pub fn fail(self, diagnostics: Diagnostics) -> Failure {
        let mut all = self.compilation.warnings().clone();
        all.extend(diagnostics);
        Failure::new(self.sources, all)
    }
}
