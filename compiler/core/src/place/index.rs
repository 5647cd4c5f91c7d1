//! The number of each shard in its region, as recorded: what addresses are computed from.
//!
//! One file, [`PATH`]: sorted lines `<region> <number> <shard>`. A line stays for good, so that no later shard gets the
//! addresses of an earlier one. Two branches that each add a shard to a region touch the same lines: Git stops the
//! second, and `aipress place --write` on the merged tree gives it the next number.

use std::collections::BTreeMap;

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
}

/// The numbers of all shards of a fleet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbering {
    /// Region and number by shard, those of shards without a document included.
    pub numbers: BTreeMap<String, (String, u32)>,
    /// The shards whose number is not recorded yet.
    pub proposed: Vec<String>,
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
        let mut taken: BTreeMap<(String, u32), Span> = BTreeMap::new();
        for line in source.text.split_inclusive('\n') {
            let span = Span::new(id, start, start + line.trim_end().len());
            start += line.len();
            match parse_line(line) {
                Some((region, number, shard)) => {
                    let place = (region.to_owned(), number);
                    let twice =
                        taken.insert(place, span).or_else(|| numbers.shards.get(shard).map(|(_, known)| known.span));
                    if let Some(first) = twice {
                        problems.push(repeated(span, first));
                    }
                    numbers.shards.insert(shard.to_owned(), (region.to_owned(), Spanned::new(number, span)));
                }
                None => problems.push(unreadable(span)),
            }
        }
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
}

impl Numbering {
    /// Writes the file that records all numbers.
    #[must_use]
    pub fn to_file(&self) -> OutputFile {
        let mut lines: Vec<(&str, u32, &str)> =
            self.numbers.iter().map(|(shard, (region, number))| (region.as_str(), *number, shard.as_str())).collect();
        lines.sort_unstable();
        let content = lines.iter().map(|(region, number, shard)| format!("{region} {number} {shard}\n")).collect();
        OutputFile { path: PATH.to_owned(), content }
    }
}

fn parse_line(line: &str) -> Option<(&str, u32, &str)> {
    let mut words = line.strip_suffix('\n')?.split(' ');
    let (region, number, shard) = (words.next()?, words.next()?, words.next()?);
    let value: u32 = number.parse().ok()?;
    let is_canonical = words.next().is_none() && value.to_string() == number && value <= MAX_NUMBER;
    (is_canonical && !region.is_empty() && !shard.is_empty()).then_some((region, value, shard))
}

fn unreadable(span: Span) -> Diagnostic {
    Diagnostic::error(
        DAMAGED,
        "the list of shard numbers has a line that cannot be read",
        span,
        "expected `<region> <number> <shard>`",
    )
    .help("restore the file from Git, then run `aipress place --write`.")
}

fn repeated(span: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        DAMAGED,
        "a shard or a number stands twice in the list of shard numbers",
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
    fn damage_and_a_changed_region_are_reported() {
        assert_eq!(read("eu 00 a\n").1.len(), 1);
        assert_eq!(read("eu 0 a\neu 0 b\n").1.len(), 1);
        assert_eq!(read("eu 0 a").1.len(), 1);
        let us = region("us");
        assert_eq!(read("eu 0 a\n").0.assign([("a", &us)]).1.len(), 1);
    }
}
