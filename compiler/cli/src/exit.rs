//! How a run ends: the exit codes, and what a command may fail with.

use aipress_core::diag::{Code, Diagnostic, Diagnostics, Severity};
use aipress_core::source::SourceSet;

/// Lock held by another run.
pub const LOCK_HELD: Code = Code(503);
/// Output differs from what the fleet asks for.
pub const STALE: Code = Code(502);
/// Placement lock incomplete under `--locked`.
pub const LOCK_INCOMPLETE: Code = Code(315);

/// The database's lock held by another run.
pub const DATABASE_LOCK_HELD: Code = Code(634);
/// Rows that no reviewed plan has.
pub const UNREVIEWED: Code = Code(690);
/// A purge order that is not complete.
pub const PURGE_REFUSED: Code = Code(639);

/// The end of a run that went as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to say.
    Fine,
    /// There are errors; the command has already shown them as its result.
    Errors,
    /// There are changes, and `--detailed-exitcode` asks to tell.
    Changes,
    /// A guard refuses what was asked for.
    Refused,
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Errors => 1,
            Self::Changes => 2,
            Self::Refused => 3,
        }
    }
}

/// The number of a run that the user interrupted, as shells count it.
pub const INTERRUPTED: i32 = 130;

/// Problems, and the texts that they point into.
#[derive(Debug)]
pub struct Failure {
    /// The files that the spans name.
    pub sources: SourceSet,
    /// The problems; at least one of them is an error.
    pub diagnostics: Diagnostics,
}

impl Failure {
    /// Pairs problems with their texts.
    #[must_use]
    pub fn new(sources: SourceSet, diagnostics: Diagnostics) -> Self {
        Self { sources, diagnostics }
    }

    /// A problem that no place in the fleet is to blame for.
    #[must_use]
    pub fn plain(diagnostic: Diagnostic) -> Self {
        Self::new(SourceSet::new(Vec::new()), std::iter::once(diagnostic).collect())
    }

    /// The number that the process ends with: 4 if everything that is wrong is staleness or a lock, 3 if a guard has
    /// refused and nothing else is wrong, else 1.
    #[must_use]
    pub fn code(&self) -> u8 {
        let errors: Vec<Code> = self
            .diagnostics
            .iter()
            .filter(|item: &&Diagnostic| item.severity == Severity::Error)
            .map(|item| item.code)
            .collect();
        let all = |codes: &[Code]| !errors.is_empty() && errors.iter().all(|code| codes.contains(code));
        if all(&[STALE, LOCK_HELD, LOCK_INCOMPLETE, DATABASE_LOCK_HELD, UNREVIEWED]) {
            return 4;
        }
        if all(&[PURGE_REFUSED]) { 3 } else { 1 }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::plain(diagnostic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(codes: &[u16]) -> Failure {
        let items = codes.iter().map(|code| Diagnostic::error_without_place(Code(*code), "x"));
        Failure::new(SourceSet::new(Vec::new()), items.collect())
    }

    #[test]
    fn staleness_alone_ends_with_4_and_any_other_error_wins() {
        assert_eq!(failure(&[502, 503, 315]).code(), 4);
        assert_eq!(failure(&[502, 101]).code(), 1);
        assert_eq!((failure(&[634]).code(), failure(&[639]).code(), failure(&[639, 634]).code()), (4, 3, 1));
    }
}
