use super::{Draft, end, settle};
use crate::{Event, LeaveReason, LegClosed, Notice, ParticipantState, Rejection, UserId};

/// A user wants out. Only in a group call can the others go on.
pub(super) fn leave(draft: &mut Draft, user: UserId) -> Result<(), Rejection> {
    if draft.parts.group && draft.participant(&user)?.is_present() {
        depart(draft, user)
    } else {
        end::end(draft, user)
    }
}

/// Somebody present in a group call leaves it.
pub(super) fn depart(draft: &mut Draft, user: UserId) -> Result<(), Rejection> {
    let now = draft.now;
    let participant = draft.participant(&user)?;
    let reason = LeaveReason::Left;
    let left = ParticipantState::Left {
        joined_at: participant.joined_at(),
        left_at: now,
        reason,
    };
    participant.put_out(left, LegClosed::Left);
    draft.log(Event::Left {
        user: user.clone(),
        reason,
    });
    draft.notify(Notice::ParticipantLeft {
        user: user.clone(),
        reason,
    });
    let end = end::hang_up_reason(draft, &user);
    settle::settle(draft, end, Some(user));
    Ok(())
}
