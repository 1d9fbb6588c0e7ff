//! The life of a voice or video call, as a pure state machine.
//!
//! This crate decides; it does nothing. It has no I/O, no clock, no randomness and no async: ids
//! and the time are passed in, and what should happen next comes out as data. The same code can
//! therefore sit behind a socket server, a telephone gateway or a test that explores every order
//! of events.
//!
//! # Contract for embedders
//!
//! 1. [`place`] decides whether a new call may begin, given the live calls of everyone concerned.
//! 2. [`Call::apply`] takes a [`Command`] and the time and returns a [`Step`]: the next call, the
//!    [`Event`]s to append to its log and the [`Effect`]s to carry out *after* both were made
//!    durable. A step without events changed nothing and need not be stored.
//! 3. Store the step only where the stored version is still the one that was loaded; on a conflict
//!    load again and apply again. That alone decides every race.
//! 4. [`Call::next_deadline`] says when to apply [`Command::Expire`]. Being late is harmless: the
//!    command does whatever is due by then.
//!
//! # Example
//!
//! ```
//! use call_domain::{
//!     CallId, CallStatus, CallType, Command, Invitee, PlaceRequest, Placement, Policy, Timestamp,
//!     place,
//! };
//! use uuid::Uuid;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::from_micros(1_700_000_000_000_000);
//! let wish = PlaceRequest {
//!     id: CallId::new(Uuid::from_u128(1)),
//!     initiator_id: "alice".parse()?,
//!     initiator_name: Some("Alice".into()),
//!     device: "alice-laptop".parse()?,
//!     online: true,
//!     call_type: CallType::Video,
//!     invitees: vec![Invitee {
//!         user_id: "bob".parse()?,
//!         name: None,
//!         devices: vec!["bob-phone".parse()?],
//!     }],
//!     conversation_id: None,
//!     metadata: serde_json::Map::new(),
//! };
//!
//! // No live call of alice or bob stands in the way: a call begins.
//! let Placement::New(step) = place(wish, &Policy::default(), &[], now)? else {
//!     return Err("bob was calling alice already".into());
//! };
//! // Store `step.call` and `step.events`; then carry out `step.effects`, which ring bob.
//! let call = step.call;
//! assert_eq!(call.status(), CallStatus::Created);
//!
//! let step = call.apply(
//!     Command::Answer {
//!         user: "bob".parse()?,
//!         device: "bob-phone".parse()?,
//!         name: Some("Bob".into()),
//!         online: true,
//!     },
//!     now,
//! )?;
//! assert_eq!(step.call.status(), CallStatus::Connecting);
//! assert_eq!(step.call.version(), 2);
//!
//! // Media never flows. When the deadline has come, the call ends.
//! let deadline = step.call.next_deadline().ok_or("a live call has a deadline")?;
//! let step = step.call.apply(Command::Expire, deadline)?;
//! assert_eq!(step.call.status(), CallStatus::Ended);
//! assert_eq!(step.call.next_deadline(), None);
//! # Ok(())
//! # }
//! ```
//!
//! Words are those of SIP (RFC 3261) where it has them: a callee's device that rings *alerts*, and
//! one device of one participant is a *leg* of the call.
#![warn(clippy::wildcard_enum_match_arm)]

mod call;
mod command;
mod effect;
mod event;
mod id;
mod integrity;
mod leave_reason;
mod leg;
mod media;
mod name;
mod participant;
mod place;
mod policy;
mod recording;
mod rejection;
mod sfu_room_id;
mod timestamp;
mod topology;
mod transition;

pub use call::{Call, CallParts, CallState, CallStatus, CallType, CorruptCall, EndReason};
pub use command::{Command, RejectReason};
pub use effect::{Address, Effect, EndNotice, Notice, Recipients, RecordingStop};
pub use event::Event;
pub use id::{CallId, ConversationId, DeviceId, InvalidId, RecordingFileId, RecordingId, UserId};
pub use leave_reason::LeaveReason;
pub use leg::{Leg, LegClosed, LegState};
pub use media::{MediaChange, MediaOff, MediaState, Quality};
pub use name::UnknownName;
pub use participant::{Participant, ParticipantState, ParticipantStatus, Role};
pub use place::{Invitee, PlaceRequest, Placement, PlacementRefusal, place};
pub use policy::{BusyPolicy, Policy, RecordingPolicy, TopologyPolicy};
pub use recording::{
    Consent, ConsentState, MixStatus, Recording, RecordingConsent, RecordingFault,
    RecordingFileKind, RecordingMode, RecordingStatus,
};
pub use rejection::{Rejection, RejectionKind};
pub use sfu_room_id::SfuRoomId;
pub use timestamp::Timestamp;
pub use topology::Topology;
pub use transition::Step;
