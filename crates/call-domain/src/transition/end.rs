use super::{Draft, conclude, leave, reject};
use crate::{EndReason, RejectReason, Rejection, UserId};

/// A user wants the call over. What that means depends on who says it, and when.
pub(super) fn end(draft: &mut Draft, user: UserId) -> Result<(), Rejection> {
    let participant = draft.participant(&user)?;
    let (ringing, present) = (participant.is_ringing(), participant.is_present());
    if ringing {
        reject::reject(draft, user, RejectReason::Declined)
    } else if !present {
        // It is over already, for this user at least.
        Ok(())
    } else if draft.parts.group && !draft.is_initiator(&user) {
        leave::depart(draft, user)
    } else {
        let reason = hang_up_reason(draft, &user);
        conclude(draft, reason, Some(user));
        Ok(())
    }
}

/// Somebody with power over all calls ends this one.
pub(super) fn end_by_moderator(draft: &mut Draft, moderator: UserId) {
    if draft.end_reason().is_none() {
        conclude(draft, EndReason::EndedByModerator, Some(moderator));
    }
}

/// What it means for the call that this user hangs up.
pub(super) fn hang_up_reason(draft: &Draft, user: &UserId) -> EndReason {
    if draft.was_active() {
        EndReason::Completed
    } else if draft.is_initiator(user) {
        EndReason::Cancelled
    } else {
        EndReason::Declined
    }
}
