//! The text of the placement lock, read and written.
//!
//! Files below `tenants/placement/`, all UTF-8 with line feeds and nothing else:
//!
//! - `base/<00..ff>.lock`: compacted records; the name is the first byte of SHA-256 over a zero byte and the site's id;
//! - `seg/<generation>-<hash12>.lock`: the records of one writer, all of one generation; the hash is SHA-256 over the
//!   sites in file order, one a line;
//! - `seg/<generation>-<words>.lock` without a checksum: written by a person, every record with reason `manual`,
//!   comments and blank lines allowed;
//! - `settled`: one line, `g<generation>`, written by the deployer;
//! - `tombstones`: sorted lines `<site> g<generation> gone` or `<site> g<generation> holds <7 numbers with commas>`.
//!
//! Base and seg: the line [`HEADER`], then records `<site> <shard> <edge> g<generation> p<version> <reason>` sorted by
//! that hash's first 8 bytes, then by site, then `# sha256 <64 digits>` over all bytes before. One state, one text:
//! what is read without a problem is written back byte by byte.

use std::ops::Range;

use super::hash;
use super::lock::{Lock, Reason, Record, Tombstone};
use super::model::{DIMENSIONS, Demand};
use crate::diag::{Code, Diagnostic};
use crate::emit::OutputFile;
use crate::source::{SourceId, SourceSet, Span, sha256};

/// The folder of the lock.
pub const FOLDER: &str = "tenants/placement/";

/// The first line of every base and segment file.
pub const HEADER: &str =
    "# aipress placement lock v1, not for editing: site shard edge g<generation> p<algorithm> reason";

/// The largest generation that is read.
const MAX_GENERATION: u64 = 1 << 40;

const CHECKSUM: &str = "# sha256 ";

/// The most records in a segment: keeps a file below the largest size that a fleet may hold.
const SEGMENT_RECORDS: usize = 8_000;

const RESTORE: &str = "restore the file from Git, then run `aipress place --write`.";

impl Lock {
    /// Reads all files of the lock; a damaged file gives what can be read of it, and problems.
    #[must_use]
    pub fn read(sources: &SourceSet) -> (Self, Vec<Diagnostic>) {
        let mut lock = Self::new();
        let mut problems = Vec::new();
        for (id, source) in sources.files() {
            let name = source.path.strip_prefix(FOLDER).filter(|_| *source.path != *super::index::PATH);
            if let Some(name) = name {
                read_file(&mut lock, &mut problems, id, name, &source.text);
            }
        }
        problems.extend(lock.forks());
        (lock, problems)
    }

    /// Writes the compacted state, one file per first byte of the sites' hashes; no file for no records.
    #[must_use]
    pub fn base_files(&self) -> Vec<OutputFile> {
        let mut buckets: Vec<Vec<&Record>> = vec![Vec::new(); 256];
        for record in self.records() {
            buckets[bucket(&record.site)].push(record);
        }
        let file = |(index, records): (usize, Vec<&Record>)| OutputFile {
            path: format!("{FOLDER}base/{index:02x}.lock"),
            content: records_text(records),
        };
        buckets.into_iter().enumerate().filter(|(_, records)| !records.is_empty()).map(file).collect()
    }

    /// Writes the tombstones.
    #[must_use]
    pub fn tombstones_file(&self) -> OutputFile {
        let content = self.tombstones().map(|(site, tombstone)| tombstone_line(site, tombstone)).collect();
        OutputFile { path: format!("{FOLDER}tombstones"), content }
    }

    /// Writes the settled generation, if there is one.
    #[must_use]
    pub fn settled_file(&self) -> Option<OutputFile> {
        let path = format!("{FOLDER}settled");
        self.settled().map(|generation| OutputFile { path, content: format!("g{generation}\n") })
    }
}

