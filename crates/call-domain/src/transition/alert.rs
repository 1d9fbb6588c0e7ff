use super::Draft;
use crate::{
    CallState, DeviceId, Event, Leg, LegState, Notice, ParticipantState, Rejection, UserId,
};

/// A device of an invitee rings. The first of all makes the call ring.
pub(super) fn alert(draft: &mut Draft, user: UserId, device: DeviceId) -> Result<(), Rejection> {
    let participant = draft.participant(&user)?;
    if !participant.is_ringing() || !ring(&mut participant.legs, &device) {
        return Ok(());
    }
    if let ParticipantState::Invited { ring_deadline, .. } = participant.state {
        participant.state = ParticipantState::Alerting { ring_deadline };
        draft.notify(Notice::Ringing { user: user.clone() });
    } else {
        draft.update();
    }
    if draft.parts.state == CallState::Created {
        draft.parts.state = CallState::Ringing;
    }
    draft.log(Event::Alerting { user, device });
    Ok(())
}

/// Whether this made the device ring.
fn ring(legs: &mut Vec<Leg>, device: &DeviceId) -> bool {
    let state = LegState::Alerting;
    if let Some(leg) = legs.iter_mut().find(|leg| leg.device == *device) {
        let offered = leg.state == LegState::Offered;
        if offered {
            leg.state = state;
        }
        return offered;
    }
    // It may ring before the server has noted that it was sent the call.
    let room = legs.len() < Leg::MAX_OFFERED;
    if room {
        let device = device.clone();
        legs.push(Leg { device, state });
    }
    room
}
