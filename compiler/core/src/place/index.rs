//! The number of each shard and of each replica in its region, as recorded: what addresses are computed from.
//!
//! One file, [`PATH`]: lines `<region> <number> <shard>`, and after those of a region's shards lines
//! `<region> <number> <shard>/<replica>` for the replicas that are in the region, wherever their shard is. The two have
//! each a sequence of their own. A line stays for good, so that no later shard or replica gets the addresses of an
//! earlier one. Two branches that each add a shard to a region touch the same lines: Git stops the second, and
//! `aipress place --write` on the merged tree gives it the next number.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic};
use crate::emit::OutputFile;
use crate::source::{SourceSet, Span, Spanned};

/// Where the numbers are recorded.
pub const PATH: &str = "tenants/placement/shards";

const DAMAGED: Code = Code(313);

/// The largest number: beyond it no region has addresses.
const MAX_NUMBER: u32 = 99_999;

/// The recorded numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardNumbers {
    shards: BTreeMap<String, (String, Spanned<u32>)>,
    replicas: BTreeMap<ReplicaPlace, u32>,
}

/// A region, and `<shard>/<replica>` of a replica in it.
type ReplicaPlace = (String, String);

/// The numbers of all shards and replicas of a fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbering {
    /// Region and number by shard, those of shards without a document included.
    pub numbers: BTreeMap<String, (String, u32)>,
    /// Number by region and `<shard>/<replica>`, those of replicas that are gone included.
    pub replicas: BTreeMap<ReplicaPlace, u32>,
    /// The shards whose number is not recorded yet.
    pub proposed: Vec<String>,
    /// The replicas whose number is not recorded yet, as `<shard>/<replica>`.
    pub proposed_replicas: Vec<String>,
}

impl ShardNumbers {
    /// Reads the file; without one, nothing is recorded.
    #[must_use]
    pub fn read(sources: &SourceSet) -> (Self, Vec<Diagnostic>) {
        let mut numbers = Self::default();
        let mut problems = Vec::new();
        let Some((id, source)) = sources.find(PATH).and_then(|id| Some((id, sources.get(id)?))) else {
            return (numbers, problems);
        };
        let mut start = 0;
        let mut taken = Taken::default();
        let mut merge = Merge::default();
        for line in source.text.split_inclusive('\n') {
            let span = Span::new(id, start, start + line.trim_end().len());
            start += line.len();
            if merge.takes(line.trim_end(), span) {
                continue;
            }
            match parse_line(line) {
                Some((region, number, name)) => {
                    problems.extend(taken.by(region, number, name, span).map(|first| repeated(span, first)));
                    let region = region.to_owned();
                    if name.contains('/') {
                        numbers.replicas.insert((region, name.to_owned()), number);
                    } else {
                        numbers.shards.insert(name.to_owned(), (region, Spanned::new(number, span)));
                    }
                }
                None => problems.push(unreadable(span)),
            }
        }
        problems.extend(merge.found);
        (numbers, problems)
    }

    /// Gives every shard without a number the next one of its region, in order of their names.
    #[must_use]
    pub fn assign<'a>(
        &self,
        shards: impl IntoIterator<Item = (&'a str, &'a Spanned<String>)>,
    ) -> (Numbering, Vec<Diagnostic>) {
        let mut next: BTreeMap<String, u32> = BTreeMap::new();
        let mut numbering = Numbering::default();
        for (shard, (region, number)) in &self.shards {
            let free = next.entry(region.clone()).or_default();
            *free = (*free).max(number.value + 1);
            numbering.numbers.insert(shard.clone(), (region.clone(), number.value));
        }
        let mut problems = Vec::new();
        let sorted: BTreeMap<&str, &Spanned<String>> = shards.into_iter().collect();
        for (shard, region) in sorted {
            match self.shards.get(shard) {
                Some((recorded, line)) if *recorded != region.value => {
                    problems.push(moved(shard, recorded, line.span, region))
                }
                Some(_) => {}
                None => {
                    let free = next.entry(region.value.clone()).or_default();
                    numbering.numbers.insert(shard.to_owned(), (region.value.clone(), *free));
                    numbering.proposed.push(shard.to_owned());
                    *free += 1;
                }
            }
        }
        (numbering, problems)
    }

    /// Gives every replica, with its region and as `<shard>/<replica>`, without a number the next one of that region, in
    /// order of their names.
    pub fn assign_replicas(&self, replicas: impl IntoIterator<Item = ReplicaPlace>, numbering: &mut Numbering) {
        numbering.replicas = self.replicas.clone();
        let mut next: BTreeMap<String, u32> = BTreeMap::new();
        for ((region, _), number) in &self.replicas {
            let free = next.entry(region.clone()).or_default();
            *free = (*free).max(number + 1);
        }
        for place in replicas.into_iter().collect::<BTreeSet<_>>() {
            if !numbering.replicas.contains_key(&place) {
                let free = next.entry(place.0.clone()).or_default();
                numbering.proposed_replicas.push(place.1.clone());
                numbering.replicas.insert(place, *free);
                *free += 1;
            }
        }
        numbering.proposed_replicas.sort_unstable();
    }
}

