use super::Draft;
use crate::{
    Event, Invitee, Leg, LegState, MediaState, Notice, Participant, ParticipantState, Role,
};

/// Calls somebody: for the first time, or again after an earlier part in the call. Somebody busy
/// only belongs to it.
pub(crate) fn invite(draft: &mut Draft, invitee: Invitee, busy: bool) {
    let user = invitee.user_id.clone();
    let called = invited(draft, invitee, busy);
    if busy {
        draft.log(Event::Busy { user: user.clone() });
    } else {
        draft.log(Event::Invited { user: user.clone() });
        for leg in &called.legs {
            draft.log(Event::Offered {
                user: user.clone(),
                device: leg.device.clone(),
            });
        }
        draft.tell(user.clone(), None, Notice::Incoming);
    }
    let mut participants = draft.parts.participants.iter_mut();
    match participants.find(|p| p.user_id == user) {
        Some(before) => {
            *before = Participant {
                role: before.role,
                name: called.name.or(before.name.take()),
                ..called
            };
        }
        None => draft.parts.participants.push(called),
    }
    draft.parts.group = draft.parts.participants.len() > 2;
}

fn invited(draft: &Draft, invitee: Invitee, busy: bool) -> Participant {
    let (now, policy) = (draft.now, &draft.parts.policy);
    let mut legs: Vec<Leg> = Vec::new();
    if !busy {
        for device in invitee.devices {
            if legs.len() < Leg::MAX_OFFERED && legs.iter().all(|leg| leg.device != device) {
                let state = LegState::Offered;
                legs.push(Leg { device, state });
            }
        }
    }
    let state = if busy {
        ParticipantState::Busy { at: now }
    } else {
        ParticipantState::Invited {
            ring_deadline: now + policy.ring_timeout,
            unreachable_deadline: legs.is_empty().then(|| now + policy.unreachable_timeout),
        }
    };
    Participant {
        user_id: invitee.user_id,
        name: invitee.name,
        role: Role::Participant,
        state,
        media: MediaState::default(),
        hand_raised_at: None,
        invited_at: now,
        legs,
    }
}
