use std::path::PathBuf;

use call_domain::CorruptCall;
use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Why the store could not do what it was asked. Nothing was changed, unless the variant says
/// otherwise.
///
/// Messages never contain a password or a URL.
#[derive(Debug, Clone, thiserror::Error)]
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
#[derive(Debug, Clone, thiserror::Error)]
pub enum CommitError {
    /// The stored call has another version by now (or there is none): load, apply, commit again.
    #[error("the call has changed meanwhile")]
    VersionConflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a database could not be opened. Messages never contain a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL names no database.
    #[error("the database URL is not understood: {0}")]
    InvalidUrl(&'static str),
    /// This build does not know the database.
    #[error("this build has no support for {0}")]
    NotCompiledIn(&'static str),
    /// The folder of a database file could not be made.
    #[error("cannot make the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The database could not be reached or opened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What goes wrong inside a transaction; [`StoreError`] is what becomes of it outside.
#[derive(Debug)]
pub(crate) enum Failure {
    Diesel(Diesel),
    Store(StoreError),
}

impl From<Diesel> for Failure {
    fn from(error: Diesel) -> Self {
        Self::Diesel(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CorruptCall> for Failure {
    fn from(error: CorruptCall) -> Self {
        Self::Store(error.into())
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Diesel(Diesel::DatabaseError(kind, information)) => {
                from_database(kind, information.message())
            }
            // The only values that refuse to be written are times.
            Failure::Diesel(Diesel::SerializationError(_)) => Self::Unstorable("time"),
            Failure::Diesel(Diesel::DeserializationError(error)) => {
                Self::Damaged(error.to_string())
            }
            Failure::Diesel(error) => Self::Database(error.to_string()),
        }
    }
}

/// Diesel passes on no code but those of constraints, so the rest is told by the message: SQLite's
/// are fixed (`sqlite3_errstr`), and PostgreSQL's of these kinds end in English words of libpq or
/// the C library where the server runs in an English or C locale.
fn from_database(kind: DatabaseErrorKind, message: &str) -> StoreError {
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if matches!(kind, DatabaseErrorKind::ClosedConnection) || says(&["disk I/O error"]) {
        StoreError::Unavailable(message.to_owned())
    } else if matches!(kind, DatabaseErrorKind::SerializationFailure)
        || says(&["is locked", "deadlock detected", "lock timeout"])
    {
        StoreError::Overloaded
    } else if says(&["disk is full", "No space left on device"]) {
        StoreError::DiskFull
    } else if says(&["malformed", "file is not a database"]) {
        StoreError::Damaged(message.to_owned())
    } else {
        StoreError::Database(message.to_owned())
    }
}