/// Writes new records as segments: none for no records, one file as a rule, more for many thousand records.
#[must_use]
pub fn segment_files(records: &[Record]) -> Vec<OutputFile> {
    let mut sorted: Vec<&Record> = records.iter().collect();
    sorted.sort_by_cached_key(|record| (record.generation, hash::record_key(&record.site), record.site.clone()));
    sorted
        .chunk_by(|a, b| a.generation == b.generation)
        .flat_map(|generation| generation.chunks(SEGMENT_RECORDS))
        .map(segment_file)
        .collect()
}

fn segment_file(records: &[&Record]) -> OutputFile {
    let generation = records.first().map_or(0, |record| record.generation);
    let digest = sites_digest(records.iter().map(|record| record.site.as_str()));
    OutputFile { path: format!("{FOLDER}seg/{generation}-{digest}.lock"), content: records_text(records.to_vec()) }
}

fn sites_digest<'a>(sites: impl Iterator<Item = &'a str>) -> String {
    let text: String = sites.flat_map(|site| [site, "\n"]).collect();
    let mut digest = sha256(&text);
    digest.truncate(12);
    digest
}

fn bucket(site: &str) -> usize {
    (hash::record_key(site) >> 56) as usize
}

fn records_text(mut records: Vec<&Record>) -> String {
    records.sort_by_cached_key(|record| (hash::record_key(&record.site), record.site.clone()));
    let lines: String = records.into_iter().map(record_line).collect();
    let body = format!("{HEADER}\n{lines}");
    format!("{body}{CHECKSUM}{}\n", sha256(&body))
}

fn record_line(record: &Record) -> String {
    let Record { site, shard, edge, generation, algorithm, reason, .. } = record;
    format!("{site} {shard} {edge} g{generation} p{algorithm} {}\n", reason.as_str())
}

fn tombstone_line(site: &str, tombstone: &Tombstone) -> String {
    let generation = tombstone.generation;
    match tombstone.holds {
        None => format!("{site} g{generation} gone\n"),
        Some(demand) => format!("{site} g{generation} holds {}\n", demand.0.map(|amount| amount.to_string()).join(",")),
    }
}

/// What the name of a lock file says.
enum FileName<'a> {
    Base(usize),
    Segment { generation: u64, words: &'a str },
    Settled,
    Tombstones,
}

fn file_name(name: &str) -> Option<FileName<'_>> {
    match name {
        "settled" => return Some(FileName::Settled),
        "tombstones" => return Some(FileName::Tombstones),
        _ => {}
    }
    let (folder, stem) = name.strip_suffix(".lock")?.split_once('/')?;
    match folder {
        "base" => {
            let index = usize::from_str_radix(stem, 16).ok().filter(|index| format!("{index:02x}") == stem)?;
            (index < 256).then_some(FileName::Base(index))
        }
        "seg" => {
            let (generation, words) = stem.split_once('-')?;
            is_name(words).then_some(FileName::Segment { generation: number(generation)?, words })
        }
        _ => None,
    }
}

fn read_file(lock: &mut Lock, problems: &mut Vec<Diagnostic>, source: SourceId, name: &str, text: &str) {
    let mut file = LockFile { source, name, text, problems };
    let Some(kind) = file_name(name) else {
        let expected =
            "expected `base/<00..ff>.lock`, `seg/<generation>-<hash>.lock`, `settled`, `shards` or `tombstones`";
        return file.report(
            0..0,
            format!("unexpected file `{name}` in the placement lock"),
            expected,
            "remove the file.",
        );
    };
    if let Some(at) = text.find('\r') {
        return file.damaged(at..at + 1, "expected a line feed only; here a carriage return");
    }
    match kind {
        FileName::Settled => file.settled(lock),
        FileName::Tombstones => file.tombstones(lock),
        FileName::Base(_) | FileName::Segment { .. } => {
            file.records(&kind).into_iter().for_each(|record| lock.insert(record));
        }
    }
}

/// A file while it is read.
struct LockFile<'a> {
    source: SourceId,
    name: &'a str,
    text: &'a str,
    problems: &'a mut Vec<Diagnostic>,
}

