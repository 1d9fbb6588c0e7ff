use crate::{CallStatus, EndReason};

/// Why a command was refused; the call is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{command} refused in a call that is {status}: {kind}")]
pub struct Rejection {
    /// What was asked.
    pub command: &'static str,
    /// Where the call stood.
    pub status: CallStatus,
    /// Why it was refused.
    pub kind: RejectionKind,
}

/// The reasons for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RejectionKind {
    /// The user does not belong to the call, and must not learn that it exists.
    #[error("not a participant")]
    NotParticipant,
    /// Another device of the user took the call.
    #[error("another device of the user took the call")]
    AnsweredElsewhere,
    /// There is nothing to take or refuse: the user began the call, took it, or is out of it.
    #[error("the call does not ring for the user")]
    NotRinging,
    /// The user has not taken the call.
    #[error("the user is not in the call")]
    NotJoined,
    /// The user is in the call with another device.
    #[error("the user is in the call with another device")]
    WrongDevice,
    /// The user may not do that: only moderators may, or not to that participant.
    #[error("the user may not do that")]
    NotAllowed,
    /// There is no such participant to do it to.
    #[error("no such participant")]
    NoSuchParticipant,
    /// More people than may be in the call.
    #[error("more than {max} participants")]
    TooManyParticipants {
        /// The most, the initiator included.
        max: u32,
    },
    /// The call may not be recorded.
    #[error("the call may not be recorded")]
    RecordingForbidden,
    /// Media does not pass through the server, which could not record it.
    #[error("this server cannot record calls")]
    RecordingUnavailable,
    /// There is nothing to record yet.
    #[error("nobody has answered the call")]
    NotAnswered,
    /// Another recording runs.
    #[error("the call is being recorded already")]
    AlreadyRecording,
    /// There is no recording to stop or to consent to.
    #[error("the call is not being recorded")]
    NotRecording,
    /// Nobody asked the user, who is told and not asked.
    #[error("the user was not asked for consent")]
    NotAsked,
    /// The call has ended.
    #[error("the call has ended")]
    Ended(EndReason),
}
