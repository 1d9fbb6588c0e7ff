use super::Draft;
use crate::{Event, LegState, ParticipantState};

/// The server has started anew, so every connection is lost, through nobody's fault: whoever has
/// a time to come back, to connect or to be found gets the whole of it again.
///
/// Invitations lapse when they would have: people have stopped waiting for them.
pub(super) fn recover(draft: &mut Draft) {
    if draft.end_reason().is_some() {
        return;
    }
    let now = draft.now;
    let answered = draft.was_answered();
    let policy = draft.parts.policy.clone();
    let mut lost = Vec::new();
    for participant in &mut draft.parts.participants {
        match &mut participant.state {
            ParticipantState::Invited {
                unreachable_deadline,
                ..
            } => {
                if let Some(deadline) = unreachable_deadline {
                    *deadline = now + policy.unreachable_timeout;
                }
            }
            ParticipantState::Accepted {
                connect_deadline,
                gone_deadline,
                ..
            } => {
                if let Some(deadline) = connect_deadline {
                    *deadline = now + policy.connect_timeout;
                }
                if !answered {
                    *gone_deadline = Some(now + policy.caller_gone_timeout);
                }
            }
            ParticipantState::Joined { joined_at }
            | ParticipantState::Reconnecting { joined_at, .. } => {
                participant.state = ParticipantState::Reconnecting {
                    joined_at: *joined_at,
                    deadline: now + policy.reconnect_grace,
                };
            }
            ParticipantState::Alerting { .. }
            | ParticipantState::Left { .. }
            | ParticipantState::Declined { .. }
            | ParticipantState::Busy { .. }
            | ParticipantState::Missed { .. }
            | ParticipantState::Unreachable { .. }
            | ParticipantState::Cancelled { .. }
            | ParticipantState::Removed { .. }
            | ParticipantState::Failed { .. } => {}
        }
        let user = participant.user_id.clone();
        if let Some(leg) = participant.selected_leg_mut() {
            leg.state = LegState::Reconnecting { since: now };
            lost.push(Event::Disconnected {
                user,
                device: leg.device.clone(),
            });
        }
    }
    if let Some(deadline) = &mut draft.parts.p2p_deadline {
        *deadline = now + policy.p2p_return_after;
    }
    // Logged also for those who were away already, since their time starts anew.
    for event in lost {
        draft.log(event);
    }
}