impl Numbering {
    /// Returns the number of a shard's replica in the region that the replica is in.
    #[must_use]
    pub fn replica(&self, region: &str, shard: &str, replica: &str) -> Option<u32> {
        self.replicas.get(&(region.to_owned(), format!("{shard}/{replica}"))).copied()
    }

    /// Whether every number is recorded.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.proposed.is_empty() && self.proposed_replicas.is_empty()
    }

    /// Writes the file that records all numbers.
    #[must_use]
    pub fn to_file(&self) -> OutputFile {
        let shards = self.numbers.iter().map(|(shard, (region, number))| (region, false, *number, shard));
        let replicas = self.replicas.iter().map(|((region, replica), number)| (region, true, *number, replica));
        let mut lines: Vec<_> = shards.chain(replicas).collect();
        lines.sort_unstable();
        let content = lines.iter().map(|(region, _, number, name)| format!("{region} {number} {name}\n")).collect();
        OutputFile { path: PATH.to_owned(), content }
    }
}

/// What the lines so far have given away.
#[derive(Default)]
struct Taken {
    /// By region, number and whether it is a replica's.
    numbers: BTreeMap<(String, u32, bool), Span>,
    /// By name; that of a replica with its region, in each of which it may have a number.
    names: BTreeMap<(String, String), Span>,
}

impl Taken {
    /// Takes number and name; returns the line that has one of them already.
    fn by(&mut self, region: &str, number: u32, name: &str, span: Span) -> Option<Span> {
        let is_replica = name.contains('/');
        let scope = if is_replica { region.to_owned() } else { String::new() };
        let number = self.numbers.insert((region.to_owned(), number, is_replica), span);
        let name = self.names.insert((scope, name.to_owned()), span);
        number.or(name)
    }
}

fn parse_line(line: &str) -> Option<(&str, u32, &str)> {
    let mut words = line.strip_suffix('\n')?.split(' ');
    let (region, number, shard) = (words.next()?, words.next()?, words.next()?);
    let value: u32 = number.parse().ok()?;
    let is_canonical = words.next().is_none() && value.to_string() == number && value <= MAX_NUMBER;
    let is_name = shard.split('/').count() <= 2 && shard.split('/').all(|part| !part.is_empty());
    (is_canonical && !region.is_empty() && is_name).then_some((region, value, shard))
}

/// Places where Git could not merge, each one problem.
#[derive(Default)]
struct Merge {
    found: Vec<Diagnostic>,
    is_open: bool,
}

impl Merge {
    /// Takes a line that is a mark, or between two marks.
    fn takes(&mut self, line: &str, span: Span) -> bool {
        if let Some(ours) = line.strip_prefix("<<<<<<< ") {
            self.is_open = true;
            let label = format!("from here it is as in `{ours}`");
            self.found
                .push(Diagnostic::error(DAMAGED, "an unfinished merge in the list of shard numbers", span, label).help(
                "remove the marks and keep the lines of both sides, of two with the same number the one of the main \
                     branch; then run `aipress place --write`, which gives the other shard the next number.",
            ));
            return true;
        }
        if !self.is_open {
            return false;
        }
        let theirs = line.strip_prefix(">>>>>>> ");
        self.is_open = theirs.is_none();
        let label = theirs.map(|theirs| format!("up to here it is as in `{theirs}`"));
        let label = label.or_else(|| (line == "=======").then(|| "the other side begins".to_owned()));
        if let Some(label) = label
            && let Some(last) = self.found.pop()
        {
            self.found.push(last.related(span, label));
        }
        true
    }
}

