//! Who may do something to others.

use super::Draft;
use crate::{Participant, Rejection, RejectionKind, Role, UserId};

/// Only somebody who is in the call.
pub(super) fn require_in_call(draft: &mut Draft, by: &UserId) -> Result<Role, Rejection> {
    let participant = draft.participant(by)?;
    let (role, present) = (participant.role, participant.is_present());
    draft.require_live()?;
    if present {
        Ok(role)
    } else {
        Err(draft.refusal(RejectionKind::NotJoined))
    }
}

/// Only somebody who is in the call and may moderate it.
pub(super) fn require_moderator(draft: &mut Draft, by: &UserId) -> Result<(), Rejection> {
    if require_in_call(draft, by)?.moderates() {
        Ok(())
    } else {
        Err(draft.refusal(RejectionKind::NotAllowed))
    }
}

/// To whom it is done, whom the one who does it may know.
pub(super) fn target<'a>(
    draft: &'a mut Draft,
    user: &UserId,
) -> Result<&'a mut Participant, Rejection> {
    let refused = draft.refusal(RejectionKind::NoSuchParticipant);
    draft.participant(user).map_err(|_| refused)
}
