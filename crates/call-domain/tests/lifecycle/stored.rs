//! What `Call::from_parts` accepts, and what it does not.

use call_domain::{
    Call, CallParts, CallState, Event, Leg, LegClosed, LegState, ParticipantState,
    ParticipantStatus, Policy, Recording, RecordingConsent, RecordingPolicy, Role, SfuRoomId,
    Topology, TopologyPolicy,
};

use crate::fixture::*;

fn fault(line: Line, spoil: impl FnOnce(&mut CallParts)) -> String {
    let mut parts = line.call.into_parts();
    spoil(&mut parts);
    Call::from_parts(parts).unwrap_err().what.to_owned()
}

#[test]
fn impossible_people_are_refused() {
    let pair = Line::pair;
    assert_eq!(fault(pair(), |p| p.version = 0), "it was never committed");
    assert_eq!(
        fault(pair(), |p| p.participants.clear()),
        "nobody participates"
    );
    assert_eq!(
        fault(pair(), |p| p.participants.reverse()),
        "the first participant is not the initiator"
    );
    assert_eq!(
        fault(pair(), |p| p.participants[1].role = Role::Initiator),
        "it has two initiators"
    );
    assert_eq!(
        fault(pair(), |p| p.participants[1].user_id = user("alice")),
        "a user participates twice"
    );
    assert_eq!(
        fault(pair(), |p| p.group = true),
        "a group call has fewer than three participants"
    );
    assert_eq!(
        fault(Line::group(), |p| p.group = false),
        "a call of two has other than two participants"
    );
}

#[test]
fn impossible_legs_are_refused() {
    assert_eq!(
        fault(Line::talking_pair(), |p| p.participants[0].legs.clear()),
        "somebody present is not so with exactly one device"
    );
    assert_eq!(
        fault(Line::talking_pair(), |p| {
            let mut second = p.participants[0].legs[0].clone();
            second.device = device("a2");
            p.participants[0].legs.push(second);
        }),
        "somebody present is not so with exactly one device"
    );
    assert_eq!(
        fault(Line::pair(), |p| {
            let same = p.participants[1].legs[0].clone();
            p.participants[1].legs.push(same);
        }),
        "a device has two legs"
    );
    assert_eq!(
        fault(Line::pair(), |p| p.participants[1].legs[0].state =
            LegState::Connected),
        "a device took the call for somebody who still rings"
    );
    assert_eq!(
        fault(Line::group().after([reject("bob")]), |p| {
            p.participants[1].legs[0].state = LegState::Offered;
        }),
        "a device of somebody who is out of it is not"
    );
}

#[test]
fn impossible_states_are_refused() {
    let ended = || Line::talking_pair().after([end("bob")]);
    assert_eq!(
        fault(ended(), |p| p.alone_deadline = Some(T0)),
        "a deadline outlives it"
    );
    assert_eq!(
        fault(ended(), |p| p.state =
            CallState::Connecting { answered_at: T0 }),
        "it goes on without anybody"
    );
    assert_eq!(
        fault(Line::talking_pair(), |p| p.state = CallState::Ringing),
        "somebody else than the initiator is present, and nobody answered"
    );
    assert_eq!(
        fault(Line::talking_pair(), |p| p.alone_deadline = Some(T0)),
        "somebody is alone, and is not"
    );
    assert_eq!(
        fault(Line::pair(), |p| p.alone_deadline = Some(T0)),
        "somebody is alone, and nobody answered"
    );
    assert_eq!(
        fault(Line::pair(), |p| p.state =
            CallState::Connecting { answered_at: T0 }),
        "a call of two goes on with one"
    );
    let over = ended().call.parts().state.clone();
    assert_eq!(
        fault(Line::pair(), |p| p.state = over),
        "somebody is still in it, and it has ended"
    );
    assert_eq!(
        fault(Line::pair(), |p| {
            p.participants[1].state = ParticipantState::Declined { at: T0 };
            p.participants[1].legs[0].state = LegState::Closed {
                reason: LegClosed::DeclinedElsewhere,
            };
        }),
        "it waits for an answer of nobody"
    );
    assert_eq!(
        fault(Line::pair(), |p| {
            p.participants[0].state = ParticipantState::Alerting { ring_deadline: T0 };
            p.participants[0].legs[0].state = LegState::Alerting;
        }),
        "its initiator is being called"
    );
}

#[test]
fn impossible_ways_are_refused() {
    let group = || Line::talking_group(&with_sfu());
    assert_eq!(
        fault(group(), |p| p.sfu_room_id = None),
        "it goes through a room, and has none"
    );
    assert_eq!(
        fault(group(), |p| p.topology = Topology::P2p),
        "it goes from peer to peer, and has a room"
    );
    assert_eq!(
        fault(group(), |p| p.sfu_room_id =
            Some(SfuRoomId::new(call_id(2), 3))),
        "it goes through the room of another call"
    );
    assert_eq!(
        fault(Line::pair(), |p| p.p2p_deadline = Some(T0)),
        "it goes from peer to peer, and waits to do so"
    );
    assert_eq!(
        fault(group().after([end("alice")]), |p| p.p2p_deadline = Some(T0)),
        "a deadline outlives it"
    );
}

