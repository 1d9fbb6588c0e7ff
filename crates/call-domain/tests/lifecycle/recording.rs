//! Recordings: who may start and stop them, who is asked, and what that does to the call.

use call_domain::{
    Command, ConsentState, Event, Notice, Policy, RecordingConsent, RecordingFault, RecordingMode,
    RecordingPolicy, RejectionKind, Role, Topology, TopologyPolicy,
};

use crate::fixture::*;

fn consents(line: &Line) -> Vec<String> {
    let recording = line.call.recording().expect("it is recorded");
    let consents = recording.consents.iter();
    consents
        .map(|c| format!("{} {}", c.user, c.state.as_str()))
        .collect()
}

fn stopped(id: u128, by: Option<&str>, cause: Option<RecordingFault>) -> Event {
    Event::RecordingStopped {
        recording: recording_id(id),
        by: by.map(user),
        cause,
    }
}

fn may_record(line: &Line, name: &str) -> bool {
    let recording = line.call.recording().expect("it is recorded");
    recording.may_record(&user(name))
}

#[test]
fn a_call_of_two_moves_to_the_sfu_to_be_recorded_and_back_after_a_while() {
    let mut line = Line::talking(&telling());
    assert_eq!(line.call.parts().topology, Topology::P2p);
    line.wait(secs(5));
    let step = line.apply(record("alice", 1));
    let names: Vec<_> = step.events.iter().map(Event::name).collect();
    assert_eq!(names, ["recording_started", "topology_changed"]);
    let recording = line.call.recording().unwrap();
    assert_eq!(recording.id, recording_id(1));
    assert_eq!(recording.mode, RecordingMode::Tracks);
    assert_eq!(recording.started_by, Some(user("alice")));
    assert_eq!(recording.started_at, T0 + secs(5));
    assert_eq!(recording.consents, []);
    assert_eq!(line.call.parts().topology, Topology::Sfu);
    // Not while it is recorded, however long that takes.
    line.wait(secs(3600));
    line.ignores(Command::Expire);
    line.apply(stop_recording("alice"));
    assert_eq!(line.call.parts().topology, Topology::Sfu);
    assert_eq!(line.call.next_deadline(), Some(line.now + secs(10)));
    line.expire_next();
    assert_eq!(line.call.parts().topology, Topology::P2p);
}

#[test]
fn a_call_that_waits_to_go_back_stays_when_it_is_recorded() {
    let mut line = Line::talking_group(&telling()).after([leave("carol")]);
    let room = line.call.parts().sfu_room_id;
    assert!(line.call.parts().p2p_deadline.is_some());
    let step = line.apply(record_as_admin(1));
    assert_eq!(step.events.len(), 1, "the room is the same");
    assert_eq!(line.call.parts().sfu_room_id, room);
    assert_eq!(line.call.parts().p2p_deadline, None);
}

#[test]
fn alone_in_a_recorded_group_the_next_who_comes_brings_it_to_the_sfu() {
    let mut line = Line::talking_group(&telling()).after([leave("bob"), leave("carol")]);
    line.wait(secs(15));
    line.apply(Command::Expire);
    assert_eq!(line.call.parts().topology, Topology::P2p);
    line.apply(record("alice", 1));
    assert_eq!(
        line.call.parts().topology,
        Topology::P2p,
        "nothing to forward"
    );
    line.apply(join("b1"));
    assert_eq!(line.call.parts().topology, Topology::Sfu);
    line.apply(leave("bob"));
    line.wait(secs(30));
    line.ignores(Command::Expire);
    assert_eq!(line.call.parts().topology, Topology::Sfu);
}

#[test]
fn a_server_that_has_no_sfu_cannot_record() {
    let policy = Policy {
        topology: TopologyPolicy::P2p,
        ..telling()
    };
    let mut line = Line::talking(&policy);
    line.refuses(record("alice", 1), RejectionKind::RecordingUnavailable);
    line.refuses(record_as_admin(1), RejectionKind::RecordingUnavailable);
    // That it is forbidden comes first.
    let mut line = Line::talking_pair();
    line.refuses(record("alice", 1), RejectionKind::RecordingForbidden);
    line.refuses(record_as_admin(1), RejectionKind::RecordingForbidden);
    line.refuses(record_by_policy(1), RejectionKind::RecordingForbidden);
}

#[test]
fn a_recording_ends_where_a_server_without_an_sfu_takes_the_call_up() {
    let mut line = Line::talking(&telling()).after([record("alice", 1)]);
    line.call = line.call.without_sfu();
    let step = line.apply(Command::Recover);
    assert!(
        step.events
            .contains(&stopped(1, None, Some(RecordingFault::SfuUnavailable)))
    );
    assert_eq!(line.call.parts().topology, Topology::P2p);
    line.refuses(record("alice", 2), RejectionKind::RecordingUnavailable);
}

