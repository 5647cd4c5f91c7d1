//! A fleet for questions about placement: read and checked, its lock at hand, whatever its shards hold.

use std::path::Path;

use aipress_core::diag::{Code, Diagnostics};
use aipress_core::place::survey::Survey;
use aipress_core::source::SourceSet;

use crate::args::InputArgs;
use crate::exit::Failure;
use crate::{fleet, source};

/// A checked fleet and the texts that it came from.
pub struct Surveyed {
    /// The texts.
    pub sources: SourceSet,
    /// What placement sees of them.
    pub survey: Survey,
}

/// Reads and checks the fleet that the arguments name.
///
/// # Errors
/// Errors of its documents and of its lock; not those of homes and room.
pub fn load(folder: &Path, input: &InputArgs) -> Result<Surveyed, Failure> {
    load_despite(folder, input, &[])
}

/// The same for who asks about what is wrong: errors with one of these codes stand among the warnings.
///
/// # Errors
/// As of [`load`].
pub fn load_despite(folder: &Path, input: &InputArgs, codes: &[Code]) -> Result<Surveyed, Failure> {
    let sources = source::load(folder, input.rev.as_deref())?;
    match Survey::read_despite(&sources, &fleet::options(input), codes) {
        Ok(survey) => Ok(Surveyed { sources, survey }),
        Err(diagnostics) => Err(Failure::new(sources, diagnostics)),
    }
}

impl Surveyed {
    /// Turns problems into a failure.
    #[must_use]
    pub fn fail(self, diagnostics: Diagnostics) -> Failure {
        Failure::new(self.sources, diagnostics)
    }
}
