//! Regions of Google Cloud and larger locations, with the jurisdiction that each is in.
//!
//! Source: the lists of locations of Cloud SQL, Cloud Run, Cloud Storage and Artifact Registry.

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Its name, such as `europe-west1`.
    pub name: &'static str,
    /// The country or state that it is in.
    pub place: &'static str,
    /// The residency that fits it; a fleet may name jurisdictions as it likes.
    pub residency: &'static str,
}

impl Region {
    /// Returns the location of Cloud SQL backups around it: a multi-region where there is one, else the region.
    #[must_use]
    pub fn backup_location(&self) -> &'static str {
        match self.residency {
            "eu" => "eu",
            "us" => "us",
            _ if self.name.starts_with("asia-") => "asia",
            _ => self.name,
        }
    }

    /// Returns the multi-region of Artifact Registry that serves it, if there is one.
    #[must_use]
    pub fn artifact_location(&self) -> &'static str {
        match self.name.split('-').next() {
            Some("europe") => "europe",
            Some("us") => "us",
            Some("asia") => "asia",
            _ => self.name,
        }
    }
}

const fn region(name: &'static str, place: &'static str, residency: &'static str) -> Region {
    Region { name, place, residency }
}

/// Every region, by name.
pub const REGIONS: &[Region] = &[
    region("africa-south1", "Johannesburg", "za"),
    region("asia-east1", "Taiwan", "tw"),
    region("asia-east2", "Hong Kong", "hk"),
    region("asia-northeast1", "Tokyo", "jp"),
    region("asia-northeast2", "Osaka", "jp"),
    region("asia-northeast3", "Seoul", "kr"),
    region("asia-south1", "Mumbai", "in"),
    region("asia-south2", "Delhi", "in"),
    region("asia-southeast1", "Singapore", "sg"),
    region("asia-southeast2", "Jakarta", "id"),
    region("asia-southeast3", "Bangkok", "th"),
    region("australia-southeast1", "Sydney", "au"),
    region("australia-southeast2", "Melbourne", "au"),
    region("europe-central2", "Warsaw", "eu"),
    region("europe-north1", "Finland", "eu"),
    region("europe-north2", "Stockholm", "eu"),
    region("europe-southwest1", "Madrid", "eu"),
    region("europe-west1", "Belgium", "eu"),
    region("europe-west10", "Berlin", "eu"),
    region("europe-west12", "Turin", "eu"),
    region("europe-west2", "London", "uk"),
    region("europe-west3", "Frankfurt", "eu"),
    region("europe-west4", "Netherlands", "eu"),
    region("europe-west6", "Zurich", "ch"),
    region("europe-west8", "Milan", "eu"),
    region("europe-west9", "Paris", "eu"),
    region("me-central1", "Doha", "qa"),
    region("me-central2", "Dammam", "sa"),
    region("me-west1", "Tel Aviv", "il"),
    region("northamerica-northeast1", "Montreal", "ca"),
    region("northamerica-northeast2", "Toronto", "ca"),
    region("northamerica-south1", "Mexico", "mx"),
    region("southamerica-east1", "Sao Paulo", "br"),
    region("southamerica-west1", "Santiago", "cl"),
    region("us-central1", "Iowa", "us"),
    region("us-east1", "South Carolina", "us"),
    region("us-east4", "Northern Virginia", "us"),
    region("us-east5", "Columbus", "us"),
    region("us-south1", "Dallas", "us"),
    region("us-west1", "Oregon", "us"),
    region("us-west2", "Los Angeles", "us"),
    region("us-west3", "Salt Lake City", "us"),
    region("us-west4", "Las Vegas", "us"),
];

/// Locations larger than a region, and the residency that all of it is in; none where it spans several.
const WIDE: &[(&str, Option<&str>)] = &[
    ("asia", None),
    ("asia1", Some("jp")),
    ("eu", Some("eu")),
    ("eur4", Some("eu")),
    ("eur5", Some("eu")),
    ("eur7", None),
    ("eur8", None),
    ("europe", Some("eu")),
    ("nam4", Some("us")),
    ("us", Some("us")),
];

/// What is known about a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// One region.
    Region(&'static Region),
    /// A dual-region or multi-region, and the residency that all of it is in, if it is one.
    Wide(Option<&'static str>),
}

/// Finds a region by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.name == name)
}

/// Finds a region, dual-region or multi-region, in any case: `EU` and `eu` are one.
#[must_use]
pub fn location(name: &str) -> Option<Location> {
    let name = name.to_ascii_lowercase();
    let wide = || WIDE.iter().find(|(known, _)| *known == name).map(|(_, residency)| Location::Wide(*residency));
    find(&name).map(Location::Region).or_else(wide)
}

/// Iterates over the names of regions, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|region| region.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_stand_once_and_in_order() {
        assert!(REGIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn a_multi_region_belongs_to_a_residency_only_where_all_of_it_does() {
        assert_eq!(location("EU"), Some(Location::Wide(Some("eu"))));
        assert_eq!(location("asia"), Some(Location::Wide(None)));
        assert_eq!(find("europe-west2").map(Region::backup_location), Some("europe-west2"));
        assert_eq!(find("us-east4").map(Region::backup_location), Some("us"));
        assert_eq!(location("europe-west5"), None);
    }
}