#[test]
fn only_whoever_moderates_records() {
    let mut line = Line::talking_group(&telling());
    line.refuses(record("bob", 1), RejectionKind::NotAllowed);
    line.refuses(record("mallory", 1), RejectionKind::NotParticipant);
    line.apply(promote("alice", "bob"));
    line.apply(record("bob", 1));
    line.refuses(stop_recording("carol"), RejectionKind::NotAllowed);
    line.refuses(stop_recording("mallory"), RejectionKind::NotParticipant);
    // Any moderator may stop what another started.
    let step = line.apply(stop_recording("alice"));
    assert_eq!(step.events, [stopped(1, Some("alice"), None)]);
    line.refuses(stop_recording("alice"), RejectionKind::NotRecording);
    // And out of the call nobody may, but for those with power over all calls.
    line.apply(leave("bob"));
    line.refuses(record("bob", 2), RejectionKind::NotJoined);
    line.apply(record_as_admin(2));
    line.apply(stop_recording_as_admin());
}

#[test]
fn what_nobody_answered_is_not_recorded() {
    let mut line = Line::placed(request(&["bob"]), &telling());
    line.refuses(record("alice", 1), RejectionKind::NotAnswered);
    line.apply(answer("b1"));
    line.apply(record("alice", 1));
}

#[test]
fn whoever_is_asked_is_recorded_from_a_yes_to_a_no() {
    let mut line = Line::talking_group(&asking());
    line.apply(record("alice", 1));
    // Pressing the button is a yes.
    assert_eq!(consents(&line), ["alice given", "bob asked", "carol asked"]);
    assert!(may_record(&line, "alice"));
    assert!(!may_record(&line, "bob"));
    assert!(!may_record(&line, "mallory"));

    line.wait(secs(1));
    let step = line.apply(consent("bob", true));
    assert_eq!(
        step.events,
        [Event::RecordingConsent {
            recording: recording_id(1),
            user: user("bob"),
            given: true,
        }]
    );
    assert!(may_record(&line, "bob"));
    let said = |line: &Line| line.call.recording().unwrap().consent_of(&user("bob"));
    let given = ConsentState::Given { at: line.now };
    assert_eq!(said(&line), Some(given));
    // Saying it again does not make it later.
    line.wait(secs(1));
    line.ignores(consent("bob", true));
    assert_eq!(said(&line), Some(given));

    line.apply(consent("bob", false));
    assert!(!may_record(&line, "bob"));
    line.ignores(consent("bob", false));
    line.apply(consent("bob", true));
    assert!(may_record(&line, "bob"));
    line.apply(consent("carol", false));
    assert_eq!(
        consents(&line),
        ["alice given", "bob given", "carol refused"]
    );
}

#[test]
fn whoever_is_only_told_is_recorded_and_not_asked() {
    let mut line = Line::talking_group(&telling()).after([record("alice", 1)]);
    assert_eq!(consents(&line), [""; 0]);
    for name in ["alice", "bob", "mallory"] {
        assert!(may_record(&line, name));
    }
    line.refuses(consent("bob", false), RejectionKind::NotAsked);
    line.refuses(consent("mallory", false), RejectionKind::NotParticipant);
    line.apply(stop_recording("alice"));
    line.refuses(consent("bob", false), RejectionKind::NotRecording);
}

#[test]
fn whoever_comes_later_is_asked_then_and_whoever_comes_back_is_not_asked_again() {
    let mut line = Line::talking_group(&asking()).after([record("alice", 1)]);
    let step = line.apply(join("d1"));
    let told = |step: &call_domain::Step| {
        let notices = step.effects.iter().map(|e| e.notice.clone());
        notices
            .filter(|n| matches!(n, Notice::RecordingChanged { .. }))
            .count()
    };
    assert_eq!(told(&step), 1);
    assert!(!may_record(&line, "dave"));
    line.apply(add("alice", &["erin"]));
    assert_eq!(consents(&line).len(), 4, "who rings is not asked");
    line.apply(answer("e1"));
    assert_eq!(
        consents(&line),
        [
            "alice given",
            "bob asked",
            "carol asked",
            "dave asked",
            "erin asked"
        ]
    );

    line.apply(consent("dave", true));
    line.apply(consent("erin", false));
    line.apply(leave("dave"));
    line.apply(leave("erin"));
    line.refuses(consent("dave", false), RejectionKind::NotJoined);
    assert_eq!(told(&line.apply(join("d2"))), 0);
    line.apply(join("e1"));
    assert!(may_record(&line, "dave"));
    assert!(!may_record(&line, "erin"));
    // Another device is still the same person.
    line.apply(join("d1"));
    assert!(may_record(&line, "dave"));
}

