//! Ways to be wrong.

/// What is wrong with a running server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Good,
    /// Its disk is full: nothing is written.
    Full,
    /// No backend answers.
    NoBackend,
    /// Commands are taken and never answered.
    Hang,
    /// It does not end when it is asked to.
    Deaf,
    /// Every query goes to its user's own hostgroup.
    IgnoresRules,
    /// Rules of one port hold on all.
    IgnoresPorts,
    /// The queries of a transaction are routed one by one.
    SplitsTransactions,
    /// A server gets more connections than its row allows.
    IgnoresLimit,
    /// A user gets more connections than its row allows.
    IgnoresUserLimit,
    /// Whoever knows a user's name gets in.
    LetsAllIn,
    /// Connections are used as they are, whoever logged in on them.
    MixesUsers,
    /// A replica that lags is used.
    NeverShuns,
    /// A replica that lagged once is never used again.
    NeverForgives,
    /// A connection is its client's until it leaves.
    NeverShares,
    /// Reading any variable pins.
    PinsAlways,
    /// Nothing pins, or nobody is told.
    HidesPins,
    /// A start brings the users of the one before.
    Remembers,
    /// The same tables have other checksums after each start.
    Restless,
}
