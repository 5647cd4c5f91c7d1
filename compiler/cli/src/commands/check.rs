//! `aipress check`: everything that is wrong with a fleet; writes nothing.

use std::path::Path;

use aipress_core::diag::count;

use crate::args::CheckArgs;
use crate::exit::{Exit, Failure};
use crate::render::{Format, Look, Report};
use crate::{fleet, out};

/// Runs every stage, rendering included, so that what `check` accepts compiles.
///
/// # Errors
/// The problems, if they are to be shown as text.
pub fn run(folder: &Path, args: &CheckArgs) -> Result<Exit, Failure> {
    let checked = fleet::load(folder, &args.input).and_then(|fleet| match fleet.render_all(|_, _| Ok(())) {
        Ok(()) => Ok(fleet),
        Err(diagnostics) => Err(fleet.fail(diagnostics)),
    });
    if let (Ok(fleet), Some(stack), Some(plan)) = (&checked, &args.stack, &args.terraform_plan) {
        return super::expect::run(fleet, stack, plan);
    }
    match (checked, args.format) {
        (Ok(fleet), Format::Text) => {
            out::report(&fleet.sources, fleet.compilation.warnings().clone());
            let sites = count(fleet.compilation.site_count(), "site", "sites");
            let shards = count(fleet.compilation.shard_count(), "shard", "shards");
            out::result(&format!("no errors in {sites} on {shards}\n"));
            fleet.unrecorded().iter().for_each(|line| out::say(line));
            Ok(Exit::Fine)
        }
        (Ok(fleet), format) => {
            let report = Report::new(&fleet.sources, fleet.compilation.warnings().clone());
            let sites = fleet.compilation.proposed().iter().map(|record| record.site.clone()).collect();
            let shards = fleet.compilation.proposed_shards().to_vec();
            let replicas = fleet.compilation.proposed_replicas().to_vec();
            show(&report.with_unrecorded([sites, shards, replicas]), format);
            Ok(Exit::Fine)
        }
        (Err(failure), Format::Text) => Err(failure),
        (Err(failure), format) => {
            show(&Report::new(&failure.sources, failure.diagnostics), format);
            Ok(Exit::Errors)
        }
    }
}

/// Writes the document to standard output, since it is what was asked for, and the count to standard error.
fn show(report: &Report<'_>, format: Format) {
    out::result(&report.write(format, &Look::of_stderr()));
    if let Some(line) = report.count_line() {
        out::say(&line);
    }
}