impl<'a> LockFile<'a> {
    fn report(&mut self, range: Range<usize>, title: String, label: &str, help: &str) {
        let span = Span::new(self.source, range.start, range.end);
        self.problems.push(Diagnostic::error(Code(313), title, span, label).help(help));
    }

    fn damaged(&mut self, range: Range<usize>, label: &str) {
        self.report(range, format!("placement lock file `{}` is damaged or edited by hand", self.name), label, RESTORE);
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let mut start = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let at = start;
            start += line.len();
            (at, line.strip_suffix('\n').unwrap_or(line))
        })
    }

    fn settled(&mut self, lock: &mut Lock) {
        match self.text.strip_suffix('\n').and_then(generation) {
            Some(found) => lock.settle(found),
            None => self.damaged(0..self.text.len(), "expected one line `g<generation>`"),
        }
    }

    fn tombstones(&mut self, lock: &mut Lock) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            return self.damaged(self.text.len()..self.text.len(), "expected a line feed at the end");
        }
        let mut last = "";
        for (at, line) in self.lines() {
            let range = at..at + line.len();
            let span = Span::new(self.source, range.start, range.end);
            match parse_tombstone(line, span) {
                None => self.damaged(range, "expected `<site> g<generation> gone` or `... holds <7 numbers>`"),
                Some((site, _)) if site <= last => {
                    self.damaged(range, "expected the lines sorted by site, each site once")
                }
                Some((site, tombstone)) => {
                    last = site;
                    lock.bury(site.to_owned(), tombstone);
                }
            }
        }
    }

    /// Reads a base or segment file; the checksum is judged only if nothing else is wrong, as any defect breaks it.
    fn records(&mut self, kind: &FileName<'_>) -> Vec<Record> {
        let before = self.problems.len();
        let by_hand =
            matches!(kind, FileName::Segment { .. }) && !self.text.contains(CHECKSUM) && !self.text.contains(HEADER);
        let records = self.record_lines(by_hand);
        for record in &records {
            self.check_record(kind, record, by_hand);
        }
        if self.problems.len() == before {
            self.check_order(&records, by_hand);
        }
        if self.problems.len() == before && !by_hand {
            self.check_frame(kind, &records);
        }
        records
    }

    fn record_lines(&mut self, by_hand: bool) -> Vec<Record> {
        let mut records = Vec::new();
        for (at, line) in self.lines() {
            let skipped =
                line == HEADER || line.starts_with(CHECKSUM) || (by_hand && (line.is_empty() || line.starts_with('#')));
            if skipped {
                continue;
            }
            match parse_record(line) {
                Ok(record) => {
                    records.push(Record { span: Some(Span::new(self.source, at, at + line.len())), ..record });
                }
                Err((range, expected)) => self.damaged(at + range.start..at + range.end, expected),
            }
        }
        records
    }

    fn check_record(&mut self, kind: &FileName<'_>, record: &Record, by_hand: bool) {
        let range = record.span.map_or(0..0, Span::range);
        match kind {
            FileName::Base(index) if bucket(&record.site) != *index => {
                self.damaged(range, &format!("this record belongs into `base/{:02x}.lock`", bucket(&record.site)));
            }
            FileName::Segment { generation, .. } if record.generation != *generation => {
                self.damaged(range, &format!("expected g{generation}, the generation in the file's name"));
            }
            FileName::Segment { .. } if by_hand && record.reason != Reason::Manual => {
                self.damaged(range, "expected the reason `manual` in a file without a checksum");
            }
            FileName::Base(_) | FileName::Segment { .. } | FileName::Settled | FileName::Tombstones => {}
        }
    }

    fn check_order(&mut self, records: &[Record], by_hand: bool) {
        let mut records: Vec<&Record> = records.iter().collect();
        if by_hand {
            records.sort_by_cached_key(|record| (hash::record_key(&record.site), record.site.clone()));
        }
        let keys: Vec<_> =
            records.iter().map(|record| (hash::record_key(&record.site), record.site.as_str())).collect();
        for (index, pair) in keys.windows(2).enumerate() {
            let range = records[index + 1].span.map_or(0..0, Span::range);
            match pair[0].cmp(&pair[1]) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return self.damaged(range, "this site has a record in this file already"),
                std::cmp::Ordering::Greater => return self.damaged(range, "expected the records sorted by hash"),
            }
        }
    }

    /// Header, checksum, file name; nothing before, between or after.
    fn check_frame(&mut self, kind: &FileName<'_>, records: &[Record]) {
        let end = self.text.len();
        if !self.text.starts_with(HEADER) {
            return self.damaged(0..self.text.find('\n').unwrap_or(end), "expected the header line here");
        }
        let last = self.text.rfind(CHECKSUM).unwrap_or(end);
        let digest = sha256(&self.text[..last]);
        if self.text[last..] != format!("{CHECKSUM}{digest}\n") {
            return self.damaged(last..end, "expected the checksum of the lines above");
        }
        if records_text(records.iter().collect()) != self.text {
            return self.damaged(0..end, "expected a header line, records and a checksum line");
        }
        if let FileName::Segment { words, .. } = kind {
            let digest = sites_digest(records.iter().map(|record| record.site.as_str()));
            if digest != *words {
                self.damaged(0..0, &format!("expected the name to end with `-{digest}.lock`, the hash of the sites"));
            }
        }
    }
}

