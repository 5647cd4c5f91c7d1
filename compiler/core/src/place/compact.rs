//! Compaction of the lock: many segments become base files that say the same.
//!
//! Input: the sources and the lock read from them. Output: files to write and files to remove. The state stays as it is,
//! generations included, but for records of sites whose data is gone: their tombstone keeps the name. A second compaction
//! has nothing to do. Meant for the main branch, where other writers only ever add segments: so no text conflicts.

use std::collections::BTreeMap;

use super::lock::Lock;
use super::lock_text::FOLDER;
use crate::emit::OutputFile;
use crate::source::SourceSet;

/// What a compaction changes on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compaction {
    /// Files to write, by path; to be written before anything is removed, so that no moment loses a record.
    pub write: Vec<OutputFile>,
    /// Paths to remove, sorted.
    pub remove: Vec<String>,
    /// Records that are dropped because their site's data is gone.
    pub dropped: usize,
}

impl Compaction {
    /// Whether the lock is compact already.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.write.is_empty() && self.remove.is_empty()
    }
}

/// Says which files make a lock compact; the lock must have been read from these sources without a problem.
#[must_use]
pub fn compact(sources: &SourceSet, lock: &Lock) -> Compaction {
    let kept = lock.without_gone();
    let mut wanted: BTreeMap<String, String> = kept
        .base_files()
        .into_iter()
        .chain(kept.settled_file())
        .chain((kept.tombstones().next().is_some()).then(|| kept.tombstones_file()))
        .map(|file| (file.path, file.content))
        .collect();
    let mut remove = Vec::new();
    for (_, source) in sources.files() {
        if !source.path.starts_with(FOLDER) || *source.path == *super::index::PATH {
            continue;
        }
        match wanted.get(&*source.path) {
            Some(content) if *content == *source.text => {
                wanted.remove(&*source.path);
            }
            Some(_) => {}
            None => remove.push(source.path.to_string()),
        }
    }
    let write = wanted.into_iter().map(|(path, content)| OutputFile { path, content }).collect();
    Compaction { write, remove, dropped: lock.records().count() - kept.records().count() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{Demand, Reason, Record, Tombstone, segment_files};

    fn record(site: &str, shard: &str, generation: u64) -> Record {
        let (site, shard, edge) = (site.into(), shard.into(), "main".into());
        Record { site, shard, edge, generation, algorithm: 1, reason: Reason::New, span: None }
    }

    fn sources(files: Vec<OutputFile>) -> SourceSet {
        SourceSet::new(files.into_iter().map(|file| (file.path, file.content)).collect())
    }

    fn apply(before: &SourceSet, change: &Compaction) -> SourceSet {
        let kept = before.files().filter(|(_, source)| source.path.starts_with(FOLDER));
        let mut files: BTreeMap<String, String> =
            kept.map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect();
        change.remove.iter().for_each(|path| drop(files.remove(path)));
        files.extend(change.write.iter().map(|file| (file.path.clone(), file.content.clone())));
        SourceSet::new(files.into_iter().collect())
    }

    fn state(lock: &Lock) -> Vec<Record> {
        lock.records().map(|record| Record { span: None, ..record.clone() }).collect()
    }

    #[test]
    fn compaction_keeps_the_state_is_canonical_and_a_second_one_does_nothing() {
        let first: Vec<Record> = (0..40).map(|n| record(&format!("t{n}"), "eu1", 1)).collect();
        let second: Vec<Record> = (30..60).map(|n| record(&format!("t{n}"), "eu2", 2)).collect();
        let mut files = segment_files(&first);
        files.extend(segment_files(&second));
        files.push(OutputFile { path: format!("{FOLDER}settled"), content: "g1\n".into() });
        let before = sources(files);
        let (lock, problems) = Lock::read(&before);
        assert!(problems.is_empty());
        let change = compact(&before, &lock);
        assert_eq!(change.remove.len(), 2);
        let after = apply(&before, &change);
        let (read, problems) = Lock::read(&after);
        assert!(problems.is_empty());
        assert_eq!((state(&read), read.settled()), (state(&lock), Some(1)));
        assert_eq!(read.next_generation(), lock.next_generation());
        assert!(compact(&after, &read).is_empty());
        // The other order of writing gives the same files.
        let mut turned = segment_files(&second);
        turned.extend(segment_files(&first));
        turned.push(OutputFile { path: format!("{FOLDER}settled"), content: "g1\n".into() });
        let turned = sources(turned);
        let change = compact(&turned, &Lock::read(&turned).0);
        let texts = |set: &SourceSet| -> Vec<(String, String)> {
            set.files().map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect()
        };
        assert_eq!(texts(&apply(&turned, &change)), texts(&after));
    }

    #[test]
    fn only_records_of_sites_whose_data_is_gone_are_dropped() {
        let mut lock = Lock::new();
        ["gone", "held", "live"].into_iter().for_each(|site| lock.insert(record(site, "eu1", 1)));
        lock.bury("gone".into(), Tombstone { generation: 2, holds: None, span: None });
        lock.bury("held".into(), Tombstone { generation: 2, holds: Some(Demand::default()), span: None });
        let change = compact(&sources(Vec::new()), &lock);
        assert_eq!(change.dropped, 1);
        let after = Lock::read(&apply(&sources(Vec::new()), &change)).0;
        let sites: Vec<String> = state(&after).into_iter().map(|record| record.site).collect();
        assert_eq!(sites, ["held", "live"]);
        assert!(after.tombstone("gone").is_some());
        assert_eq!(after.next_generation(), 3);
    }
}
