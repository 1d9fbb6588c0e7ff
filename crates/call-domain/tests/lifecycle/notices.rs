//! Who is told what.

use call_domain::{
    Command, EndNotice, EndReason, LeaveReason, Notice, Policy, Recipients, RecordingConsent,
    RecordingPolicy, RejectionKind, Step, TopologyPolicy,
};

use crate::fixture::*;

/// `recipients: notice`, one per effect.
fn told(step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    for effect in &step.effects {
        let to = match &effect.to {
            Recipients::Devices(devices) => devices
                .iter()
                .map(|a| a.device.to_string())
                .collect::<Vec<_>>()
                .join(" "),
            Recipients::User { user, except } => match except {
                Some(device) => format!("{user} except {device}"),
                None => user.to_string(),
            },
        };
        let notice = match &effect.notice {
            Notice::Incoming => "incoming".to_owned(),
            Notice::Ringing { user } => format!("ringing {user}"),
            Notice::ParticipantJoined { user } => format!("joined {user}"),
            Notice::ParticipantLeft { user, reason } => format!("left {user} {reason}"),
            Notice::MediaStateChanged { user } => format!("media {user}"),
            Notice::RecordingChanged { stopped: None } => "recording".to_owned(),
            Notice::RecordingChanged {
                stopped: Some(former),
            } => match (&former.by, former.cause) {
                (Some(by), None) => format!("recording stopped by {by}"),
                (None, Some(cause)) => format!("recording stopped: {cause}"),
                (by, cause) => panic!("by {by:?} for {cause:?}"),
            },
            Notice::Updated => "updated".to_owned(),
            Notice::Ended { reason } => format!("ended {}", reason.as_str()),
        };
        lines.push(format!("{to}: {notice}"));
    }
    lines
}

#[test]
fn a_call_of_two_from_ring_to_end() {
    let mut line = Line::pair();
    assert_eq!(told(&line.apply(offer("b2"))), ["a1: updated"]);
    assert_eq!(told(&line.apply(alert("b1"))), ["a1: ringing bob"]);
    assert_eq!(told(&line.apply(alert("b2"))), ["a1: updated"]);
    assert_eq!(
        told(&line.apply(answer("b1"))),
        [
            "a1 b1: joined bob",
            "bob except b1: ended answered_elsewhere"
        ]
    );
    assert_eq!(told(&line.apply(connect("b1"))), ["a1 b1: joined bob"]);
    assert_eq!(
        told(&line.apply(connect("a1"))),
        ["a1 b1: joined alice", "a1 b1: updated"]
    );
    assert_eq!(told(&line.apply(mute("bob"))), ["a1 b1: media bob"]);
    assert_eq!(told(&line.apply(disconnect("b1"))), ["a1 b1: updated"]);
    assert_eq!(told(&line.apply(resume("b1"))), ["a1 b1: updated"]);
    assert_eq!(told(&line.apply(end("bob"))), ["a1 b1: ended completed"]);
}

#[test]
fn whoever_is_recorded_hears_how_that_stopped() {
    let policy = Policy {
        topology: TopologyPolicy::Sfu,
        recording: RecordingPolicy::Allow,
        ..Policy::default()
    };
    let mut line = Line::talking(&policy);
    assert_eq!(told(&line.apply(record("alice", 1))), ["a1 b1: recording"]);
    assert_eq!(
        told(&line.apply(stop_recording("alice"))),
        ["a1 b1: recording stopped by alice"]
    );
    line.apply(record("alice", 1));
    assert_eq!(
        told(&line.apply(stop_recording_as_admin())),
        ["a1 b1: recording stopped by moderator"]
    );
    line.apply(record("alice", 1));
    assert_eq!(
        told(&line.apply(abort_recording(1))),
        ["a1 b1: recording stopped: disk_full"]
    );
    // The SFU is gone, and somebody says whether they may be recorded: that is told no more.
    let asks = Policy {
        recording_consent: RecordingConsent::Ask,
        ..policy
    };
    let mut line = Line::talking(&asks).after([record("alice", 1)]);
    line.call = line.call.clone().without_sfu();
    let lines = told(&line.apply(consent("bob", true)));
    let of_recording: Vec<_> = lines.iter().filter(|l| l.contains("recording")).collect();
    assert_eq!(of_recording, ["a1 b1: recording stopped: sfu_unavailable"]);
    // The end of the call says enough.
    let mut line = Line::talking(&asks).after([record("alice", 1)]);
    assert_eq!(told(&line.apply(end("alice"))), ["a1 b1: ended completed"]);
}

#[test]
fn the_end_reaches_whoever_still_rings() {
    let step = Line::group().after([answer("b1")]).apply(end("alice"));
    assert_eq!(
        told(&step),
        ["a1 b1: ended cancelled", "carol: ended cancelled"]
    );
    let step = Line::group().apply(moderate());
    assert_eq!(
        told(&step),
        [
            "a1: ended ended_by_moderator",
            "bob: ended ended_by_moderator",
            "carol: ended ended_by_moderator"
        ]
    );
}

