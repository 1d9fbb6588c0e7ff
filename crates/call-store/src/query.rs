//! What is asked of the databases, one file per use; each function runs in a transaction that its
//! caller began.

mod commit;
mod credential;
mod history;
mod lock;
mod place;
mod quality;
mod read;

pub(crate) use commit::{Change, Committed, commit};
pub(crate) use credential::{delete_expired_turn_credentials, insert_turn_credential};
pub(crate) use history::history;
pub(crate) use place::{Placing, delete_expired_idempotency_keys, place};
pub(crate) use quality::{insert_samples, quality_samples, set_quality, set_quality_stats};
pub(crate) use read::{due, events, live_calls, live_calls_of, load};
