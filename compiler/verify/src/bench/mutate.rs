//! Compiles thousands of broken fleets in this process.
//!
//! Every one must end in diagnostics or in a compile whose stacks all render. A panic is caught, counted and shown with
//! the number that repeats it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use aipress_core::diag::Diagnostics;
use aipress_core::source::SourceSet;
use aipress_core::{Options, compile};
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::mutation::{Change, File, mutate};
use super::{Error, Format};
use crate::run::{root, time};

/// What to mutate, how often.
#[derive(Debug, Args)]
pub struct MutateArgs {
    /// Mutated fleets
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// The same seed makes the same mutations
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only the mutation with this number, as a report names it; its diagnostics are printed
    #[arg(long)]
    only: Option<u64>,
    /// The fleet's folder: the one that holds `tenants/`
    #[arg(long)]
    fleet: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What a compile ended in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    /// A file is no text any more; whoever reads files says so, before the compiler.
    NotText,
    /// Diagnostics of the stages up to placement, by their codes.
    Refused(Vec<String>),
    /// Everything rendered.
    Compiled,
    /// Diagnostics of rendering.
    RenderRefused(Vec<String>),
    /// Errors without a word of help, or no error at all behind a failure.
    Speechless(String),
    /// A defect.
    Panicked(String),
}

/// Counts of all mutations.
#[derive(Debug, Default, serde::Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// How many there were.
    pub mutations: u64,
    /// Wall time.
    pub seconds: f64,
    /// A file was no text any more.
    pub not_text: u64,
    /// Diagnostics of the stages up to placement.
    pub refused: u64,
    /// Everything rendered.
    pub compiled: u64,
    /// Diagnostics of rendering.
    pub refused_in_rendering: u64,
    /// Failures without help.
    pub speechless: u64,
    /// Panics.
    pub panicked: u64,
    /// Diagnostics by code.
    pub codes: BTreeMap<String, u64>,
    /// What must not be.
    pub defects: Vec<Defect>,
}

/// A mutation that shows a defect.
#[derive(Debug, serde::Serialize)]
pub struct Defect {
    /// The number that repeats it.
    pub only: u64,
    /// What was done to the fleet.
    pub changes: Vec<String>,
    /// What came of it.
    pub what: String,
}

thread_local! {
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Mutates and compiles.
///
/// # Errors
/// The fleet cannot be read, or a mutation ended in a defect.
pub fn run(args: &MutateArgs) -> Result<(), Error> {
    let folder = args.fleet.clone().unwrap_or_else(root);
    let files = read(&folder)?;
    remember_panics();
    if let Some(number) = args.only {
        show(&files, args.seed, number);
        return Ok(());
    }
    let report = mutations(&files, args.seed, args.count);
    report.print(args.format);
    match report.defects.len() {
        0 => Ok(()),
        many => Err(Error::Failed(format!("{many} of {} mutations ended in a defect", args.count))),
    }
}

/// Mutates so many times and compiles each.
#[must_use]
pub fn mutations(files: &[File], seed: u64, count: u64) -> Report {
    let start = Instant::now();
    let results: Vec<(u64, Vec<Change>, End)> = (0..count)
        .into_par_iter()
        .map(|number| {
            let (changes, files) = mutated(files, seed, number);
            (number, changes, attempt(files))
        })
        .collect();
    let mut report = Report { seed, mutations: count, ..Report::default() };
    for (number, changes, end) in results {
        report.add(number, &changes, end);
    }
    report.seconds = start.elapsed().as_secs_f64();
    report
}

/// Keeps what a panic says instead of printing it, so that thousands of cases stay readable.
fn remember_panics() {
    std::panic::set_hook(Box::new(|info| LAST_PANIC.set(info.to_string().replace('\n', " "))));
}

fn mutated(files: &[File], seed: u64, number: u64) -> (Vec<Change>, Vec<File>) {
    let mut files = files.to_vec();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number);
    let changes = mutate(&mut files, &mut random);
    (changes, files)
}

fn options() -> Options {
    Options { now: jiff::civil::date(2026, 11, 23), locked: false }
}

fn texts(files: Vec<File>) -> Option<Vec<(String, String)>> {
    files.into_iter().map(|(path, bytes)| String::from_utf8(bytes).ok().map(|text| (path, text))).collect()
}

fn attempt(files: Vec<File>) -> End {
    let Some(files) = texts(files) else { return End::NotText };
    catch_unwind(AssertUnwindSafe(|| compile_all(files))).unwrap_or_else(|_| End::Panicked(LAST_PANIC.take()))
}

fn compile_all(files: Vec<(String, String)>) -> End {
    let sources = SourceSet::new(files);
    let compilation = match compile(&sources, &options()) {
        Ok(compilation) => compilation,
        Err(diagnostics) => return judge(diagnostics, &sources, End::Refused),
    };
    for stack in compilation.stacks() {
        if let Err(diagnostics) = compilation.render(&stack) {
            return judge(diagnostics, &sources, End::RenderRefused);
        }
    }
    End::Compiled
}

