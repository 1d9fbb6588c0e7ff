use super::{Draft, conclude};
use crate::{EndReason, Event, ParticipantState, ParticipantStatus, UserId};

/// Draws the conclusions after somebody in a group call is out of it: who remains?
///
/// `reason` and `by` say why the call ends if nobody does.
pub(super) fn settle(draft: &mut Draft, reason: EndReason, by: Option<UserId>) {
    let present = count(draft, ParticipantStatus::is_present);
    let ringing = count(draft, ParticipantStatus::is_ringing);
    if present == 0 {
        conclude(draft, reason, by);
    } else if !draft.was_answered() {
        if ringing == 0 {
            match unanswered(draft) {
                Some(reason) => conclude(draft, reason, None),
                None => conclude(draft, reason, by),
            }
        }
    } else if present == 1 {
        if ringing == 0 && reason == EndReason::ConnectFailed && !draft.was_active() {
            conclude(draft, reason, None);
        } else {
            forsake(draft, ringing == 0);
        }
    }
}

/// Somebody is there to talk to: nobody is alone, and whoever has no media yet must get it in time.
pub(super) fn reunite(draft: &mut Draft) {
    draft.parts.alone_deadline = None;
    let deadline = draft.now + draft.parts.policy.connect_timeout;
    for participant in &mut draft.parts.participants {
        if let ParticipantState::Accepted {
            connect_deadline, ..
        } = &mut participant.state
        {
            connect_deadline.get_or_insert(deadline);
        }
    }
}

/// One participant has nobody to talk to: media need not flow, and without anybody who may still
/// come, patience ends some time.
fn forsake(draft: &mut Draft, hopeless: bool) {
    let mut alone = None;
    for participant in &mut draft.parts.participants {
        if let ParticipantState::Accepted {
            connect_deadline, ..
        } = &mut participant.state
        {
            *connect_deadline = None;
        }
        if participant.is_present() {
            alone = Some(participant.user_id.clone());
        }
    }
    if let Some(user) = alone
        && hopeless
        && draft.parts.alone_deadline.is_none()
    {
        draft.parts.alone_deadline = Some(draft.now + draft.parts.policy.alone_timeout);
        draft.log(Event::Alone { user });
    }
}

/// Why a group call ends that nobody took: the most telling of what the invitees did, if they did
/// anything before they were called no longer.
fn unanswered(draft: &Draft) -> Option<EndReason> {
    let any = |status| count(draft, |s| s == status) > 0;
    if any(ParticipantStatus::Declined) {
        Some(EndReason::Declined)
    } else if any(ParticipantStatus::Busy) {
        Some(EndReason::Busy)
    } else if any(ParticipantStatus::Missed) {
        Some(EndReason::NoAnswer)
    } else {
        any(ParticipantStatus::Unreachable).then_some(EndReason::Unreachable)
    }
}

fn count(draft: &Draft, which: impl Fn(ParticipantStatus) -> bool) -> usize {
    let participants = draft.parts.participants.iter();
    participants.filter(|p| which(p.status())).count()
}
