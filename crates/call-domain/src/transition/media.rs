use super::Draft;
use crate::{Event, MediaChange, Notice, Rejection, RejectionKind, UserId};

/// A participant turns the microphone, the camera or the shared screen on or off.
pub(super) fn change_media(
    draft: &mut Draft,
    user: UserId,
    change: MediaChange,
) -> Result<(), Rejection> {
    let participant = draft.participant(&user)?;
    let media = participant.media.with(change);
    if participant.is_present() {
        if media != participant.media {
            participant.media = media;
            draft.notify(Notice::MediaStateChanged { user: user.clone() });
            draft.log(Event::MediaChanged { user, media });
        }
        return Ok(());
    }
    draft.require_live()?;
    Err(draft.refusal(RejectionKind::NotJoined))
}
