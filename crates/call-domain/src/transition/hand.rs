use super::{Draft, rights};
use crate::{Event, Rejection, UserId};

/// A participant raises a hand, or lowers it. Raised twice, it counts from the first time.
pub(super) fn raise_hand(draft: &mut Draft, user: UserId, raised: bool) -> Result<(), Rejection> {
    rights::require_in_call(draft, &user)?;
    let now = draft.now;
    let participant = draft.participant(&user)?;
    if participant.hand_raised_at.is_some() == raised {
        return Ok(());
    }
    participant.hand_raised_at = raised.then_some(now);
    draft.log(if raised {
        Event::HandRaised { user }
    } else {
        Event::HandLowered { user }
    });
    draft.update();
    Ok(())
}
