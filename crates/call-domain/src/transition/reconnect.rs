use super::Draft;
use crate::{DeviceId, Event, Leg, LegState, ParticipantState, Rejection, UserId};

/// The connection of the device in the call was lost. That is no hang-up: it may come back.
pub(super) fn disconnect(
    draft: &mut Draft,
    user: UserId,
    device: DeviceId,
) -> Result<(), Rejection> {
    let now = draft.now;
    let answered = draft.was_answered();
    let policy = &draft.parts.policy;
    let gone = now + policy.caller_gone_timeout;
    let lost = now + policy.reconnect_grace;
    let participant = draft.participant(&user)?;
    let Some(leg) = participant
        .selected_leg_mut()
        .filter(|leg| leg.device == device && !is_away(leg))
    else {
        return Ok(());
    };
    leg.state = LegState::Reconnecting { since: now };
    match &mut participant.state {
        ParticipantState::Accepted { gone_deadline, .. } => {
            // Once answered, the time to connect rules.
            if !answered {
                *gone_deadline = Some(gone);
            }
        }
        ParticipantState::Joined { joined_at } => {
            participant.state = ParticipantState::Reconnecting {
                joined_at: *joined_at,
                deadline: lost,
            };
        }
        ParticipantState::Reconnecting { .. }
        | ParticipantState::Invited { .. }
        | ParticipantState::Alerting { .. }
        | ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => {}
    }
    draft.log(Event::Disconnected { user, device });
    Ok(())
}

/// The device in the call is connected to the server, again or at last.
pub(super) fn resume(draft: &mut Draft, user: UserId, device: DeviceId) -> Result<(), Rejection> {
    let participant = draft.participant(&user)?;
    let state = participant.state;
    let Some(leg) = participant
        .selected_leg_mut()
        .filter(|leg| leg.device == device && is_away(leg))
    else {
        return Ok(());
    };
    match state {
        ParticipantState::Accepted {
            accepted_at,
            connect_deadline,
            ..
        } => {
            leg.state = LegState::Selected;
            participant.state = ParticipantState::Accepted {
                accepted_at,
                connect_deadline,
                gone_deadline: None,
            };
        }
        ParticipantState::Reconnecting { joined_at, .. } => {
            leg.state = LegState::Connected;
            participant.state = ParticipantState::Joined { joined_at };
        }
        ParticipantState::Joined { .. }
        | ParticipantState::Invited { .. }
        | ParticipantState::Alerting { .. }
        | ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => {}
    }
    draft.log(Event::Resumed { user, device });
    Ok(())
}

fn is_away(leg: &Leg) -> bool {
    matches!(leg.state, LegState::Reconnecting { .. })
}
