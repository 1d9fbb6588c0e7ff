//! Calls carried out: a pure state machine ([`call_domain`]) decides, this engine makes its
//! decisions durable, and then tells everybody.
//!
//! Every command, from REST, a socket or a timer, takes one way in:
//!
//! 1. load the call: from the roster of live calls, else from the store;
//! 2. `apply` the command;
//! 3. commit the step where the stored version is still the one that was loaded, else begin anew;
//! 4. carry it out: tell the devices, arm the next deadline.
//!
//! # Contract
//!
//! - **Durable first.** Nobody is told of a change before it is stored. When a write fails the one
//!   who asked gets the error; if it was made all the same, those concerned are told a moment later.
//! - **In order.** The commands of one call are carried out one after the other, so each device in a
//!   call is told of every version, in order. A command that was taken on is finished even if the
//!   one who asked has gone.
//! - **Exactly once.** Deadlines are stored with the call. They are watched by one task, and by a
//!   sweep of the store every few seconds; after a crash the next engine on the same store carries
//!   them out, and the version check makes sure that only one does.
//! - **Nothing to learn.** Whoever has no part in a call gets the same answer as for an id that does
//!   not exist.
//! - Signals (SDP, ICE) are never stored. They pass between the devices that took the call, and are
//!   kept in memory for a while for one whose connection is lost.
//! - **Rooms follow calls.** With a [`MediaPlane`], a call whose topology is `sfu` has one room there, and whoever
//!   is in the call is in the room: asked for after the change was stored and told, in order, from the version that
//!   came to use the room until the call has ended. Back at peer-to-peer the room stays until everybody renders the
//!   other way, 20 s at most. What the media plane owes a device (the last offer, how its pictures come, and which of them are looked at) is kept
//!   until the device has it; after a restart everybody is taken in again as the devices come back. Without a media
//!   plane every call is peer-to-peer; one that is taken up from a server which had one returns to that at once, or, if more
//!   people are in it than a mesh is for, when enough of them have left.
//! - **Recordings follow calls.** With a [`RecordingPlane`], what is to be written of a call is asked for at every version,
//!   in order, after the change was stored: who is in it, and of whom something may be kept. What went wrong comes back by
//!   [`Engine::recording_event`], and never harms the call. When a recording has stopped, durable jobs make its files: the
//!   engine leases them from the store, one mix and one upload at a time, tries again what fails, longer and longer, and
//!   leaves what it is at to the next start when it stops or dies. Operators are told of whatever is missing
//!   ([`Engine::alerts`]).
//! - Time comes from a [`Clock`], so that tests need not wait.
//!
//! A media plane is given to the engine by [`EngineConfig::media`]; what it tells goes into [`Engine::media_event`]. What
//! records is given to it by [`EngineConfig::recording`].
//!
//! [`EngineService`] is what the sockets of `call-signal` need; REST routes call the methods of
//! [`Engine`], one per use case.
//!
//! # Example
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use call_domain::{Address, CallType, Policy};
//! use call_engine::{Engine, EngineConfig, Initiate, SystemClock};
//! use call_signal::{Hub, HubLimits};
//! use call_store::{Options, Store};
//! use call_turn::TurnAuthority;
//!
//! # #[tokio::main(flavor = "multi_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::connect("sqlite::memory:", Options::default()).await?;
//! store.migrate().await?;
//! let config = EngineConfig {
//!     policy: Policy::default(),
//!     turn: TurnAuthority::new(vec![], vec![], Duration::from_hours(24))?,
//!     presence_directory: false,
//!     media: None,
//!     recording: None,
//! };
//! let hub = Arc::new(Hub::new(HubLimits::default()));
//! let engine = Engine::start(config, Arc::new(store), hub, Arc::new(SystemClock)).await?;
//!
//! let alice = Address { user: "alice".parse()?, device: "phone".parse()? };
//! let bob = Address { user: "bob".parse()?, device: "laptop".parse()? };
//! let begun = engine
//!     .initiate(Initiate {
//!         from: alice,
//!         name: Some("Alice".into()),
//!         call_type: CallType::Audio,
//!         invitees: vec![bob.user.clone()],
//!         conversation_id: None,
//!         metadata: serde_json::Map::new(),
//!         idempotency: None,
//!     })
//!     .await?;
//! let taken = engine.answer(begun.call.call.id(), bob, Some("Bob".into())).await?;
//! assert!(taken.call.answered_at().is_some());
//! engine.stop().await;
//! # Ok(())
//! # }
//! ```

mod background;
mod bus;
mod carry_out;
mod clock;
mod deadline;
mod engine;
mod error;
mod execute;
mod id;
mod kept;
mod lane;
mod media_event;
mod media_message;
mod media_plane;
mod message;
mod quality;
mod recording;
mod recording_config;
mod recording_plane;
mod room;
mod roster;
mod service;
mod use_case;
mod view;

pub use bus::{Bus, LocalBus};
pub use clock::{Clock, ManualClock, SystemClock};
pub use engine::{Engine, EngineConfig};
pub use error::{CommandError, Unavailable};
pub use media_plane::MediaPlane;
pub use quality::{QualityFigures, QualitySummary, summarise};
pub use recording::AlertCount;
pub use recording_config::{RecordingConfig, RecordingRules};
pub use recording_plane::{
    Disposition, Finished, JobProgress, Recorded, RecordingEvent, RecordingPlane, RecordingWish,
    SignedUrl, StoppedRecording,
};
pub use service::{Authenticator, EngineService};
pub use use_case::{
    Idempotency, Initiate, InitiateError, Initiated, MediaError, NotInCall, Present, ReadError,
    Reader, RecordingError, RelayError, Requester,
};
pub use view::CallView;
