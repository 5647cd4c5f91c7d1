//! A fleet for the questions about placement: checked, with its lock, and no stage after that.
//!
//! Input: sources. Output: [`Survey`], from which a [`Situation`] is taken. What is wrong with homes, limits or room is no
//! error here: it is what the commands that ask are for.

use crate::Options;
use crate::check::fleet::Fleet;
use crate::check::{self, rules};
use crate::diag::{Code, Diagnostics};
use crate::place::{self, EdgeRoom, Lock, Policy, ShardRoom, SiteRequest, Situation};
use crate::source::SourceSet;

/// A checked fleet as placement sees it, with its lock.
#[derive(Debug)]
pub struct Survey {
    /// The fleet.
    pub fleet: Fleet,
    /// The lock.
    pub lock: Lock,
    /// The sites.
    pub sites: Vec<SiteRequest>,
    /// The shards.
    pub shards: Vec<ShardRoom>,
    /// The edges.
    pub edges: Vec<EdgeRoom>,
    /// What the platform says about placement.
    pub policy: Policy,
    /// Warnings so far.
    pub warnings: Diagnostics,
}

impl Survey {
    /// Checks a fleet and reads its lock.
    ///
    /// # Errors
    /// Errors of the documents, damage and forks of the lock.
    pub fn read(sources: &SourceSet, options: &Options) -> Result<Self, Diagnostics> {
        Self::read_despite(sources, options, &[])
    }

    /// The same for who asks about what is wrong: errors with one of these codes end nothing, and stand among the warnings.
    ///
    /// # Errors
    /// As of [`Survey::read`].
    pub fn read_despite(sources: &SourceSet, options: &Options, codes: &[Code]) -> Result<Self, Diagnostics> {
        let check::Checked { fleet, mut warnings, .. } = check::check_despite(sources, options, codes)?;
        let (lock, damage) = Lock::read(sources);
        warnings.extend(damage);
        rules::locked(&fleet, &lock, &mut warnings);
        if warnings.has_errors_but(codes) {
            return Err(warnings);
        }
        Ok(Self {
            sites: place::fleet::requests(&fleet),
            shards: place::fleet::shard_rooms(&fleet),
            edges: place::fleet::edge_rooms(&fleet),
            policy: place::fleet::policy(&fleet, false),
            fleet,
            lock,
            warnings,
        })
    }

    /// What placement works on.
    #[must_use]
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            sites: &self.sites,
            shards: &self.shards,
            edges: &self.edges,
            lock: &self.lock,
            policy: &self.policy,
        }
    }
}
