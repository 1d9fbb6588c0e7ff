use super::{Draft, rights};
use crate::{Event, MediaOff, Notice, Rejection, RejectionKind, UserId};

/// A moderator turns off what a participant sends; that participant may turn it on again.
pub(super) fn mute(
    draft: &mut Draft,
    by: UserId,
    user: UserId,
    off: MediaOff,
) -> Result<(), Rejection> {
    rights::require_moderator(draft, &by)?;
    let target = rights::target(draft, &user)?;
    if !target.is_present() {
        return Err(draft.refusal(RejectionKind::NotJoined));
    }
    let media = target.media.without(off);
    if media != target.media {
        target.media = media;
        draft.notify(Notice::MediaStateChanged { user: user.clone() });
        draft.log(Event::Muted { user, by, media });
    }
    Ok(())
}