#[test]
fn a_group_goes_on_after_refusals_and_departures() {
    let mut line = Line::placed(request(&["bob", "carol", "dave"]), &Policy::default());
    line.apply(answer("b1"));
    assert_eq!(
        told(&line.apply(reject("carol"))),
        ["a1 b1: updated", "carol: ended declined_elsewhere"]
    );
    line.apply(connect("a1"));
    line.apply(connect("b1"));
    assert_eq!(
        told(&line.expire_next()),
        ["a1 b1: updated", "dave: ended no_answer"]
    );
    // carol rang no more: nothing is told to her other devices.
    assert_eq!(told(&line.apply(answer("c2"))), ["a1 b1 c2: joined carol"]);
    assert_eq!(told(&line.apply(leave("bob"))), ["a1 b1 c2: left bob left"]);
}

#[test]
fn what_lapses_at_once_is_told_at_once() {
    let mut line = Line::placed(request(&["bob", "carol", "dave"]), &Policy::default());
    for command in [answer("b1"), connect("a1"), connect("b1")] {
        line.apply(command);
    }
    line.wait(secs(15));
    line.apply(disconnect("b1"));
    // bob's grace and the invitations end in the same microsecond.
    let step = line.expire_next();
    assert_eq!(
        told(&step),
        [
            "a1 b1: left bob connection_lost",
            "a1 b1: updated",
            "carol: ended no_answer",
            "dave: ended no_answer"
        ]
    );
}

#[test]
fn people_come_to_a_call_and_are_put_out_of_it() {
    let mut line = Line::placed(request(&["bob"]), &with_sfu());
    for command in [answer("b1"), connect("a1"), connect("b1")] {
        line.apply(command);
    }
    assert_eq!(
        told(&line.apply(add("bob", &["carol", "dave"]))),
        ["a1 b1: updated", "carol: incoming", "dave: incoming"]
    );
    // The third in the call moves it to the SFU.
    assert_eq!(
        told(&line.apply(join("m1"))),
        ["a1 b1 m1: joined mallory", "a1 b1 m1: updated"]
    );
    assert_eq!(
        told(&line.apply(join("c1"))),
        [
            "a1 b1 m1 c1: joined carol",
            "carol except c1: ended answered_elsewhere"
        ]
    );
    assert_eq!(
        told(&line.apply(join("c2"))),
        [
            "a1 b1 c1 m1 c2: left carol left",
            "a1 b1 c1 m1 c2: joined carol",
            "carol except c2: ended answered_elsewhere"
        ]
    );
    assert_eq!(
        told(&line.apply(silence("alice", "bob"))),
        ["a1 b1 c2 m1: media bob"]
    );
    assert_eq!(
        told(&line.apply(raise_hand("bob"))),
        ["a1 b1 c2 m1: updated"]
    );
    assert_eq!(
        told(&line.apply(promote("alice", "bob"))),
        ["a1 b1 c2 m1: updated"]
    );
    assert_eq!(
        told(&line.apply(remove("bob", "dave"))),
        ["a1 b1 c2 m1: updated", "dave: ended cancelled"]
    );
    assert_eq!(
        told(&line.apply(remove("bob", "mallory"))),
        [
            "a1 b1 c2 m1: left mallory removed",
            "mallory: ended removed"
        ]
    );
    assert_eq!(
        told(&line.apply(leave("carol"))),
        ["a1 b1 c2: left carol left"]
    );
    assert_eq!(told(&line.expire_next()), ["a1 b1: updated"]);
    // Put out of a call of two, one hears that it is over.
    let mut line = Line::talking_pair();
    assert_eq!(
        told(&line.apply(remove("alice", "bob"))),
        ["a1 b1: ended completed"]
    );
}

#[test]
fn a_stranger_learns_nothing() {
    let mut line = Line::pair().after([end("alice")]);
    for command in [
        answer("m1"),
        reject("mallory"),
        end("mallory"),
        leave("mallory"),
        mute("mallory"),
        connect("m1"),
        alert("m1"),
        offer("m1"),
        disconnect("m1"),
        resume("m1"),
        add("mallory", &["dave"]),
        remove("mallory", "bob"),
        silence("mallory", "bob"),
        promote("mallory", "bob"),
        raise_hand("mallory"),
    ] {
        line.refuses(command, RejectionKind::NotParticipant);
    }
}

#[test]
fn a_rejection_names_command_state_and_reason() {
    let line = Line::talking_pair();
    let rejection = line.call.apply(answer("b2"), line.now).unwrap_err();
    assert_eq!(
        rejection.to_string(),
        "answer refused in a call that is active: another device of the user took the call"
    );
}

#[test]
fn an_answer_by_name_or_without_a_socket() {
    let mut line = Line::pair();
    line.apply(Command::Answer {
        user: user("bob"),
        device: device("b1"),
        name: Some("Bob".into()),
        online: false,
    });
    let bob = line.call.participant(&user("bob")).unwrap();
    assert_eq!(bob.name.as_deref(), Some("Bob"));
    line.apply(resume("b1"));
    line.ignores(resume("b1"));
    assert_eq!(line.call.next_deadline(), Some(T0 + secs(15)));
}

#[test]
fn names_of_what_is_told() {
    let ended = EndNotice::Call(EndReason::NoAnswer);
    assert_eq!(ended.as_str(), "no_answer");
    assert_eq!(
        LeaveReason::from(EndReason::ConnectionLost),
        LeaveReason::ConnectionLost
    );
}