/// A failure must name an error, and every diagnostic must say what to do.
fn judge(diagnostics: Diagnostics, sources: &SourceSet, end: impl Fn(Vec<String>) -> End) -> End {
    if !diagnostics.has_errors() {
        return End::Speechless("a failure without an error".to_owned());
    }
    let sorted = diagnostics.into_sorted(sources);
    if let Some(silent) = sorted.iter().find(|item| !item.help.ends_with(['.', '?'])) {
        return End::Speechless(format!("{} without help: {}", silent.code, silent.title));
    }
    end(sorted.iter().map(|item| item.code.to_string()).collect())
}

impl Report {
    fn add(&mut self, number: u64, changes: &[Change], end: End) {
        let (codes, defect) = match end {
            End::NotText => (Vec::new(), None),
            End::Compiled => (Vec::new(), None),
            End::Refused(ref codes) | End::RenderRefused(ref codes) => (codes.clone(), None),
            End::Speechless(ref what) | End::Panicked(ref what) => (Vec::new(), Some(what.clone())),
        };
        *match end {
            End::NotText => &mut self.not_text,
            End::Refused(_) => &mut self.refused,
            End::Compiled => &mut self.compiled,
            End::RenderRefused(_) => &mut self.refused_in_rendering,
            End::Speechless(_) => &mut self.speechless,
            End::Panicked(_) => &mut self.panicked,
        } += 1;
        for code in codes {
            *self.codes.entry(code).or_default() += 1;
        }
        if let Some(what) = defect {
            self.defects.push(Defect { only: number, changes: changes.iter().map(Change::to_string).collect(), what });
        }
    }

    fn print(&self, format: Format) {
        if format == Format::Json {
            println!("{}", serde_json::to_string_pretty(self).unwrap_or_default());
            return;
        }
        println!(
            "{} mutations with seed {} in {}",
            self.mutations,
            self.seed,
            time(std::time::Duration::from_secs_f64(self.seconds))
        );
        println!("  {:>7} ended in diagnostics, {} more while rendering", self.refused, self.refused_in_rendering);
        println!("  {:>7} are no text and never reach the compiler", self.not_text);
        println!("  {:>7} compiled", self.compiled);
        println!("  {:>7} panicked, {} failed without a word of help", self.panicked, self.speechless);
        let mut codes: Vec<_> = self.codes.iter().collect();
        codes.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
        let codes: Vec<String> = codes.into_iter().map(|(code, count)| format!("{code} {count}")).collect();
        println!("  diagnostics: {}", codes.join(", "));
        for defect in self.defects.iter().take(20) {
            println!("  --only {}: {} ({})", defect.only, defect.what, defect.changes.join("; "));
        }
    }
}

/// Prints one mutation: what was done and what the compiler says.
fn show(files: &[File], seed: u64, number: u64) {
    let (changes, files) = mutated(files, seed, number);
    for change in &changes {
        println!("{change}");
    }
    if let Some(texts) = texts(files.clone()) {
        let sources = SourceSet::new(texts);
        let found = catch_unwind(AssertUnwindSafe(|| compile(&sources, &options()).err()));
        for item in found.ok().flatten().into_iter().flat_map(|found| found.into_sorted(&sources)) {
            println!("{}: {} ({})", item.code, item.title, item.help);
        }
    }
    println!("{:?}", attempt(files));
}

/// Reads the files of a fleet.
///
/// # Errors
/// What the file system says, or that there is none.
pub fn read(folder: &Path) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    visit(&folder.join("tenants"), "tenants", &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(Error::Failed(format!("`{}` holds no fleet", folder.display())));
    }
    Ok(files)
}

fn visit(place: &Path, path: &str, files: &mut Vec<File>) -> Result<(), Error> {
    let failed = Error::io(format!("cannot read `{path}`"));
    for entry in fs::read_dir(place).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let name = format!("{path}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(&failed)?.is_dir() {
            visit(&entry.path(), &name, files)?;
        } else if !name.ends_with(".md") && !name.ends_with(".gitkeep") {
            files.push((name, fs::read(entry.path()).map_err(&failed)?));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_text_never_reaches_the_compiler() {
        assert_eq!(attempt(vec![("tenants/a.yaml".to_owned(), vec![0xff])]), End::NotText);
    }

    #[test]
    fn defects_are_counted_and_kept_with_their_number() {
        let mut report = Report::default();
        report.add(7, &[], End::Panicked("index out of bounds".to_owned()));
        report.add(8, &[], End::Refused(vec!["AIP0001".to_owned()]));
        assert_eq!((report.panicked, report.refused, report.defects.len()), (1, 1, 1));
        assert_eq!(report.defects[0].only, 7);
    }
}
