use call_domain::{Call, Placement, PlacementRefusal, Step, Timestamp, UserId};

use crate::StoredCall;

/// Decides about a wish to begin a call, given every live call of everyone concerned; usually
/// [`call_domain::place`] with everything but the calls filled in.
pub type Decide = Box<dyn FnOnce(&[Call]) -> Result<Placement, PlacementRefusal> + Send>;

/// Makes a repeated request harmless (`Idempotency-Key`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Who asks; keys of different users never meet.
    pub user: UserId,
    /// The key that the client chose.
    pub key: String,
    /// A digest of the request; the same key with another digest is a conflict.
    pub fingerprint: String,
    /// When the key is forgotten.
    pub expires_at: Timestamp,
}

/// How a wish to begin a call was fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A new call began.
    Created,
    /// It became an answer to a call in the other direction (glare).
    Merged,
}

/// What became of [`CallStore::place`](crate::CallStore::place).
#[derive(Debug, Clone, PartialEq)]
pub enum Placed {
    /// The step is stored; now carry out its effects.
    Stored {
        /// What was decided.
        step: Box<Step>,
        /// A new call or a merged one.
        answer: Answer,
    },
    /// The decision was a refusal; nothing is stored, the key neither.
    Refused(PlacementRefusal),
    /// The same request was fulfilled before; nothing is stored.
    Replayed {
        /// The call as it was when the request was fulfilled.
        call: Box<StoredCall>,
        /// How it was fulfilled.
        answer: Answer,
    },
    /// The key was used for another request.
    IdempotencyConflict,
}

impl Answer {
    /// The name in columns.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Merged => "merged",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Created, Self::Merged]
            .into_iter()
            .find(|answer| answer.as_str() == name)
    }
}
