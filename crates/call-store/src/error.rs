use call_domain::CorruptCall;

/// Why the store could not do what it was asked. Nothing was changed, unless the variant says
/// otherwise.
///
/// Messages never contain a password or a URL.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More work is waiting than the store takes on, or no connection was free in time. Worth
    /// another try.
    #[error("the database is overloaded")]
    Overloaded,
    /// The database cannot be reached at the moment. Worth another try. If the connection was lost
    /// while it committed, the change may have been made.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// There is no room left to write.
    #[error("the disk of the database is full")]
    DiskFull,
    /// The file is damaged, or no database at all.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// What is stored is no call.
    #[error(transparent)]
    CorruptCall(#[from] CorruptCall),
    /// The data holds something that a database cannot keep (a NUL character, a time beyond its
    /// calendar).
    #[error("{0} cannot be stored")]
    Unstorable(&'static str),
    /// The closure passed to [`place`](crate::CallStore::place) panicked.
    #[error("the decision about a call panicked")]
    DecisionPanicked,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// Anything else that the database complains of.
    #[error("database error: {0}")]
    Database(String),
}

/// Why a step was not stored.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The stored call has another version by now (or there is none): load, apply, commit again.
    #[error("the call has changed meanwhile")]
    VersionConflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
