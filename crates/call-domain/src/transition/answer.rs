use super::{Draft, settle};
use crate::{
    CallState, DeviceId, EndNotice, Event, LegState, MediaState, Notice, ParticipantState,
    Rejection, RejectionKind, UserId,
};

/// A device takes the call for its user: the first one wins.
pub(super) fn answer(
    draft: &mut Draft,
    user: UserId,
    device: DeviceId,
    name: Option<String>,
    online: bool,
) -> Result<(), Rejection> {
    let group = draft.parts.group;
    let initiator = draft.is_initiator(&user);
    let participant = draft.participant(&user)?;
    let rang = participant.is_ringing();
    let refused = match participant.state {
        ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => None,
        // The call may go on without an invitee, who may then think better of it.
        ParticipantState::Missed { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Busy { .. }
            if group =>
        {
            None
        }
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. }
            if !initiator =>
        {
            if participant.selected_device() == Some(&device) {
                return Ok(());
            }
            Some(RejectionKind::AnsweredElsewhere)
        }
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Left { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => Some(RejectionKind::NotRinging),
    };
    draft.require_live()?;
    if let Some(kind) = refused {
        return Err(draft.refusal(kind));
    }
    if !rang {
        draft.require_seats(1, 0)?;
    }
    take(draft, &user, device.clone(), name, online)?;
    if !draft.was_answered() {
        first_answer(draft);
    }
    settle::reunite(draft);
    draft.log(Event::Answered {
        user: user.clone(),
        device: device.clone(),
    });
    draft.notify(Notice::ParticipantJoined { user: user.clone() });
    if rang {
        let reason = EndNotice::AnsweredElsewhere;
        draft.tell(user, Some(device), Notice::Ended { reason });
    }
    Ok(())
}

/// Somebody is in the call with this device; the time to connect is not set yet.
pub(super) fn take(
    draft: &mut Draft,
    user: &UserId,
    device: DeviceId,
    name: Option<String>,
    online: bool,
) -> Result<(), Rejection> {
    let now = draft.now;
    let media = MediaState::at_start_of(draft.parts.call_type);
    let participant = draft.participant(user)?;
    if name.is_some() {
        participant.name = name;
    }
    participant.media = media;
    participant.state = ParticipantState::Accepted {
        accepted_at: now,
        connect_deadline: None,
        gone_deadline: None,
    };
    participant.select(
        device,
        if online {
            LegState::Selected
        } else {
            LegState::Reconnecting { since: now }
        },
    );
    Ok(())
}

/// Nobody waits for an answer any more.
pub(super) fn first_answer(draft: &mut Draft) {
    draft.parts.state = CallState::Connecting {
        answered_at: draft.now,
    };
    for participant in &mut draft.parts.participants {
        // From here on the time to connect rules, also over a caller who is away.
        if let ParticipantState::Accepted { gone_deadline, .. } = &mut participant.state {
            *gone_deadline = None;
        }
    }
}
