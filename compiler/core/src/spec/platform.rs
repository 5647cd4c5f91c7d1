//! `Platform`: the organisation.

use super::layered::layered;
use crate::source::Spanned;

layered! {
    /// What a platform says.
    pub struct PlatformSpec / PlatformSpecLayer {
        /// The Google Cloud organisation.
        organization: Organization,
    }
}

layered! {
    /// The Google Cloud organisation.
    #[schemars(extend("required" = ["id", "domain"]))]
    pub struct Organization / OrganizationLayer {
        /// The organisation's number.
        #[schemars(regex(pattern = r"^[0-9]{10,12}$"), example = &"123456789012")]
        id: Spanned<String>,
        /// The organisation's domain.
        #[schemars(example = &"hosting.example")]
        domain: Spanned<String>,
    }
}
