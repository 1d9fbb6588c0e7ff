//! Calls made durable, in SQLite or PostgreSQL, behind one trait.

#[cfg(not(any(feature = "sqlite", feature = "libpq")))]
compile_error!("call-store needs a database: enable `sqlite`, `postgres` or `postgres-system`");

mod call_store;
mod columns;
mod connection;
mod credential;
mod error;
mod history;
mod migrations;
mod options;
mod outcome;
mod placement;
mod pool;
#[cfg(feature = "libpq")]
mod postgres;
mod query;
mod row;
mod sample;
mod schema;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod stored;
#[cfg(all(feature = "testing", feature = "libpq", unix))]
pub mod testing;
mod url;
#[cfg(feature = "sqlite")]
mod writer;

pub use call_store::CallStore;
pub use credential::TurnCredential;
pub use error::{CommitError, ConnectError, StoreError};
pub use history::{
    Direction, HistoryCursor, HistoryItem, HistoryPage, HistoryQuery, InvalidCursor,
};
pub use options::Options;
pub use outcome::{Outcome, UnknownOutcome};
pub use placement::{Answer, Decide, IdempotencyKey, Placed};
pub use sample::QualitySample;
pub use store::{Backend, Store};
pub use stored::{Annotations, LoggedEvent, StoredCall};
