//! The words that generated fleets are made of.

/// First halves of names; none longer than 6 letters, so that a name with a number still fits 20 characters.
pub const FIRST: &[&str] = &[
    "amber", "blue", "bright", "city", "clear", "copper", "corner", "dawn", "east", "field", "first", "forest",
    "fresh", "golden", "good", "grand", "green", "happy", "harbor", "high", "iron", "ivory", "june", "lake", "little",
    "lower", "lucky", "maple", "market", "metro", "north", "oak", "ocean", "old", "olive", "open", "park", "pine",
    "plain", "prime", "quiet", "rapid", "red", "ridge", "river", "rose", "royal", "sandy", "silver", "simple", "slow",
    "small", "snow", "south", "spring", "stone", "summer", "sunny", "swift", "tall", "true", "upper", "urban",
    "velvet", "warm", "west", "white", "wild", "winter", "young",
];

/// Second halves of names; none longer than 8 letters.
pub const SECOND: &[&str] = &[
    "academy", "archive", "bakery", "bikes", "books", "brewery", "cafe", "ceramics", "choir", "cinema", "clinic",
    "coffee", "daily", "dental", "design", "dogs", "farm", "fitness", "flowers", "forum", "gallery", "garden", "guide",
    "herald", "hostel", "hotel", "kitchen", "lab", "law", "legal", "library", "lodge", "media", "museum", "music",
    "news", "notary", "optics", "parish", "pets", "pharmacy", "photo", "pizza", "press", "print", "records", "repair",
    "review", "runners", "sailing", "school", "shoes", "skating", "society", "studio", "supply", "tailor", "tea",
    "theater", "tools", "tours", "toys", "travel", "vets", "violins", "weekly", "wine", "yoga",
];

/// Themes of the directory with a version each.
pub const THEMES: &[(&str, &str)] = &[
    ("twentytwentyfive", "1.4"),
    ("twentytwentyfour", "1.3"),
    ("astra", "4.11.0"),
    ("kadence", "1.3.6"),
    ("generatepress", "3.6.0"),
    ("storefront", "4.6.1"),
];

/// Plugins of the directory with a version each.
pub const PLUGINS: &[(&str, &str)] = &[
    ("contact-form-7", "6.1.1"),
    ("wordpress-seo", "26.0"),
    ("akismet", "5.5"),
    ("classic-editor", "1.6.7"),
    ("advanced-custom-fields", "6.5.1"),
    ("polylang", "3.7.3"),
    ("the-events-calendar", "6.15.0"),
    ("redirection", "5.5.2"),
    ("tablepress", "3.2"),
    ("two-factor", "0.14.1"),
    ("wp-mail-logging", "1.14.0"),
    ("safe-svg", "2.3.3"),
    ("broken-link-checker", "2.4.5"),
    ("wpforms-lite", "1.9.7"),
    ("cookie-notice", "2.5.7"),
];

/// Locales with the zone that goes with each.
pub const LOCALES: &[(&str, &str)] = &[
    ("de_DE", "Europe/Berlin"),
    ("fr_FR", "Europe/Paris"),
    ("pl_PL", "Europe/Warsaw"),
    ("nl_NL", "Europe/Amsterdam"),
    ("sv_SE", "Europe/Stockholm"),
    ("es_ES", "Europe/Madrid"),
    ("en_US", "America/Chicago"),
];

/// What people write above a document.
pub const REMARKS: &[&str] = &[
    "Asked for by phone; the contract follows.",
    "Talk to the owner before touching the theme.",
    "Moved here from a reseller in spring.",
    "Traffic doubles before Christmas.",
    "The agency renews this one every March.",
    "Small, but the owner reads every e-mail.",
    "Keep the plugin list short: the last upgrade took two evenings.",
    "Was three sites once.",
    "Donated hosting, see the partner list.",
    "Runs the ticket sale for the summer season.",
];

/// What people write behind or above a field.
pub const NOTES: &[&str] = &[
    "as agreed in June",
    "do not raise without asking finance",
    "measured, not guessed",
    "the shop needs this",
    "until the relaunch",
    "see the note of 12 May",
    "was lower, mails were lost",
    "owner's wish",
];
