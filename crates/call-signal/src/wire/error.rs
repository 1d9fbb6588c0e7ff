use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Why a message was refused; clients branch on it, so a code never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ErrorCode {
    /// No JSON object, or fields of it are missing, mistyped or too long.
    InvalidMessage,
    /// No message has this type.
    UnknownType,
    /// `session:hello` must come first.
    NotReady,
    /// `session:hello` came a second time.
    AlreadyReady,
    /// The token is not good.
    Unauthenticated,
    /// No such call, or none of this user's.
    CallNotFound,
    /// This device has not taken the call.
    NotInCall,
    /// The other one has not taken the call.
    PeerNotInCall,
    /// The other one is just reconnecting, and too much waits for it already.
    PeerReconnecting,
    /// Another device of this user took the call.
    AnsweredElsewhere,
    /// The call does not ring for this user.
    NotRinging,
    /// The call has ended.
    CallEnded,
    /// The media of this call does not go over the server.
    NotOnSfu,
    /// No such media session (any more); ask for a new one.
    UnknownSession,
    /// The answer is for another offer than the last one.
    StaleAnswer,
    /// The SDP cannot be read, or does not fit the offer.
    BadSdp,
    /// The forwarding unit takes no more participants.
    RoomFull,
    /// Too much is asked at once; try again.
    Overloaded,
    /// The server failed; the log tells why.
    ServerError,
}

impl ErrorCode {
    /// The code as it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidMessage => "invalid_message",
            Self::UnknownType => "unknown_type",
            Self::NotReady => "not_ready",
            Self::AlreadyReady => "already_ready",
            Self::Unauthenticated => "unauthenticated",
            Self::CallNotFound => "call_not_found",
            Self::NotInCall => "not_in_call",
            Self::PeerNotInCall => "peer_not_in_call",
            Self::PeerReconnecting => "peer_reconnecting",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::NotRinging => "not_ringing",
            Self::CallEnded => "call_ended",
            Self::NotOnSfu => "not_on_sfu",
            Self::UnknownSession => "unknown_session",
            Self::StaleAnswer => "stale_answer",
            Self::BadSdp => "bad_sdp",
            Self::RoomFull => "room_full",
            Self::Overloaded => "overloaded",
            Self::ServerError => "server_error",
        }
    }
}

/// Why a message was refused, with words for the one who reads the log of a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct SignalError {
    /// The stable code.
    pub code: ErrorCode,
    /// What is wrong; never echoes what was sent.
    pub detail: Cow<'static, str>,
}

impl SignalError {
    /// A refusal.
    pub fn new(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }

    /// A refusal of what is not well formed.
    pub(crate) fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::InvalidMessage, detail)
    }
}
