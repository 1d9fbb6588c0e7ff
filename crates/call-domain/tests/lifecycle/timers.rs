//! Every timer of the policy.

use call_domain::{Call, CallStatus, Command, EndReason, LeaveReason, ParticipantStatus, Policy};

use crate::fixture::*;

fn ended(mut line: Line) -> (EndReason, std::time::Duration) {
    let step = line.expire_next();
    let ended_at = step.call.ended_at().expect("the deadline ends the call");
    (step.call.end_reason().unwrap(), ended_at.since(T0))
}

#[test]
fn unreachable_ring_connect_and_reconnect_end_a_call_of_two() {
    let mut offline = request(&["bob"]);
    offline.invitees[0].devices.clear();
    let offline = Line::placed(offline, &Policy::default());
    assert_eq!(ended(offline.clone()), (EndReason::Unreachable, secs(8)));
    // A device that comes online in time stops the search, not the ringing.
    let found = offline.after([offer("b1")]);
    assert_eq!(ended(found), (EndReason::NoAnswer, secs(45)));
    let connecting = Line::pair().after([answer("b1"), connect("b1")]);
    assert_eq!(ended(connecting), (EndReason::ConnectFailed, secs(15)));
    let lost = Line::talking_pair().after([disconnect("a1")]);
    assert_eq!(ended(lost), (EndReason::ConnectionLost, secs(30)));
    let talking = Line::talking_pair();
    assert_eq!(ended(talking), (EndReason::MaxDuration, secs(12 * 3600)));
}

#[test]
fn who_failed_and_who_only_suffers_it() {
    let mut line = Line::pair().after([answer("b1"), connect("b1")]);
    line.expire_next();
    assert_eq!(line.status("alice"), ParticipantStatus::Failed);
    let bob = line.call.participant(&user("bob")).unwrap();
    assert_eq!(bob.leave_reason(), Some(LeaveReason::ConnectFailed));
    assert_eq!(bob.status(), ParticipantStatus::Left);
}

#[test]
fn a_group_goes_on_without_those_who_miss_it() {
    let mut line = Line::group().after([answer("b1"), connect("a1"), connect("b1")]);
    line.expire_next();
    assert_eq!(line.status("carol"), ParticipantStatus::Missed);
    assert_eq!(line.call.status(), CallStatus::Active);
    line.apply(answer("c1"));
    // Late, offline, never connected: carol alone fails.
    line.expire_next();
    assert_eq!(line.status("carol"), ParticipantStatus::Failed);
    assert_eq!(line.call.status(), CallStatus::Active);
    line.refuses(answer("c1"), call_domain::RejectionKind::NotRinging);
}

#[test]
fn a_group_in_which_media_never_flows_fails() {
    let mut line = Line::group().after([answer("b1"), reject("carol"), connect("a1")]);
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::ConnectFailed));
    assert_eq!(line.status("bob"), ParticipantStatus::Failed);
}

#[test]
fn nobody_must_connect_to_nobody() {
    // bob takes the call and leaves before media flows; carol still rings.
    let mut line = Line::group().after([answer("b1"), leave("bob")]);
    line.wait(secs(20));
    line.ignores(Command::Expire);
    assert_eq!(line.status("alice"), ParticipantStatus::Accepted);
    // With carol there, alice has the whole time to connect.
    line.apply(answer("c1"));
    line.wait(secs(14));
    line.ignores(Command::Expire);
    line.apply(connect("a1"));
    line.apply(connect("c1"));
    assert_eq!(line.call.status(), CallStatus::Active);
}

#[test]
fn alone_in_a_group() {
    let mut line = Line::group().after([
        answer("b1"),
        connect("a1"),
        connect("b1"),
        reject("carol"),
        leave("alice"),
    ]);
    assert_eq!(line.status("bob"), ParticipantStatus::Joined);
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::Completed));
    assert_eq!(line.now, T0 + Policy::default().alone_timeout);
}

#[test]
fn a_late_timer_decides_as_a_punctual_one() {
    let sleep = |mut line: Line| {
        line.wait(secs(24 * 3600));
        line.apply(Command::Expire);
        line.call.end_reason()
    };
    assert_eq!(sleep(Line::pair()), Some(EndReason::NoAnswer));
    let lost = Line::talking_pair().after([disconnect("a1")]);
    assert_eq!(sleep(lost), Some(EndReason::ConnectionLost));
    assert_eq!(sleep(Line::talking_pair()), Some(EndReason::MaxDuration));
}

#[test]
fn an_early_timer_does_nothing() {
    let mut line = Line::pair();
    line.now = line.call.next_deadline().unwrap() - std::time::Duration::from_micros(1);
    line.ignores(Command::Expire);
}

#[test]
fn a_policy_without_patience_still_ends_in_order() {
    let none = std::time::Duration::ZERO;
    let policy = Policy {
        ring_timeout: none,
        connect_timeout: none,
        alone_timeout: none,
        ..Policy::default()
    };
    let mut line = Line::placed(request(&["bob", "carol"]), &policy);
    line.apply(Command::Expire);
    assert_eq!(line.call.end_reason(), Some(EndReason::NoAnswer));
}

#[test]
fn durations_of_a_call() {
    let mut line = Line::pair();
    line.wait(secs(4));
    line.apply(answer("b1"));
    line.wait(secs(1));
    line.apply(connect("a1"));
    line.apply(connect("b1"));
    let call: &Call = &line.call;
    assert_eq!(call.parts().duration(), None);
    line.wait(secs(60));
    line.apply(end("alice"));
    let parts = line.call.parts();
    assert_eq!(parts.ring_duration(), Some(secs(4)));
    assert_eq!(parts.setup_duration(), Some(secs(1)));
    assert_eq!(parts.duration(), Some(secs(60)));
    assert_eq!(parts.ring_deadline(), T0 + secs(45));
}