#[test]
fn an_administrator_who_is_elsewhere_is_not_asked() {
    let mut line = Line::talking_group(&asking()).after([record_as_admin(1)]);
    assert_eq!(consents(&line), ["alice asked", "bob asked", "carol asked"]);
    assert_eq!(line.call.recording().unwrap().mode, RecordingMode::Mixed);
    line.refuses(consent("moderator", true), RejectionKind::NotParticipant);
}

#[test]
fn another_recording_asks_everybody_anew() {
    let mut line = Line::talking_group(&asking()).after([
        record("alice", 1),
        consent("bob", true),
        stop_recording("alice"),
    ]);
    line.apply(record("alice", 2));
    assert_eq!(consents(&line), ["alice given", "bob asked", "carol asked"]);
}

#[test]
fn the_end_of_the_call_ends_its_recording() {
    let mut line = Line::talking_group(&asking()).after([record("alice", 1)]);
    let step = line.apply(end("alice"));
    let names: Vec<_> = step.events.iter().map(Event::name).collect();
    assert_eq!(names, ["recording_stopped", "ended"]);
    assert_eq!(step.events[0], stopped(1, None, None));
    assert_eq!(line.call.recording(), None);
    assert!(line.call.parts().was_recorded);
    let ended = RejectionKind::Ended(call_domain::EndReason::Completed);
    line.refuses(stop_recording("alice"), ended);
    line.refuses(stop_recording_as_admin(), ended);
    line.refuses(record_as_admin(2), ended);
    line.refuses(record_by_policy(2), ended);
    line.refuses(consent("bob", true), ended);
    line.ignores(abort_recording(1));
}

#[test]
fn the_policy_wants_one_recording_of_every_call() {
    let mut line = Line::placed(request(&["bob", "carol"]), &forcing());
    line.apply(answer("b1"));
    line.apply(connect("b1"));
    assert!(!line.call.wants_recording(), "nobody talks yet");
    line.apply(connect("a1"));
    assert!(line.call.wants_recording());
    line.apply(record_by_policy(1));
    assert!(!line.call.wants_recording());
    assert_eq!(line.call.recording().unwrap().started_by, None);
    // It is not theirs to stop.
    line.refuses(stop_recording("alice"), RejectionKind::NotAllowed);
    let step = line.apply(stop_recording_as_admin());
    assert_eq!(step.events, [stopped(1, Some("moderator"), None)]);
    assert!(!line.call.wants_recording(), "somebody stopped it");
    // Yet it may be had again, and then it is not theirs to stop either.
    line.apply(record("alice", 2));
    line.refuses(stop_recording("alice"), RejectionKind::NotAllowed);
}

#[test]
fn what_was_aborted_is_not_begun_again_by_the_policy() {
    let mut line = Line::talking(&forcing()).after([record_by_policy(1)]);
    let step = line.apply(abort_recording(1));
    let cause = Some(RecordingFault::DiskFull);
    assert_eq!(step.events, [stopped(1, None, cause)]);
    assert!(!line.call.wants_recording());
}

#[test]
fn the_policy_wants_nothing_where_nothing_can_be_recorded() {
    let line = Line::talking(&forcing());
    assert!(line.call.wants_recording());
    assert!(!line.call.clone().without_sfu().wants_recording());
    for policy in [RecordingPolicy::Allow, RecordingPolicy::Forbid] {
        let line = Line::talking(&with_recording(policy, RecordingConsent::Notify));
        assert!(!line.call.wants_recording());
    }
    let mut line = Line::talking(&telling());
    line.refuses(record_by_policy(1), RejectionKind::NotAllowed);
}

#[test]
fn whoever_is_put_out_keeps_the_answer_and_is_not_asked_meanwhile() {
    let mut line = Line::talking_group(&asking()).after([record("alice", 1), consent("bob", true)]);
    line.apply(remove("alice", "bob"));
    line.refuses(consent("bob", false), RejectionKind::NotJoined);
    line.apply(add("alice", &["bob"]));
    line.refuses(consent("bob", false), RejectionKind::NotJoined);
    line.apply(answer("b1"));
    assert!(may_record(&line, "bob"));
    line.apply(consent("bob", false));
    assert!(!may_record(&line, "bob"));
}

#[test]
fn recordings_outlive_roles() {
    let mut line = Line::talking_group(&telling()).after([promote("alice", "bob")]);
    line.apply(record("bob", 1));
    line.apply(set_role("alice", "bob", Role::Participant));
    line.refuses(stop_recording("bob"), RejectionKind::NotAllowed);
    assert!(line.call.recording().is_some());
}
