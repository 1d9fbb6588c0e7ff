use super::{Draft, conclude, recording, settle, topology};
use crate::{
    EndNotice, EndReason, Event, LeaveReason, LegClosed, Notice, ParticipantState, Timestamp,
    UserId,
};

/// Does whatever is due, in the order in which it was: a late timer decides as a punctual one.
pub(super) fn expire(draft: &mut Draft) {
    // Each round ends the call, puts somebody out of it or leaves the SFU, so the rounds end.
    while let Some(due) = draft.parts.next_deadline().filter(|d| *d <= draft.now) {
        lapse(draft, due);
        recording::follow(draft);
        topology::follow(draft);
    }
}

/// What has run out for one participant.
enum Lapse {
    /// The search for a device.
    Search,
    /// The ringing.
    Ring,
    /// The caller's return.
    Caller,
    /// Connecting.
    Connect,
    /// Reconnecting.
    Reconnect,
}

fn lapse(draft: &mut Draft, due: Timestamp) {
    if due == draft.parts.created_at + draft.parts.policy.max_duration {
        return conclude(draft, EndReason::MaxDuration, None);
    }
    if Some(due) == draft.parts.alone_deadline {
        return conclude(draft, EndReason::Completed, None);
    }
    // What is due at the same moment lapses together, before anyone draws conclusions.
    if Some(due) == draft.parts.p2p_deadline {
        topology::return_to_p2p(draft);
    }
    let mut reason = None;
    for index in 0..draft.parts.participants.len() {
        match lapsed(draft.parts.participants[index].state, due) {
            None => {}
            Some(Lapse::Search) => {
                unreached(draft, index);
                reason.get_or_insert(EndReason::Unreachable);
            }
            Some(Lapse::Ring) => {
                missed(draft, index);
                reason.get_or_insert(EndReason::NoAnswer);
            }
            Some(Lapse::Caller) => {
                let reason = EndReason::CallerLost;
                lost(draft, index, reason.into());
                return conclude(draft, reason, None);
            }
            Some(Lapse::Connect) => {
                failed(draft, index);
                reason = Some(EndReason::ConnectFailed);
            }
            Some(Lapse::Reconnect) => {
                lost(draft, index, LeaveReason::ConnectionLost);
                reason = Some(EndReason::ConnectionLost);
            }
        }
    }
    if let Some(reason) = reason {
        if draft.parts.group {
            settle::settle(draft, reason, None);
        } else {
            conclude(draft, reason, None);
        }
    }
}

fn lapsed(state: ParticipantState, due: Timestamp) -> Option<Lapse> {
    match state {
        ParticipantState::Invited {
            unreachable_deadline: Some(deadline),
            ..
        } if deadline == due => Some(Lapse::Search),
        ParticipantState::Invited { ring_deadline, .. }
        | ParticipantState::Alerting { ring_deadline } => {
            (ring_deadline == due).then_some(Lapse::Ring)
        }
        ParticipantState::Accepted {
            connect_deadline,
            gone_deadline,
            ..
        } => {
            if gone_deadline == Some(due) {
                Some(Lapse::Caller)
            } else {
                (connect_deadline == Some(due)).then_some(Lapse::Connect)
            }
        }
        ParticipantState::Reconnecting { deadline, .. } => {
            (deadline == due).then_some(Lapse::Reconnect)
        }
        ParticipantState::Joined { .. }
        | ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => None,
    }
}

fn unreached(draft: &mut Draft, index: usize) {
    let state = ParticipantState::Unreachable { at: draft.now };
    let user = put_out(draft, index, state, LegClosed::NotAnswered);
    draft.log(Event::Unreachable { user });
    draft.update();
}

fn missed(draft: &mut Draft, index: usize) {
    let state = ParticipantState::Missed { at: draft.now };
    let user = put_out(draft, index, state, LegClosed::NotAnswered);
    draft.log(Event::Missed { user: user.clone() });
    draft.update();
    let reason = EndNotice::Call(EndReason::NoAnswer);
    draft.tell(user, None, Notice::Ended { reason });
}

fn failed(draft: &mut Draft, index: usize) {
    let state = ParticipantState::Failed { at: draft.now };
    let user = put_out(draft, index, state, LegClosed::Left);
    left(draft, user, LeaveReason::ConnectFailed);
}

fn lost(draft: &mut Draft, index: usize, reason: LeaveReason) {
    let state = ParticipantState::Left {
        joined_at: draft.parts.participants[index].joined_at(),
        left_at: draft.now,
        reason,
    };
    let user = put_out(draft, index, state, LegClosed::Lost);
    left(draft, user, reason);
}

fn left(draft: &mut Draft, user: UserId, reason: LeaveReason) {
    draft.log(Event::Left {
        user: user.clone(),
        reason,
    });
    draft.notify(Notice::ParticipantLeft { user, reason });
}

fn put_out(draft: &mut Draft, index: usize, state: ParticipantState, legs: LegClosed) -> UserId {
    let participant = &mut draft.parts.participants[index];
    participant.put_out(state, legs);
    participant.user_id.clone()
}
