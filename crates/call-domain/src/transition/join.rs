use super::{Draft, answer, settle};
use crate::{
    DeviceId, EndNotice, Event, LeaveReason, MediaState, Notice, Participant, ParticipantState,
    Rejection, RejectionKind, Role, UserId,
};

/// A user enters the call with a device: comes back to it, comes along, or moves to another
/// device. For whom it rings, that is an answer.
pub(super) fn join(
    draft: &mut Draft,
    user: UserId,
    device: DeviceId,
    name: Option<String>,
    online: bool,
) -> Result<(), Rejection> {
    draft.require_live()?;
    let Ok(participant) = draft.participant(&user) else {
        draft.require_seats(1, 1)?;
        come_along(draft, &user);
        return enter(draft, user, device, name, online);
    };
    match participant.state {
        ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
            answer::answer(draft, user, device, name, online)
        }
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. } => {
            if participant.selected_device() == Some(&device) {
                return Ok(());
            }
            move_away(draft, &user)?;
            enter(draft, user.clone(), device.clone(), name, online)?;
            let reason = EndNotice::AnsweredElsewhere;
            draft.tell(user, Some(device), Notice::Ended { reason });
            Ok(())
        }
        ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Failed { .. } => {
            draft.require_seats(1, 0)?;
            draft.participant(&user)?.legs.clear();
            enter(draft, user, device, name, online)
        }
        ParticipantState::Removed { .. } => Err(draft.refusal(RejectionKind::NotAllowed)),
    }
}

/// A stranger comes to belong to the call.
fn come_along(draft: &mut Draft, user: &UserId) {
    let now = draft.now;
    draft.parts.participants.push(Participant {
        user_id: user.clone(),
        name: None,
        role: Role::Participant,
        state: ParticipantState::Accepted {
            accepted_at: now,
            connect_deadline: None,
            gone_deadline: None,
        },
        media: MediaState::default(),
        hand_raised_at: None,
        invited_at: now,
        legs: Vec::new(),
    });
    draft.parts.group = draft.parts.participants.len() > 2;
}

/// The device in the call makes way for another one of the same user: to the others, the user
/// leaves and comes back.
fn move_away(draft: &mut Draft, user: &UserId) -> Result<(), Rejection> {
    let participant = draft.participant(user)?;
    participant.hand_raised_at = None;
    participant.legs.retain(|leg| leg.state.is_selected());
    let reason = LeaveReason::Left;
    draft.log(Event::Left {
        user: user.clone(),
        reason,
    });
    draft.notify(Notice::ParticipantLeft {
        user: user.clone(),
        reason,
    });
    Ok(())
}

fn enter(
    draft: &mut Draft,
    user: UserId,
    device: DeviceId,
    name: Option<String>,
    online: bool,
) -> Result<(), Rejection> {
    answer::take(draft, &user, device.clone(), name, online)?;
    if draft.present() > 1 {
        if !draft.was_answered() {
            answer::first_answer(draft);
        }
        settle::reunite(draft);
    } else if !draft.was_answered() && !online {
        await_caller(draft, &user)?;
    }
    draft.log(Event::Entered {
        user: user.clone(),
        device,
    });
    draft.notify(Notice::ParticipantJoined { user });
    Ok(())
}

/// Nobody has answered yet, and the caller has moved to a device that is not connected.
fn await_caller(draft: &mut Draft, user: &UserId) -> Result<(), Rejection> {
    let deadline = draft.now + draft.parts.policy.caller_gone_timeout;
    if let ParticipantState::Accepted { gone_deadline, .. } = &mut draft.participant(user)?.state {
        *gone_deadline = Some(deadline);
    }
    Ok(())
}
