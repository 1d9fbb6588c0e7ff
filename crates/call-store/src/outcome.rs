use std::fmt;
use std::str::FromStr;

use call_domain::{
    Call, EndReason, LeaveReason, LegClosed, LegState, Participant, ParticipantState,
    ParticipantStatus, Role,
};
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

/// The text is no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known outcome")]
pub struct UnknownOutcome;

impl Outcome {
    /// Every outcome.
    pub const ALL: &'static [Self] = &[
        Self::Answered,
        Self::Missed,
        Self::NoAnswer,
        Self::Declined,
        Self::Cancelled,
        Self::Busy,
        Self::Failed,
        Self::Ongoing,
    ];

    /// What has come of `call` for `participant`, who belongs to it.
    ///
    /// Somebody who is out of a call that goes on has an outcome already; it changes if they come
    /// back.
    pub fn of(call: &Call, participant: &Participant) -> Self {
        match participant.role {
            Role::Initiator => Self::of_initiator(call, participant),
            Role::Moderator | Role::Participant => Self::of_invitee(call, participant),
        }
    }

    fn of_initiator(call: &Call, participant: &Participant) -> Self {
        if participant.status() == ParticipantStatus::Failed {
            return Self::Failed;
        }
        match call.end_reason() {
            None if participant.is_present() || participant.is_ringing() => Self::Ongoing,
            // A group call that goes on without its initiator.
            None if call.answered_at().is_some() => Self::Answered,
            None => Self::Cancelled,
            Some(_) if call.started_at().is_some() => Self::Answered,
            Some(reason) => Self::of_reason(reason),
        }
    }

    fn of_invitee(call: &Call, participant: &Participant) -> Self {
        let unless_live = |outcome| match call.end_reason() {
            None => Self::Ongoing,
            Some(_) => outcome,
        };
        match participant.state {
            ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
                unless_live(Self::Missed)
            }
            ParticipantState::Accepted { .. } => unless_live(Self::Failed),
            ParticipantState::Joined { .. } | ParticipantState::Reconnecting { .. } => {
                unless_live(Self::Answered)
            }
            ParticipantState::Left {
                joined_at: Some(_), ..
            }
            | ParticipantState::Removed {
                joined_at: Some(_), ..
            } => Self::Answered,
            // Put out before media flowed, or while it rang.
            ParticipantState::Removed {
                joined_at: None, ..
            } => {
                let reason = LegClosed::Left;
                let took_it = LegState::Closed { reason };
                if participant.legs.iter().any(|leg| leg.state == took_it) {
                    Self::Answered
                } else {
                    Self::Missed
                }
            }
            // Took it, but media never flowed.
            ParticipantState::Left {
                joined_at: None,
                reason,
                ..
            } => match reason {
                LeaveReason::Left | LeaveReason::Removed => Self::Answered,
                LeaveReason::ConnectionLost | LeaveReason::ConnectFailed => Self::Failed,
                LeaveReason::CallEnded(reason) => Self::of_reason(reason),
            },
            ParticipantState::Failed { .. } => Self::Failed,
            ParticipantState::Declined { .. } => Self::Declined,
            ParticipantState::Busy { .. } => Self::Busy,
            ParticipantState::Missed { .. }
            | ParticipantState::Unreachable { .. }
            | ParticipantState::Cancelled { .. } => Self::Missed,
        }
    }

    /// For somebody who began or took a call that ended before it was active.
    fn of_reason(reason: EndReason) -> Self {
        match reason {
            EndReason::Completed | EndReason::Transferred => Self::Answered,
            EndReason::NoAnswer | EndReason::Unreachable => Self::NoAnswer,
            EndReason::Declined => Self::Declined,
            EndReason::Busy => Self::Busy,
            EndReason::Cancelled | EndReason::Replaced | EndReason::EndedByModerator => {
                Self::Cancelled
            }
            EndReason::CallerLost
            | EndReason::ConnectFailed
            | EndReason::ConnectionLost
            | EndReason::MaxDuration
            | EndReason::ServerError => Self::Failed,
        }
    }

    /// The name in columns, on the wire and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Missed => "missed",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::Ongoing => "ongoing",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .find(|outcome| outcome.as_str() == s)
            .copied()
            .ok_or(UnknownOutcome)
    }
}
