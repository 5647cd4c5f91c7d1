//! `Acknowledgement`, `Usage`, `PriceList`.

use super::layered::layered;
use crate::source::Spanned;

layered! {
    /// Leave for one guard to let one thing pass.
    pub struct AcknowledgementSpec / AcknowledgementSpecLayer {
        /// The guard.
        guard: Spanned<String>,
    }
}

layered! {
    /// Measured demand.
    pub struct UsageSpec / UsageSpecLayer {
        /// When it was measured.
        measured: Spanned<String>,
    }
}

layered! {
    /// Prices.
    pub struct PriceListSpec / PriceListSpecLayer {
        /// The currency.
        currency: Spanned<String>,
    }
}
