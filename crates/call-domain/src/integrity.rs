use crate::{
    CallParts, CallState, Leg, Participant, ParticipantState, Recording, RecordingConsent, Role,
    Topology, UserId,
};

/// What makes this data impossible for a call, if anything does.
///
/// Only what the transitions rely on is checked; times may be out of order, since clocks are.
pub(crate) fn fault(parts: &CallParts) -> Option<&'static str> {
    if parts.version == 0 {
        return Some("it was never committed");
    }
    people(parts)
        .or_else(|| parts.participants.iter().find_map(participant))
        .or_else(|| state(parts))
        .or_else(|| topology(parts))
        .or_else(|| recording(parts, parts.recording.as_ref()?))
}

fn people(parts: &CallParts) -> Option<&'static str> {
    let Some((initiator, others)) = parts.participants.split_first() else {
        return Some("nobody participates");
    };
    if initiator.role != Role::Initiator || initiator.user_id != parts.initiator_id {
        return Some("the first participant is not the initiator");
    }
    if others.iter().any(|p| p.role == Role::Initiator) {
        return Some("it has two initiators");
    }
    if has_duplicates(&parts.participants, |p| &p.user_id) {
        return Some("a user participates twice");
    }
    match (parts.group, others.len()) {
        (false, 1) | (true, 2..) => None,
        (false, _) => Some("a call of two has other than two participants"),
        (true, _) => Some("a group call has fewer than three participants"),
    }
}

fn participant(p: &Participant) -> Option<&'static str> {
    if has_duplicates(&p.legs, |leg| &leg.device) {
        return Some("a device has two legs");
    }
    let selected = p.legs.iter().filter(|leg| leg.state.is_selected()).count();
    let is_open = |leg: &Leg| leg.state.is_open();
    match p.state {
        ParticipantState::Accepted { .. }
        | ParticipantState::Joined { .. }
        | ParticipantState::Reconnecting { .. } => {
            if selected != 1 || p.legs.iter().filter(|l| is_open(l)).count() != 1 {
                return Some("somebody present is not so with exactly one device");
            }
        }
        ParticipantState::Invited { .. } | ParticipantState::Alerting { .. } => {
            if selected != 0 {
                return Some("a device took the call for somebody who still rings");
            }
        }
        ParticipantState::Left { .. }
        | ParticipantState::Declined { .. }
        | ParticipantState::Busy { .. }
        | ParticipantState::Missed { .. }
        | ParticipantState::Unreachable { .. }
        | ParticipantState::Cancelled { .. }
        | ParticipantState::Removed { .. }
        | ParticipantState::Failed { .. } => {
            if p.legs.iter().any(is_open) {
                return Some("a device of somebody who is out of it is not");
            }
        }
    }
    None
}

fn state(parts: &CallParts) -> Option<&'static str> {
    let participants = || parts.participants.iter();
    let present = participants().filter(|p| p.is_present()).count();
    let ringing = participants().filter(|p| p.is_ringing()).count();
    match parts.state {
        CallState::Created | CallState::Ringing => {
            if participants().take(1).any(Participant::is_ringing) {
                return Some("its initiator is being called");
            }
            let initiator_waits = participants().take(1).any(Participant::is_present);
            if !initiator_waits || present != 1 {
                return Some("somebody else than the initiator is present, and nobody answered");
            }
            if ringing == 0 {
                return Some("it waits for an answer of nobody");
            }
            if parts.alone_deadline.is_some() {
                return Some("somebody is alone, and nobody answered");
            }
        }
        CallState::Connecting { .. } | CallState::Active { .. } => {
            if present == 0 {
                return Some("it goes on without anybody");
            }
            if !parts.group && present != 2 {
                return Some("a call of two goes on with one");
            }
            if parts.alone_deadline.is_some() && (!parts.group || present != 1) {
                return Some("somebody is alone, and is not");
            }
        }
        CallState::Ended { .. } => {
            if present + ringing > 0 {
                return Some("somebody is still in it, and it has ended");
            }
            if parts.alone_deadline.or(parts.p2p_deadline).is_some() {
                return Some("a deadline outlives it");
            }
        }
    }
    None
}

fn topology(parts: &CallParts) -> Option<&'static str> {
    match (parts.topology, parts.sfu_room_id) {
        (Topology::P2p, None) => {
            (parts.p2p_deadline).and(Some("it goes from peer to peer, and waits to do so"))
        }
        (Topology::P2p, Some(_)) => Some("it goes from peer to peer, and has a room"),
        (Topology::Sfu, None) => Some("it goes through a room, and has none"),
        (Topology::Sfu, Some(room)) => {
            (room.call() != parts.id).then_some("it goes through the room of another call")
        }
    }
}

fn recording(parts: &CallParts, recording: &Recording) -> Option<&'static str> {
    match parts.state {
        CallState::Created | CallState::Ringing => {
            return Some("it is recorded, and nobody answered");
        }
        CallState::Connecting { .. } | CallState::Active { .. } => {}
        CallState::Ended { .. } => return Some("its recording outlives it"),
    }
    let present = || parts.participants.iter().filter(|p| p.is_present());
    if parts.topology == Topology::P2p && present().count() > 1 {
        return Some("it is recorded, and goes from peer to peer");
    }
    if parts.p2p_deadline.is_some() {
        return Some("it is recorded, and waits to go from peer to peer");
    }
    let consents = &recording.consents;
    if has_duplicates(consents, |c| &c.user) {
        return Some("somebody was asked twice to be recorded");
    }
    let belongs = |user: &UserId| parts.participants.iter().any(|p| p.user_id == *user);
    if !consents.iter().all(|c| belongs(&c.user)) {
        return Some("somebody was asked to be recorded who does not belong to it");
    }
    match recording.consent {
        RecordingConsent::Notify => {
            (!consents.is_empty()).then_some("somebody was asked to be recorded, and is only told")
        }
        RecordingConsent::Ask => present()
            .any(|p| recording.consent_of(&p.user_id).is_none())
            .then_some("somebody in it was not asked to be recorded"),
    }
}

fn has_duplicates<T, K: PartialEq>(items: &[T], key: impl Fn(&T) -> &K) -> bool {
    items
        .iter()
        .enumerate()
        .any(|(i, a)| items[..i].iter().any(|b| key(a) == key(b)))
}
