use super::{Draft, conclude, end, rights, settle};
use crate::{
    EndNotice, EndReason, Event, LeaveReason, LegClosed, Notice, ParticipantState, Rejection,
    RejectionKind, Role, UserId,
};

/// Somebody is put out of the call, or no longer called to it.
pub(super) fn remove(
    draft: &mut Draft,
    by: UserId,
    admin: bool,
    user: UserId,
) -> Result<(), Rejection> {
    let reason = if admin {
        draft.require_live()?;
        EndReason::EndedByModerator
    } else {
        rights::require_moderator(draft, &by)?;
        if user == by || draft.is_initiator(&user) {
            return Err(draft.refusal(RejectionKind::NotAllowed));
        }
        end::hang_up_reason(draft, &by)
    };
    let now = draft.now;
    let target = rights::target(draft, &user)?;
    let removed = ParticipantState::Removed {
        joined_at: target.joined_at(),
        at: now,
    };
    match target.state {
        ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
            target.put_out(removed, LegClosed::NotAnswered);
            draft.update();
            let reason = EndNotice::Call(EndReason::Cancelled);
            draft.tell(user.clone(), None, Notice::Ended { reason });
        }
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. } => {
            target.put_out(removed, LegClosed::Left);
            draft.notify(Notice::ParticipantLeft {
                user: user.clone(),
                reason: LeaveReason::Removed,
            });
            let reason = EndNotice::Removed;
            draft.tell(user.clone(), None, Notice::Ended { reason });
        }
        ParticipantState::Removed { .. } => return Ok(()),
        ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Failed { .. } => {
            return Err(draft.refusal(RejectionKind::NotJoined));
        }
    }
    let target = rights::target(draft, &user)?;
    if target.role == Role::Moderator {
        target.role = Role::Participant;
    }
    draft.log(Event::Removed {
        user,
        by: by.clone(),
    });
    if draft.parts.group {
        settle::settle(draft, reason, Some(by));
    } else {
        conclude(draft, reason, Some(by));
    }
    Ok(())
}
