use super::{Draft, recording};
use crate::{CallState, EndReason, Event, LegClosed, ParticipantState, UserId};

/// Ends the call for everyone who is still in it or still rings.
pub(crate) fn conclude(draft: &mut Draft, reason: EndReason, by: Option<UserId>) {
    let now = draft.now;
    for participant in &mut draft.parts.participants {
        match participant.state {
            ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
                participant.put_out(
                    ParticipantState::Cancelled { at: now },
                    LegClosed::NotAnswered,
                );
            }
            ParticipantState::Accepted { .. }
            | ParticipantState::Joined { .. }
            | ParticipantState::Reconnecting { .. } => {
                let left = ParticipantState::Left {
                    joined_at: participant.joined_at(),
                    left_at: now,
                    reason: reason.into(),
                };
                participant.put_out(left, LegClosed::Left);
            }
            ParticipantState::Left { .. }
            | ParticipantState::Declined { .. }
            | ParticipantState::Busy { .. }
            | ParticipantState::Missed { .. }
            | ParticipantState::Unreachable { .. }
            | ParticipantState::Cancelled { .. }
            | ParticipantState::Removed { .. }
            | ParticipantState::Failed { .. } => {}
        }
    }
    recording::conclude(draft);
    draft.parts.alone_deadline = None;
    draft.parts.p2p_deadline = None;
    draft.parts.state = CallState::Ended {
        answered_at: draft.parts.state.answered_at(),
        started_at: draft.parts.state.started_at(),
        ended_at: now,
        reason,
        by: by.clone(),
    };
    draft.log(Event::Ended { reason, by });
}
