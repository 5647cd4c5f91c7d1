//! A stack as it is applied, as a record that plans start from.
//!
//! Input: a compilation, one of its stacks, the commit and the moment. Output: a [`Record`]; a site that runs what it ran
//! before keeps the moment since when.

use std::collections::BTreeMap;

use crate::Stack;
use crate::compile::Compilation;
use crate::diag::Diagnostics;
use crate::emit::hcl::Body;
use crate::lower::{Call, module_name};
use crate::plan::applied::{FORMAT, Moment, Record, SiteRecord, tree};
use crate::plan::release::Releases;
use crate::render::Rendered;
use crate::source::sha256;

/// What only the one who applies knows.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// The commit, all 40 digits.
    pub revision: &'a str,
    /// Now.
    pub at: Moment,
    /// The record so far.
    pub before: Option<&'a Record>,
}

/// Makes the record of a stack.
///
/// # Errors
/// A stack that cannot be rendered.
pub fn record(compilation: &Compilation, stack: &Stack, told: &Told<'_>) -> Result<Record, Diagnostics> {
    let rendered = compilation.render_with_calls(stack)?;
    Ok(Record {
        format_version: FORMAT,
        fleet: compilation.fleet().platform.metadata.name.value.clone(),
        stack: stack.name(),
        revision: told.revision.to_owned(),
        compiler: env!("CARGO_PKG_VERSION").to_owned(),
        at: told.at,
        tree: tree_of(&rendered),
        sites: sites(compilation, &rendered, told),
        begun: None,
    })
}

/// Returns the digest of a rendered stack.
#[must_use]
pub fn tree_of(rendered: &Rendered) -> String {
    tree(rendered.files.iter().map(|file| (file.path.as_str(), file.content.as_str())))
}

fn sites(compilation: &Compilation, rendered: &Rendered, told: &Told<'_>) -> BTreeMap<String, SiteRecord> {
    let blueprints = compilation.blueprint_digests();
    let releases = Releases::of(compilation.side(), &blueprints);
    let calls: BTreeMap<&str, &Call> = rendered.calls.iter().map(|call| (call.name.as_str(), call)).collect();
    let site = |facts: &crate::check::fleet::SiteFacts| {
        let call = calls.get(module_name(&facts.id.resource()).as_str())?;
        let id = facts.id.to_string();
        let release = releases.site(facts)?;
        let known = told.before.and_then(|record| record.sites.get(&id)).filter(|known| known.release == release);
        let since = known.map_or(told.at, |known| known.since);
        Some((id, SiteRecord { digest: digest(call), release, since }))
    };
    compilation.fleet().sites.iter().filter_map(site).collect()
}

/// Returns the digest of a call: over its arguments as they are written, the blueprint and its version.
fn digest(call: &Call) -> String {
    let body =
        call.arguments.iter().fold(Body::new(), |body, (name, argument)| body.attribute(name, argument.value.clone()));
    sha256(&format!("{}/{}\n{}", call.blueprint, call.version, body.to_file().unwrap_or_default()))
}