fn unreadable(span: Span) -> Diagnostic {
    Diagnostic::error(
        DAMAGED,
        "the list of shard numbers has a line that cannot be read",
        span,
        "expected `<region> <number> <shard>` or `<region> <number> <shard>/<replica>`",
    )
    .help("restore the file from Git, then run `aipress place --write`.")
}

fn repeated(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        DAMAGED,
        "a shard, a replica or a number stands twice in the list of shard numbers",
        span,
        "given again here",
    )
    .related(first, "first given here")
    .help("keep the line that is on the main branch, then run `aipress place --write`.")
}

fn moved(shard: &str, recorded: &str, line: Span, region: &Spanned<String>) -> Diagnostic {
    let title = format!("shard `{shard}` is recorded in region `{recorded}`");
    Diagnostic::error(DAMAGED, title, region.span, "the region of a shard may not change")
        .related(line, "recorded here")
        .help(format!("set `region` back to `{recorded}`; for another region make a new shard and move the sites."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;

    fn read(text: &str) -> (ShardNumbers, Vec<Diagnostic>) {
        ShardNumbers::read(&SourceSet::new(vec![(PATH.to_owned(), text.to_owned())]))
    }

    fn region(name: &str) -> Spanned<String> {
        Spanned::new(name.to_owned(), Span::start_of(SourceId(9)))
    }

    #[test]
    fn a_number_is_never_given_twice_and_never_changes() {
        let (numbers, problems) = read("eu 0 a\neu 2 gone\nus 0 u\n");
        assert!(problems.is_empty());
        let (eu, us) = (region("eu"), region("us"));
        let (numbering, problems) = numbers.assign([("b", &eu), ("a", &eu), ("u", &us), ("c", &eu)]);
        assert!(problems.is_empty());
        assert_eq!(numbering.proposed, ["b", "c"]);
        assert_eq!(numbering.to_file().content, "eu 0 a\neu 2 gone\neu 3 b\neu 4 c\nus 0 u\n");
        assert_eq!(read(&numbering.to_file().content).0.assign([]).0.numbers, numbering.numbers);
    }

    #[test]
    fn a_replica_has_a_number_of_its_own_in_the_region_that_it_is_in() {
        let (numbers, problems) = read("eu 0 a\neu 0 a/r\neu 3 gone/r\nus 0 a/r\n");
        assert!(problems.is_empty());
        let place = |region: &str, replica: &str| (region.to_owned(), replica.to_owned());
        let (mut numbering, _) = numbers.assign([]);
        numbers.assign_replicas([place("us", "a/b"), place("eu", "a/r"), place("eu", "a/b")], &mut numbering);
        assert_eq!(numbering.proposed_replicas, ["a/b", "a/b"]);
        assert_eq!(numbering.to_file().content, "eu 0 a\neu 0 a/r\neu 3 gone/r\neu 4 a/b\nus 0 a/r\nus 1 a/b\n");
        assert_eq!(numbering.replica("us", "a", "b"), Some(1));
        assert_eq!(read("eu 0 a/r\neu 0 b/r\n").1.len(), 1);
        assert_eq!(read("eu 0 a/r\neu 1 a/r\n").1.len(), 1);
        assert_eq!(read("eu 0 a/r/s\n").1.len(), 1);
    }

    #[test]
    fn damage_and_a_changed_region_are_reported() {
        assert_eq!(read("eu 00 a\n").1.len(), 1);
        assert_eq!(read("eu 0 a\neu 0 b\n").1.len(), 1);
        assert_eq!(read("eu 0 a").1.len(), 1);
        let us = region("us");
        assert_eq!(read("eu 0 a\n").0.assign([("a", &us)]).1.len(), 1);
    }
}
