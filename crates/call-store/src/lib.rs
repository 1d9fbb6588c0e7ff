//! Calls made durable, in SQLite or PostgreSQL, behind one trait.
//!
//! The state machine of [`call_domain`] decides what becomes of a call; this crate keeps it. It
//! knows nothing of sockets or media, and can sit behind any server that lets that state machine
//! decide.
//!
//! # Contract for embedders
//!
//! 1. [`Store::connect`] opens a database by its URL, [`Store::migrate`] makes its tables. Use the
//!    store as `Arc<dyn CallStore>`, within a tokio runtime with its time driver enabled.
//! 2. [`CallStore::place`] begins calls: it shows every live call of everyone concerned to a
//!    closure, usually [`call_domain::place`], and stores what that decides, in one transaction
//!    that nobody who concerns the same users can get between.
//! 3. [`CallStore::commit`] stores any later step, if nobody was faster. On
//!    [`CommitError::VersionConflict`] load, apply and commit again: that alone decides every race
//!    between devices, timers and servers.
//! 4. What was answered with `Ok` survives a crash. Only then carry out the effects of a step.
//! 5. [`CallStore::due`] finds the calls that some server has to look after, whichever it is.
//! 6. [`RecordingStore`], which [`Store`] is as well, keeps what becomes of recordings: a step that
//!    stops one makes a [`JobKind::Finish`] due in the same transaction.
//!
//! Times are kept to the microsecond. Everything else that an embedder must know about the two
//! databases is in the README.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use call_domain::{CallId, CallType, Command, Invitee, PlaceRequest, Policy, Timestamp, place};
//! use call_store::{CallStore, HistoryQuery, Options, Outcome, Placed, Store};
//!
//! let store = Store::connect("sqlite::memory:", Options::default()).await?;
//! store.migrate().await?;
//!
//! // Alice calls Bob, whose phone is online.
//! let now = Timestamp::from_micros(1_790_000_000_000_000);
//! let (alice, bob) = ("alice".parse()?, "bob".parse()?);
//! let request = PlaceRequest {
//!     id: CallId::new(uuid::Uuid::now_v7()),
//!     initiator_id: alice,
//!     initiator_name: None,
//!     device: "laptop".parse()?,
//!     online: true,
//!     call_type: CallType::Audio,
//!     invitees: vec![Invitee { user_id: bob, name: None, devices: vec!["phone".parse()?] }],
//!     conversation_id: None,
//!     metadata: serde_json::Map::new(),
//! };
//! let users = ["alice".parse()?, "bob".parse()?];
//! let decide = Box::new(move |live: &[_]| place(request, &Policy::default(), live, now));
//! let Placed::Stored { step, .. } = store.place(&users, None, now, decide).await? else {
//!     panic!("refused");
//! };
//!
//! // She thinks better of it: to Bob that is a missed call.
//! let call = step.call;
//! let step = call.apply(Command::End { user: "alice".parse()? }, now)?;
//! store.commit(&step, call.version(), now).await?;
//!
//! let page = store.history(HistoryQuery::new("bob".parse()?, 50)).await?;
//! assert_eq!(page.items[0].outcome, Outcome::Missed);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```

#[cfg(not(any(feature = "sqlite", feature = "libpq")))]
compile_error!("call-store needs a database: enable `sqlite`, `postgres` or `postgres-system`");

mod alert;
mod call_store;
mod columns;
mod connection;
mod credential;
mod cursor;
mod error;
mod history;
mod job;
mod migrations;
mod options;
mod outcome;
mod placement;
mod pool;
#[cfg(feature = "libpq")]
mod postgres;
mod query;
mod recording;
mod recording_store;
mod row;
mod sample;
mod schema;
#[cfg(feature = "libpq")]
mod secret;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod stored;
#[cfg(all(feature = "testing", feature = "libpq", unix))]
pub mod testing;
mod url;
#[cfg(feature = "sqlite")]
mod writer;

pub use alert::{Alert, AlertCursor, AlertKind, AlertPage};
pub use call_store::CallStore;
pub use credential::TurnCredential;
pub use cursor::InvalidCursor;
pub use error::{CommitError, ConnectError, StoreError};
pub use history::{Direction, HistoryCursor, HistoryItem, HistoryPage, HistoryQuery};
pub use job::{JobKind, RecordingJob};
pub use options::Options;
pub use outcome::{Outcome, UnknownOutcome};
pub use placement::{Answer, Decide, IdempotencyKey, Placed};
pub use recording::{Discarded, RecordingFile, RecordingUpdate, StoredRecording};
pub use recording_store::RecordingStore;
pub use sample::QualitySample;
pub use store::{Backend, Store};
pub use stored::{Annotations, LoggedEvent, StoredCall};
