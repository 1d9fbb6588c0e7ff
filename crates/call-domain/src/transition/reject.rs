use super::{Draft, conclude, settle};
use crate::{
    EndNotice, EndReason, Event, LegClosed, Notice, ParticipantState, RejectReason, Rejection,
    RejectionKind, UserId,
};

/// A user refuses the call, on all devices. A call of two is over with that.
pub(super) fn reject(
    draft: &mut Draft,
    user: UserId,
    reason: RejectReason,
) -> Result<(), Rejection> {
    let initiator = draft.is_initiator(&user);
    let state = draft.participant(&user)?.state;
    draft.require_live()?;
    let kind = match state {
        ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
            return refuse(draft, user, reason);
        }
        // Said twice, perhaps from two devices.
        ParticipantState::Declined { .. } | ParticipantState::Busy { .. } => return Ok(()),
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. }
            if !initiator =>
        {
            RejectionKind::AnsweredElsewhere
        }
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. }
        | ParticipantState::Left { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => RejectionKind::NotRinging,
    };
    Err(draft.refusal(kind))
}

fn refuse(draft: &mut Draft, user: UserId, reason: RejectReason) -> Result<(), Rejection> {
    let at = draft.now;
    let (state, event, end) = match reason {
        RejectReason::Declined => (
            ParticipantState::Declined { at },
            Event::Declined { user: user.clone() },
            EndReason::Declined,
        ),
        RejectReason::Busy => (
            ParticipantState::Busy { at },
            Event::Busy { user: user.clone() },
            EndReason::Busy,
        ),
    };
    let participant = draft.participant(&user)?;
    participant.put_out(state, LegClosed::DeclinedElsewhere);
    draft.log(event);
    draft.update();
    if draft.parts.group {
        let reason = EndNotice::DeclinedElsewhere;
        draft.tell(user.clone(), None, Notice::Ended { reason });
        settle::settle(draft, end, Some(user));
    } else {
        conclude(draft, end, Some(user));
    }
    Ok(())
}
