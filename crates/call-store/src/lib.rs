//! Calls made durable, in SQLite or PostgreSQL, behind one trait.
#![warn(clippy::wildcard_enum_match_arm)]

mod call_store;
mod credential;
mod error;
mod history;
mod outcome;
mod placement;
mod sample;
mod stored;

pub use call_store::CallStore;
pub use credential::TurnCredential;
pub use error::{CommitError, StoreError};
pub use history::{
    Direction, HistoryCursor, HistoryItem, HistoryPage, HistoryQuery, InvalidCursor,
};
pub use outcome::Outcome;
pub use placement::{Answer, Decide, IdempotencyKey, Placed};
pub use sample::QualitySample;
pub use stored::{Annotations, LoggedEvent, StoredCall};