/// Reads one record; an error names the part of the line and what was expected there.
fn parse_record(line: &str) -> Result<Record, (Range<usize>, &'static str)> {
    let fields: Vec<&str> = line.split(' ').collect();
    let [site, shard, edge, generation_word, algorithm, reason] = fields[..] else {
        return Err((0..line.len(), "expected `<site> <shard> <edge> g<generation> p<version> <reason>`"));
    };
    let place = |word: &str| {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        start..start + word.len()
    };
    if let Some(wrong) = [site, shard, edge].into_iter().find(|word| !is_name(word)) {
        return Err((place(wrong), "expected a name of lower-case letters, digits and hyphens"));
    }
    let generation =
        generation(generation_word).ok_or_else(|| (place(generation_word), "expected `g` and a number"))?;
    let version = algorithm.strip_prefix('p').and_then(number).and_then(|version| u32::try_from(version).ok());
    Ok(Record {
        site: site.to_owned(),
        shard: shard.to_owned(),
        edge: edge.to_owned(),
        generation,
        algorithm: version.ok_or_else(|| (place(algorithm), "expected `p` and a number"))?,
        reason: Reason::parse(reason)
            .ok_or_else(|| (place(reason), "expected `new`, `pin`, `repair`, `rebalance`, `drain` or `manual`"))?,
        span: None,
    })
}

fn parse_tombstone(line: &str, span: Span) -> Option<(&str, Tombstone)> {
    let fields: Vec<&str> = line.split(' ').collect();
    let (site, word, holds) = match fields[..] {
        [site, word, "gone"] => (site, word, None),
        [site, word, "holds", amounts] => {
            let amounts: Vec<u64> = amounts.split(',').map(zero_or_number).collect::<Option<_>>()?;
            let amounts: [u64; DIMENSIONS] = amounts.try_into().ok()?;
            (site, word, Some(Demand(amounts)))
        }
        _ => return None,
    };
    let generation = generation(word)?;
    is_name(site).then_some((site, Tombstone { generation, holds, span: Some(span) }))
}

/// Reads a generation; bounded, so that a forged one cannot use up the numbers of later writers.
fn generation(word: &str) -> Option<u64> {
    word.strip_prefix('g').and_then(number).filter(|generation| *generation <= MAX_GENERATION)
}

/// Reads a number from 1 without sign or leading zeros.
fn number(word: &str) -> Option<u64> {
    let canonical = !word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|_| canonical)
}

fn zero_or_number(word: &str) -> Option<u64> {
    if word == "0" { Some(0) } else { number(word) }
}

fn is_name(word: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&word.len()) && !word.starts_with('-') && word.bytes().all(legal)
}
