//! A fleet for questions about placement: read and checked, its lock at hand, whatever its shards hold.

use std::path::Path;

use aipress_core::diag::Diagnostics;
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
    let sources = source::load(folder, input.rev.as_deref())?;
    match Survey::read(&sources, &fleet::options(input)) {
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
