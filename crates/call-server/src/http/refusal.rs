//! From what the engine refuses to what a client is told: the one table.

use call_domain::{PlacementRefusal, RecordingFault};
use call_engine::{CommandError, InitiateError, ReadError, RecordingError, Unavailable};
use call_store::StoreError;

use super::caller::capitalised;
use super::problem::{Code, Problem};

/// Seconds after which it makes sense to try again when the server could not.
const TRY_AGAIN: u64 = 1;

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let code = match error {
            CommandError::NotFound => return Self::no_such_call(),
            CommandError::AnsweredElsewhere => Code::AnsweredElsewhere,
            CommandError::NotRinging => Code::NotRinging,
            CommandError::NotJoined => Code::NotJoined,
            CommandError::NotAllowed => Code::NotAllowed,
            CommandError::NoSuchParticipant => Code::NotFound,
            CommandError::TooManyParticipants { .. } => Code::TooManyParticipants,
            CommandError::AlreadyInCall { call } => {
                return Self::new(Code::AlreadyInCall, sentence(&error)).about(call);
            }
            CommandError::RecordingForbidden => Code::RecordingForbidden,
            CommandError::RecordingUnavailable(cause) => {
                let detail = not_recorded(cause);
                return Self::new(Code::RecordingUnavailable, detail).because(cause);
            }
            CommandError::NotAnswered => Code::NotAnswered,
            CommandError::AlreadyRecording => Code::AlreadyRecording,
            CommandError::NotRecording => Code::NotRecording,
            CommandError::NotAsked => Code::NotAsked,
            CommandError::Ended(reason) => Code::Gone(reason),
            CommandError::Unavailable(unavailable) => return unavailable.into(),
        };
        Self::new(code, sentence(&error))
    }
}

impl From<RecordingError> for Problem {
    fn from(error: RecordingError) -> Self {
        let code = match error {
            RecordingError::Call(error) => return error.into(),
            RecordingError::NotFound => return Self::no_such_recording(),
            RecordingError::MixingUnavailable => Code::MixingUnavailable,
            RecordingError::MixRefused(cause) => {
                let detail = not_mixed(cause);
                return Self::new(Code::MixingUnavailable, detail).because(cause);
            }
            RecordingError::Live => Code::RecordingLive,
            RecordingError::Files(_) => {
                let detail = "The files of recordings cannot be reached at the moment.";
                return Self::new(Code::Unavailable, detail).retry_after(TRY_AGAIN);
            }
        };
        Self::new(code, sentence(&error))
    }
}

impl From<InitiateError> for Problem {
    fn from(error: InitiateError) -> Self {
        match error {
            InitiateError::Refused(refusal) => refusal.into(),
            InitiateError::IdempotencyConflict => {
                Self::new(Code::IdempotencyConflict, sentence(&error))
            }
            InitiateError::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<PlacementRefusal> for Problem {
    fn from(refusal: PlacementRefusal) -> Self {
        let detail = sentence(&refusal);
        match refusal {
            PlacementRefusal::NobodyCalled
            | PlacementRefusal::SelfCalled
            | PlacementRefusal::CalledTwice => Self::new(Code::InvalidRequest, detail),
            PlacementRefusal::TooManyParticipants { .. } => {
                Self::new(Code::TooManyParticipants, detail)
            }
            PlacementRefusal::Glare { call } => Self::new(Code::Glare, detail).about(call),
            PlacementRefusal::AlreadyInCall { call } => {
                Self::new(Code::AlreadyInCall, detail).about(call)
            }
        }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotFound => Self::no_such_call(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::Store(error) => error.into(),
            Unavailable::Contended | Unavailable::Stopping => {
                Self::new(Code::Unavailable, sentence(&unavailable)).retry_after(TRY_AGAIN)
            }
            Unavailable::BrokenOff => Self::new(Code::Internal, sentence(&unavailable)),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unstorable(_) => Self::new(Code::InvalidRequest, sentence(&error)),
            StoreError::Overloaded
            | StoreError::Unavailable(_)
            | StoreError::DiskFull
            | StoreError::Closed => {
                tracing::error!(%error, "the store failed");
                // What exactly is wrong with the database is for the log.
                Self::new(
                    Code::Unavailable,
                    "The database cannot do this at the moment.",
                )
                .retry_after(TRY_AGAIN)
            }
            StoreError::Damaged(_)
            | StoreError::CorruptCall(_)
            | StoreError::DecisionPanicked
            | StoreError::Database(_) => {
                tracing::error!(%error, "the store failed");
                Self::new(Code::Internal, "The database failed.")
            }
        }
    }
}

/// Why a recording cannot begin, and what helps.
fn not_recorded(cause: RecordingFault) -> &'static str {
    match cause {
        RecordingFault::DiskFull => {
            "There is too little room left for a recording. Delete recordings that nobody needs any more, \
             or have whoever runs this server make room."
        }
        RecordingFault::Overloaded => {
            "As many calls are being recorded as this server may record at a time. \
             Try again when one of these recordings has stopped."
        }
        RecordingFault::SfuUnavailable => {
            "Calls are recorded by the forwarding unit of this server, which is not there for this call. \
             Have whoever runs the server turn it on, and begin a new call."
        }
        RecordingFault::StorageUnreachable
        | RecordingFault::WriteFailed
        | RecordingFault::MixFailed
        | RecordingFault::MixingUnavailable
        | RecordingFault::Interrupted => {
            "This server cannot record at the moment. Try again in a while; its log says more."
        }
    }
}

/// Why no file of a whole call can be begun, and what helps.
fn not_mixed(cause: RecordingFault) -> &'static str {
    match cause {
        RecordingFault::DiskFull => {
            "There is too little room left for a file of the whole call. Delete recordings that nobody needs any more, \
             or have whoever runs this server make room."
        }
        RecordingFault::Overloaded
        | RecordingFault::SfuUnavailable
        | RecordingFault::StorageUnreachable
        | RecordingFault::WriteFailed
        | RecordingFault::MixFailed
        | RecordingFault::MixingUnavailable
        | RecordingFault::Interrupted => {
            "This server cannot make a file of the whole call at the moment. Try again in a while; its log says more."
        }
    }
}

fn sentence(error: &impl ToString) -> String {
    format!("{}.", capitalised(&error.to_string()))
}
