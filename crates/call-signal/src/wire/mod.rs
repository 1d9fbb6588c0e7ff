//! What goes over the wire: the messages of the socket and the bodies of REST.
//!
//! These types are the only source of the TypeScript types (feature `typescript`) and of the
//! schemas in an OpenAPI document (feature `openapi`). JSON is camelCase, times are RFC 3339 in UTC
//! with milliseconds.

mod call;
mod call_stats;
mod client;
mod error;
mod frame;
mod media;
mod media_command;
mod names;
mod read;
mod recording;
mod rest;
mod server;
mod stats;
mod time;
#[cfg(feature = "typescript")]
mod typescript;

pub use call::{Call, CallNotes, MediaState, Participant};
pub use call_stats::{
    CallStats, ClientReport, InboundStream, OutboundStream, PeerStats, ServerStats,
};
pub use client::{ClientMessage, IceCandidate};
pub use error::{ErrorCode, SignalError};
pub use frame::{ClientCommand, ClientFrame, Parsed, Signal, SignalBody};
pub use media::{
    MediaProtocol, MediaSource, OfferedTrack, PausedReason, PublishMids, PublishedStream,
    StreamLayer, StreamStatus, SubscribedStream, VideoSource, WantedStream,
};
pub use media_command::{
    BadMediaSession, BadReaction, MAX_DIMENSION, MAX_REACTION, MAX_SESSION, MAX_STREAMS,
    MediaCommand, MediaSession, Reaction, WantedView,
};
pub use names::{
    CallStatus, CallType, Direction, EndReason, EndedReason, LeaveReason, Outcome, OverHere,
    ParticipantStatus, Quality, QualityReason, Role, Topology,
};
pub use read::{MAX_CANDIDATE, MAX_MEDIA_SDP, MAX_MESSAGE_ID, MAX_SAMPLES, MAX_SDP};
pub use recording::{
    Alert, AlertList, CallRecording, ConsentRequest, ConsentStatus, FileUrl, FileUrlRequest,
    MixStatus, Recording, RecordingAbility, RecordingConsent, RecordingConsentItem, RecordingFault,
    RecordingFile, RecordingFileKind, RecordingList, RecordingMode, RecordingRequest,
    RecordingStatus, RecordingStop,
};
pub use rest::{
    AddParticipantsRequest, AnswerRequest, AppConfig, AssignableRole, CallEventItem, CallEventList,
    CallPage, DevToken, DevTokenRequest, HandRequest, HistoryItem, IceServer, InitiateRequest,
    JoinRequest, MediaRequest, MuteRequest, OnlineUser, PresenceList, Problem, QualityItem,
    QualityList, RejectRequest, RoleRequest, TurnCredentials,
};
pub use server::{Caller, ServerMessage};
pub use stats::{
    CandidateType, Inbound, Outbound, QualityLimitationReason, RelayProtocol, StatsSample,
};
pub use time::rfc3339;
#[cfg(feature = "typescript")]
pub use typescript::export_typescript;
