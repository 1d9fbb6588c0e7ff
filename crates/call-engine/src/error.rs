use call_domain::{CallId, EndReason, RecordingFault, Rejection, RejectionKind};
use call_store::StoreError;

/// Why the engine could not do what would have been allowed. Nothing was told to anybody.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others changed the call again and again meanwhile.
    #[error("the call kept changing; try again")]
    Contended,
    /// The server is about to stop.
    #[error("the server is stopping")]
    Stopping,
    /// A defect: the work on the call was broken off.
    #[error("the work on the call was broken off")]
    BrokenOff,
}

/// Why a command on a call was refused.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// No such call, or none of the user's business: the two are never told apart.
    #[error("no such call")]
    NotFound,
    /// Another device of the user took the call.
    #[error("another device of the user took the call")]
    AnsweredElsewhere,
    /// There is nothing to take or to refuse.
    #[error("the call does not ring for the user")]
    NotRinging,
    /// The user, or this device of the user, is not in the call.
    #[error("the user is not in the call")]
    NotJoined,
    /// The user may not do that: only moderators may, or not to that participant.
    #[error("the user may not do that")]
    NotAllowed,
    /// There is no such participant to do it to.
    #[error("no such participant")]
    NoSuchParticipant,
    /// The device is in another live call.
    #[error("the device is in another call")]
    AlreadyInCall {
        /// Which.
        call: CallId,
    },
    /// More people than may be in the call.
    #[error("more than {max} participants")]
    TooManyParticipants {
        /// The most, the initiator included.
        max: u32,
    },
    /// The call may not be recorded.
    #[error("the call may not be recorded")]
    RecordingForbidden,
    /// This server cannot record the call, or not now.
    #[error("this server cannot record the call now: {0}")]
    RecordingUnavailable(RecordingFault),
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
    /// The call is over.
    #[error("the call has ended")]
    Ended(EndReason),
    /// It would have been allowed, but could not be done.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(Unavailable::Store(error))
    }
}

impl From<Rejection> for CommandError {
    fn from(rejection: Rejection) -> Self {
        rejection.kind.into()
    }
}

impl From<RejectionKind> for CommandError {
    fn from(kind: RejectionKind) -> Self {
        match kind {
            RejectionKind::NotParticipant => Self::NotFound,
            RejectionKind::AnsweredElsewhere => Self::AnsweredElsewhere,
            RejectionKind::NotRinging => Self::NotRinging,
            RejectionKind::NotJoined | RejectionKind::WrongDevice => Self::NotJoined,
            RejectionKind::NotAllowed => Self::NotAllowed,
            RejectionKind::NoSuchParticipant => Self::NoSuchParticipant,
            RejectionKind::TooManyParticipants { max } => Self::TooManyParticipants { max },
            RejectionKind::RecordingForbidden => Self::RecordingForbidden,
            RejectionKind::RecordingUnavailable => {
                Self::RecordingUnavailable(RecordingFault::SfuUnavailable)
            }
            RejectionKind::NotAnswered => Self::NotAnswered,
            RejectionKind::AlreadyRecording => Self::AlreadyRecording,
            RejectionKind::NotRecording => Self::NotRecording,
            RejectionKind::NotAsked => Self::NotAsked,
            RejectionKind::Ended(reason) => Self::Ended(reason),
        }
    }
}
