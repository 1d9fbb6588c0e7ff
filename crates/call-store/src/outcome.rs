use serde::{Deserialize, Serialize};

/// What came of a call for one participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was taken: by the participant, or by somebody the participant called.
    Answered,
    /// It was the participant's to take, and was not taken; also when the caller cancelled.
    Missed,
    /// The participant called, and nobody took it.
    NoAnswer,
    /// The participant declined, or everyone called did.
    Declined,
    /// It was called off before it was active.
    Cancelled,
    /// The participant, or everyone called, was busy.
    Busy,
    /// It was taken but could not be carried out.
    Failed,
    /// The participant is in it, or is being called.
    Ongoing,
}
