//! The guards of a plan by name, and which of them an acknowledgement may let pass.

/// A guard of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Its name: `destroys-data`.
    pub name: &'static str,
    /// The number of its code, which has a page.
    pub code: u16,
    /// Whether an acknowledgement lets it pass; the others are errors, which no leave mends, or warnings, which need none.
    pub passes: bool,
}

/// Every guard.
pub const GUARDS: [Guard; 32] = [
    never("acknowledgement-expired", 688),
    never("acknowledgement-unused", 687),
    never("apply-unfinished", 699),
    passes("blast-radius", 679),
    never("class-disagrees", 670),
    never("database-stays", 623),
    passes("destroys-data", 673),
    passes("final-backup", 676),
    passes("freeze-window", 678),
    never("generation-step", 628),
    passes("grace", 675),
    passes("immutable", 671),
    passes("integrity-changed", 685),
    never("lock-taken-back", 625),
    passes("max-destroys", 680),
    passes("move-and-change", 683),
    passes("move-step", 626),
    passes("not-purged", 622),
    passes("php-ended", 438),
    passes("protected", 674),
    never("quota", 320),
    passes("removed-while-alive", 672),
    passes("renamed", 682),
    passes("several-waves", 686),
    passes("shard-data", 624),
    passes("share-destroyed", 681),
    passes("share-moved", 681),
    passes("share-noticed", 681),
    passes("soak", 684),
    passes("state-step", 677),
    never("weaker-policy", 629),
    passes("weaker-protection", 689),
];

const fn passes(name: &'static str, code: u16) -> Guard {
    Guard { name, code, passes: true }
}

const fn never(name: &'static str, code: u16) -> Guard {
    Guard { name, code, passes: false }
}
