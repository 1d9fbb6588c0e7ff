//! What goes over the wire: the messages of the socket and the bodies of REST.
//!
//! These types are the only source of the TypeScript types (feature `typescript`) and of the
//! schemas in an OpenAPI document (feature `openapi`). JSON is camelCase, times are RFC 3339 in UTC
//! with milliseconds.

mod call;
mod client;
mod error;
mod names;
mod rest;
mod server;
mod stats;
mod time;
#[cfg(feature = "typescript")]
mod typescript;

pub use call::{Call, CallNotes, MediaState, Participant};
pub use client::{
    ClientCommand, ClientFrame, ClientMessage, IceCandidate, MAX_CANDIDATE, MAX_MESSAGE_ID,
    MAX_SAMPLES, MAX_SDP, Parsed, Signal, SignalBody,
};
pub use error::{ErrorCode, SignalError};
pub use names::{
    CallStatus, CallType, Direction, Elsewhere, EndReason, EndedReason, LeaveReason, Outcome,
    ParticipantStatus, Quality, QualityReason, Role, Topology,
};
pub use rest::{
    AnswerRequest, AppConfig, CallEventItem, CallEventList, CallPage, DevToken, DevTokenRequest,
    HistoryItem, IceServer, InitiateRequest, MediaRequest, OnlineUser, PresenceList, Problem,
    QualityItem, QualityList, RejectRequest, TurnCredentials,
};
pub use server::{Caller, ServerMessage};
pub use stats::{
    CandidateType, Inbound, Outbound, QualityLimitationReason, RelayProtocol, StatsSample,
};
pub use time::rfc3339;
#[cfg(feature = "typescript")]
pub use typescript::export_typescript;
