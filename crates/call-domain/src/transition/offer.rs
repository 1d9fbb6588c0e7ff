use super::Draft;
use crate::{DeviceId, Event, Leg, LegState, ParticipantState, Rejection, UserId};

/// One more device of a ringing invitee has been sent the call.
pub(super) fn offer(draft: &mut Draft, user: UserId, device: DeviceId) -> Result<(), Rejection> {
    let participant = draft.participant(&user)?;
    if !participant.is_ringing()
        || participant.leg(&device).is_some()
        || participant.legs.len() >= Leg::MAX_OFFERED
    {
        return Ok(());
    }
    participant.legs.push(Leg {
        device: device.clone(),
        state: LegState::Offered,
    });
    if let ParticipantState::Invited {
        unreachable_deadline,
        ..
    } = &mut participant.state
    {
        *unreachable_deadline = None;
    }
    draft.log(Event::Offered { user, device });
    Ok(())
}
