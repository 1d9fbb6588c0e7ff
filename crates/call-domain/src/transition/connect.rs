use super::{Draft, reconnect};
use crate::{
    CallState, DeviceId, Event, LegState, Notice, ParticipantState, Rejection, RejectionKind,
    UserId,
};

/// Media flows on a device. The second participant with media makes the call active.
pub(super) fn connect(draft: &mut Draft, user: UserId, device: DeviceId) -> Result<(), Rejection> {
    let now = draft.now;
    let answered = draft.was_answered();
    let participant = draft.participant(&user)?;
    let right_device = participant.selected_device() == Some(&device);
    match participant.state {
        ParticipantState::Accepted { .. } if right_device => {
            // While nobody has answered there is nobody whose media could flow.
            if answered {
                participant.state = ParticipantState::Joined { joined_at: now };
                participant.select(device.clone(), LegState::Connected);
                draft.notify(Notice::ParticipantJoined { user: user.clone() });
                draft.log(Event::Joined { user, device });
                start(draft);
            }
            Ok(())
        }
        ParticipantState::Joined { .. } if right_device => Ok(()),
        // A device that reports is not lost.
        ParticipantState::Reconnecting { .. } if right_device => {
            reconnect::resume(draft, user, device)
        }
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. } => Err(draft.refusal(RejectionKind::WrongDevice)),
        ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
            Err(draft.refusal(RejectionKind::NotJoined))
        }
        ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => Ok(()),
    }
}

fn start(draft: &mut Draft) {
    let participants = draft.parts.participants.iter();
    let with_media = participants
        .filter(|p| p.is_present() && p.joined_at().is_some())
        .count();
    if let CallState::Connecting { answered_at } = draft.parts.state
        && with_media >= 2
    {
        draft.parts.state = CallState::Active {
            answered_at,
            started_at: draft.now,
        };
        draft.log(Event::Started);
        draft.update();
    }
}
