use super::{Draft, rights};
use crate::{Event, ParticipantStatus, Rejection, RejectionKind, Role, UserId};

/// A moderator makes another, or takes that role away. The initiator's role is for good.
pub(super) fn set_role(
    draft: &mut Draft,
    by: UserId,
    user: UserId,
    role: Role,
) -> Result<(), Rejection> {
    rights::require_moderator(draft, &by)?;
    let target = rights::target(draft, &user)?;
    if role == Role::Initiator || target.role == Role::Initiator {
        return Err(draft.refusal(RejectionKind::NotAllowed));
    }
    if target.status() == ParticipantStatus::Removed {
        return Err(draft.refusal(RejectionKind::NotJoined));
    }
    if target.role != role {
        target.role = role;
        draft.log(Event::RoleChanged { user, by, role });
        draft.update();
    }
    Ok(())
}
