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
//! Words are those of SIP (RFC 3261) where it has them: a callee's device that rings *alerts*, and
//! one device of one participant is a *leg* of the call.
#![warn(clippy::wildcard_enum_match_arm)]

mod call;
mod command;
mod effect;
mod event;
mod id;
mod integrity;
mod leg;
mod media;
mod name;
mod participant;
mod place;
mod policy;
mod rejection;
mod timestamp;
mod transition;

pub use call::{
    Call, CallParts, CallState, CallStatus, CallType, CorruptCall, EndReason, Topology,
};
pub use command::{Command, RejectReason};
pub use effect::{Address, Effect, EndNotice, Notice, Recipients};
pub use event::Event;
pub use id::{CallId, ConversationId, DeviceId, InvalidId, UserId};
pub use leg::{Leg, LegClosed, LegState};
pub use media::{MediaChange, MediaState, Quality};
pub use name::UnknownName;
pub use participant::{LeaveReason, Participant, ParticipantState, ParticipantStatus, Role};
pub use place::{Invitee, PlaceRequest, Placement, PlacementRefusal, place};
pub use policy::{BusyPolicy, Policy};
pub use rejection::{Rejection, RejectionKind};
pub use timestamp::Timestamp;
pub use transition::Step;