#[test]
fn impossible_recordings_are_refused() {
    fn recording(parts: &mut CallParts) -> &mut Recording {
        parts.recording.as_mut().unwrap()
    }
    let asked = || Line::talking(&asking()).after([record("alice", 1)]);
    assert_eq!(
        fault(asked(), |p| recording(p).consents.truncate(1)),
        "somebody in it was not asked to be recorded"
    );
    assert_eq!(
        fault(asked(), |p| recording(p).consent = RecordingConsent::Notify),
        "somebody was asked to be recorded, and is only told"
    );
    assert_eq!(
        fault(asked(), |p| recording(p).consents[1].user = user("alice")),
        "somebody was asked twice to be recorded"
    );
    assert_eq!(
        fault(asked(), |p| recording(p).consents[1].user = user("mallory")),
        "somebody was asked to be recorded who does not belong to it"
    );
    assert_eq!(
        fault(asked(), |p| p.p2p_deadline = Some(T0)),
        "it is recorded, and waits to go from peer to peer"
    );
    assert_eq!(
        fault(asked(), |p| (p.topology, p.sfu_room_id) =
            (Topology::P2p, None)),
        "it is recorded, and goes from peer to peer"
    );
    let kept = asked().call.parts().recording.clone();
    assert_eq!(
        fault(asked().after([end("bob")]), |p| p
            .recording
            .clone_from(&kept)),
        "its recording outlives it"
    );
    assert_eq!(
        fault(Line::pair(), |p| p.recording.clone_from(&kept)),
        "it is recorded, and nobody answered"
    );
}

/// What servers without an SFU, or that could not record, have stored.
#[test]
fn a_policy_of_old_is_one_without_an_sfu() {
    let mut json = serde_json::to_value(Policy::default()).unwrap();
    let fields = json.as_object_mut().unwrap();
    for new in [
        "topology",
        "sfu_from",
        "p2p_return_after",
        "max_participants",
        "recording",
        "recording_consent",
        "recording_mode",
    ] {
        assert!(fields.remove(new).is_some());
    }
    let old: Policy = serde_json::from_value(json).unwrap();
    assert_eq!(old, Policy::default());
    assert_eq!(old.topology, TopologyPolicy::P2p);
    assert_eq!(old.recording, RecordingPolicy::Forbid);
    assert_eq!(old.seats(), old.mesh_max);
}

#[test]
fn parts_tell_what_the_call_tells() {
    let call = Line::talking_pair().after([end("alice")]).call;
    assert_eq!(call.ended_at(), Some(T0));
    assert_eq!(call.started_at(), Some(T0));
    assert_eq!(call.answered_at(), Some(T0));
    assert_eq!(call.devices(), []);
    assert!(!call.is_present(&user("bob")));
    let bob = &call.participants()[1];
    assert_eq!(bob.status(), ParticipantStatus::Left);
    assert_eq!(bob.joined_at(), Some(T0));
    assert_eq!(bob.left_at(), Some(T0));
    assert_eq!(bob.leave_reason().unwrap().as_str(), "completed");
    assert_eq!(
        bob.leg(&device("b1")).unwrap().state,
        LegState::Closed {
            reason: LegClosed::Left
        }
    );
}

#[test]
fn what_a_store_keeps_as_json_comes_back() {
    fn kept<T>(value: &T)
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let json = serde_json::to_string(value).unwrap();
        assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
    }
    let lives = [
        Line::group().after([alert("b1"), answer("c1"), disconnect("a1")]),
        Line::group().after([answer("c1"), reject("bob"), leave("alice")]),
        Line::talking_pair().after([mute("bob"), disconnect("b1"), resume("b1"), end("bob")]),
        Line::pair().after([disconnect("a1"), moderate()]),
        Line::talking_group(&with_sfu()).after([
            add("alice", &["dave"]),
            join("e1"),
            promote("alice", "bob"),
            silence("bob", "alice"),
            raise_hand("carol"),
            lower_hand("carol"),
            remove("bob", "carol"),
        ]),
        Line::talking_group(&asking()).after([
            record("alice", 1),
            consent("bob", true),
            consent("carol", false),
            abort_recording(1),
            record_as_admin(2),
            consent("bob", true),
            consent("carol", false),
        ]),
    ];
    for line in lives {
        kept::<Policy>(&line.call.parts().policy);
        kept::<Option<Recording>>(&line.call.parts().recording);
        for participant in line.call.participants() {
            kept::<ParticipantState>(&participant.state);
            kept::<Vec<Leg>>(&participant.legs);
        }
        for event in &line.log {
            kept::<Event>(event);
            let json = serde_json::to_value(event).unwrap();
            assert_eq!(json["type"], event.name());
        }
    }
}
