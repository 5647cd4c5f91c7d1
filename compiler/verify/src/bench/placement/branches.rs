//! Pull requests that know nothing of each other: each records sites on its own branch, Git merges them all.
//!
//! The lock really lies in a Git repository and `git merge` really runs.

use std::fs;
use std::path::Path;

use aipress_core::emit::OutputFile;
use aipress_core::place::{Lock, segment_files};
use aipress_core::source::SourceSet;

use super::world::{Setting, World, policy, record};
use super::{Error, Figure};
use crate::bench::repository::Repository;

/// Figures of [`figures`].
pub const NAMES: &[&str] = &[OVERFULL, CONFLICTS];

const OVERFULL: &str =
    "2 pull requests of 50 at .80, soft limit .97: shards over a hard limit after the merge, at most";
const CONFLICTS: &str = "2 pull requests of 50 at .80, soft limit .97: merges in which Git finds a conflict, at most";

const KEPT: &str = "cannot keep a repository";

const RECORDED: usize = 50_000;

/// What merging left.
#[derive(Debug)]
pub struct Merged {
    /// The lock of the merged tree.
    pub lock: Lock,
    /// Merges that Git refused.
    pub conflicts: usize,
}

/// Records, merges, counts.
///
/// # Errors
/// Git does not run, or the merged lock is damaged.
pub fn figures(seed: u64) -> Result<Vec<Figure>, Error> {
    let mut world = World::new(Setting::usual(800), 100, seed);
    world.policy = policy(3);
    let merged = merge(&world, 2, 50)?;
    let over = overfull(&world, &merged.lock);
    Ok(vec![Figure::most(OVERFULL, over as f64, 0.0), Figure::most(CONFLICTS, merged.conflicts as f64, 0.0)])
}

/// Counts the shards over a hard limit when every recorded site has its home.
#[must_use]
pub fn overfull(world: &World, lock: &Lock) -> usize {
    let loads = world.place(world.sites.len(), world.shards.len(), lock).loads;
    let over = |id: &str, hard| loads.get(id).is_some_and(|load| !load.is_within(hard));
    world.shards.iter().filter(|shard| over(&shard.id, &shard.hard)).count()
}

/// Makes a repository with a recorded fleet, branches that each add their own sites, and merges them one by one.
///
/// # Errors
/// Git does not run, or the merged lock is damaged.
pub fn merge(world: &World, branches: usize, sites: usize) -> Result<Merged, Error> {
    let folder = tempfile::tempdir().map_err(Error::io(KEPT))?;
    let folder = folder.path();
    let mut lock = Lock::new();
    let recorded = world.place(RECORDED, world.shards.len(), &lock);
    record(&mut lock, &recorded);
    let repository = Repository(folder);
    repository.start()?;
    commit(folder, &lock.base_files())?;
    for branch in 0..branches {
        repository.git(&["checkout", "--quiet", "-b", &format!("b{branch}"), "main"])?;
        let mut alone = world.clone();
        alone.sites.truncate(RECORDED);
        alone.sites.extend_from_slice(&world.sites[RECORDED + branch * sites..][..sites]);
        let placement = alone.place(alone.sites.len(), alone.shards.len(), &lock);
        commit(folder, &segment_files(&placement.records))?;
    }
    repository.check_out("main")?;
    let mut conflicts = 0;
    for branch in (0..branches).rev() {
        let merged = repository.git(&["merge", "--quiet", "--no-edit", "--no-ff", &format!("b{branch}")]);
        if merged.is_err() {
            conflicts += 1;
            repository.git(&["merge", "--abort"])?;
        }
    }
    Ok(Merged { lock: read(folder)?, conflicts })
}

fn commit(folder: &Path, files: &[OutputFile]) -> Result<(), Error> {
    for file in files {
        let place = folder.join(&file.path);
        place.parent().map_or(Ok(()), fs::create_dir_all).map_err(Error::io(KEPT))?;
        fs::write(&place, &file.content).map_err(Error::io(KEPT))?;
    }
    Repository(folder).commit("record")
}

fn read(folder: &Path) -> Result<Lock, Error> {
    let mut files = Vec::new();
    for part in ["base", "seg"] {
        let below = format!("tenants/placement/{part}");
        for entry in fs::read_dir(folder.join(&below)).map_err(Error::io(KEPT))? {
            let entry = entry.map_err(Error::io(KEPT))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push((format!("{below}/{name}"), fs::read_to_string(entry.path()).map_err(Error::io(KEPT))?));
        }
    }
    let (lock, problems) = Lock::read(&SourceSet::new(files));
    match problems.first() {
        None => Ok(lock),
        Some(problem) => Err(Error::Failed(format!("the merged lock: {}", problem.title))),
    }
}
