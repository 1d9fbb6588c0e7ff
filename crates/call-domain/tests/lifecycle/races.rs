//! The races that commit order decides: each one in both orders.

use call_domain::{
    BusyPolicy, CallStatus, CallType, Command, EndNotice, EndReason, Notice, ParticipantStatus,
    Placement, PlacementRefusal, Policy, Recipients, RejectionKind, place,
};

use crate::fixture::*;

#[test]
fn two_devices_accept_and_the_first_wins() {
    let mut line = Line::pair().after([offer("b2"), alert("b1"), alert("b2")]);
    let step = line.apply(answer("b2"));
    let losers = Recipients::User {
        user: user("bob"),
        except: Some(device("b2")),
    };
    assert!(step.effects.iter().any(|e| e.to == losers
        && e.notice
            == Notice::Ended {
                reason: EndNotice::AnsweredElsewhere
            }));
    line.refuses(answer("b1"), RejectionKind::AnsweredElsewhere);
    line.ignores(answer("b2"));
    let bob = line.call.participant(&user("bob")).unwrap();
    assert_eq!(bob.selected_device(), Some(&device("b2")));
}

#[test]
fn cancel_before_accept() {
    let mut line = Line::pair().after([alert("b1"), end("alice")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Cancelled));
    assert_eq!(line.status("bob"), ParticipantStatus::Cancelled);
    line.refuses(answer("b1"), RejectionKind::Ended(EndReason::Cancelled));
}

#[test]
fn cancel_after_accept_still_ends_the_call() {
    let line = Line::pair().after([alert("b1"), answer("b1"), end("alice")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Cancelled));
    assert_eq!(line.status("bob"), ParticipantStatus::Left);
    assert_eq!(line.call.ended_by(), Some(&user("alice")));
}

#[test]
fn accept_in_the_last_microsecond_beats_the_ring_deadline() {
    let mut line = Line::pair().after([alert("b1")]);
    line.now = line.call.next_deadline().unwrap();
    line.apply(answer("b1"));
    line.ignores(Command::Expire);
    assert_eq!(line.call.status(), CallStatus::Connecting);
}

#[test]
fn accept_after_the_ring_deadline_is_too_late() {
    let mut line = Line::pair().after([alert("b1")]);
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::NoAnswer));
    assert_eq!(line.status("bob"), ParticipantStatus::Missed);
    line.refuses(answer("b1"), RejectionKind::Ended(EndReason::NoAnswer));
}

#[test]
fn decline_before_accept() {
    let mut line = Line::pair().after([offer("b2"), alert("b1"), reject("bob")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Declined));
    line.refuses(answer("b2"), RejectionKind::Ended(EndReason::Declined));
}

#[test]
fn decline_after_accept() {
    let mut line = Line::pair().after([offer("b2"), alert("b1"), answer("b1")]);
    line.refuses(reject("bob"), RejectionKind::AnsweredElsewhere);
    assert_eq!(line.call.status(), CallStatus::Connecting);
}

#[test]
fn the_last_reject_of_a_group_that_anyone_took_does_not_end_it() {
    let mut line = Line::group().after([
        answer("b1"),
        connect("a1"),
        connect("b1"),
        leave("bob"),
        reject("carol"),
    ]);
    assert_eq!(line.call.status(), CallStatus::Active);
    // alice waits alone, and carol may still think better of it.
    let waiting = line.clone();
    line.apply(answer("c1"));
    assert_eq!(line.call.status(), CallStatus::Active);
    let mut line = waiting;
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::Completed));
}

#[test]
fn the_last_reject_of_a_group_that_nobody_took_ends_it() {
    let line = Line::group().after([reject_busy("bob"), reject("carol")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Declined));
}

#[test]
fn caller_lost_while_ringing() {
    let mut line = Line::pair().after([alert("b1"), disconnect("a1")]);
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::CallerLost));
    assert_eq!(line.now, T0 + Policy::default().caller_gone_timeout);
    assert_eq!(line.status("bob"), ParticipantStatus::Cancelled);
}

#[test]
fn caller_back_in_time() {
    let mut line = Line::pair().after([alert("b1"), disconnect("a1")]);
    line.wait(secs(9));
    line.apply(resume("a1"));
    line.wait(secs(9));
    line.ignores(Command::Expire);
    assert_eq!(line.call.status(), CallStatus::Ringing);
}

#[test]
fn answer_while_the_caller_is_away() {
    let mut line = Line::pair().after([alert("b1"), disconnect("a1"), answer("b1")]);
    // The time to connect rules now, and gives the caller longer than the ringing did.
    line.wait(secs(11));
    line.ignores(Command::Expire);
    line.apply(resume("a1"));
    line.apply(connect("a1"));
    line.apply(connect("b1"));
    assert_eq!(line.call.status(), CallStatus::Active);
}

#[test]
fn glare_becomes_an_answer_when_the_types_agree() {
    let theirs = Line::pair();
    let mut wish = request(&["alice"]);
    wish.initiator_id = user("bob");
    wish.device = device("b2");
    wish.id = call_id(2);
    let placed = place(
        wish.clone(),
        &Policy::default(),
        std::slice::from_ref(&theirs.call),
        T0,
    );
    let Ok(Placement::Glare(step)) = placed else {
        panic!("no glare: {placed:?}");
    };
    assert_eq!(step.call.id(), theirs.call.id());
    assert_eq!(step.call.status(), CallStatus::Connecting);
    let bob = step.call.participant(&user("bob")).unwrap();
    assert_eq!(bob.selected_device(), Some(&device("b2")));

    wish.call_type = CallType::Audio;
    assert_eq!(
        place(
            wish,
            &Policy::default(),
            std::slice::from_ref(&theirs.call),
            T0
        ),
        Err(PlacementRefusal::Glare {
            call: theirs.call.id()
        })
    );
}

#[test]
fn a_busy_callee_is_not_rung_unless_calls_may_wait() {
    let other = Line::talking_pair();
    let mut wish = request(&["bob"]);
    wish.id = call_id(2);
    wish.initiator_id = user("carol");
    wish.device = device("c1");
    let mut policy = Policy::default();
    let live = std::slice::from_ref(&other.call);
    let Ok(Placement::New(step)) = place(wish.clone(), &policy, live, T0) else {
        panic!("refused");
    };
    assert_eq!(step.call.end_reason(), Some(EndReason::Busy));
    assert_eq!(step.call.version(), 1);

    policy.busy = BusyPolicy::Waiting;
    let Ok(Placement::New(step)) = place(wish, &policy, live, T0) else {
        panic!("refused");
    };
    assert_eq!(step.call.status(), CallStatus::Created);
}

#[test]
fn hang_up_before_join() {
    let mut line = Line::pair().after([answer("b1"), connect("a1"), end("bob")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Declined));
    // The report that media flows comes too late to matter, and is no error.
    line.ignores(connect("b1"));
}

#[test]
fn hang_up_after_join() {
    let line = Line::talking_pair().after([end("bob")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Completed));
}

#[test]
fn both_hang_up() {
    let mut line = Line::talking_pair().after([end("bob")]);
    line.ignores(end("alice"));
    line.ignores(leave("alice"));
    assert_eq!(line.call.ended_by(), Some(&user("bob")));
}

#[test]
fn a_duplicate_session_of_a_device_takes_over() {
    let mut line = Line::talking_pair();
    // The newer session announces itself before the older one is noticed to be gone …
    line.ignores(resume("b1"));
    // … and another device of the same user is none of this leg's business.
    line.ignores(disconnect("b2"));
    line.ignores(resume("b2"));
    assert_eq!(line.status("bob"), ParticipantStatus::Joined);
}

#[test]
fn restart_gives_everyone_the_whole_grace_again() {
    let mut line = Line::talking_pair().after([disconnect("b1")]);
    line.wait(secs(3600));
    line.apply(Command::Recover);
    line.wait(secs(29));
    line.ignores(Command::Expire);
    line.apply(resume("a1"));
    line.apply(resume("b1"));
    assert_eq!(line.call.status(), CallStatus::Active);
    assert_eq!(line.status("alice"), ParticipantStatus::Joined);
    assert_eq!(line.status("bob"), ParticipantStatus::Joined);
}

#[test]
fn restart_while_it_rings() {
    let mut line = Line::pair().after([alert("b1")]);
    line.wait(secs(5));
    line.apply(Command::Recover);
    let back = line.clone().after([resume("a1")]);
    assert_eq!(
        back.call.next_deadline(),
        Some(T0 + Policy::default().ring_timeout)
    );
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::CallerLost));
}

#[test]
fn of_two_who_start_a_recording_the_first_does() {
    let mut line = Line::talking_group(&telling()).after([promote("alice", "bob")]);
    line.apply(record("bob", 2));
    line.refuses(record("alice", 1), RejectionKind::AlreadyRecording);
    line.refuses(record_as_admin(3), RejectionKind::AlreadyRecording);
    let recording = line.call.recording().unwrap();
    assert_eq!(recording.started_by, Some(user("bob")));
    // The same wish once more, because its answer was lost, is the same recording.
    line.ignores(record("bob", 2));
    // Of two who stop it, too.
    line.apply(stop_recording("alice"));
    line.refuses(stop_recording("bob"), RejectionKind::NotRecording);
}

#[test]
fn a_recording_is_stopped_before_or_with_the_end() {
    let recorded = || Line::talking(&telling()).after([record("alice", 1)]);
    let mut line = recorded().after([stop_recording("alice"), end("bob")]);
    assert_eq!(stops(&line), 1);
    line.ignores(abort_recording(1));
    let mut line = recorded().after([end("bob")]);
    assert_eq!(stops(&line), 1);
    let ended = RejectionKind::Ended(EndReason::Completed);
    line.refuses(stop_recording("alice"), ended);
}

fn stops(line: &Line) -> usize {
    let stop = |e: &&call_domain::Event| e.name() == "recording_stopped";
    line.log.iter().filter(stop).count()
}

#[test]
fn a_yes_before_leaving_counts_and_one_after_does_not() {
    let asked = || Line::talking_group(&asking()).after([record("alice", 1)]);
    let may_record = |line: &Line| line.call.recording().unwrap().may_record(&user("bob"));
    let line = asked().after([consent("bob", true), leave("bob"), join("b1")]);
    assert!(may_record(&line));
    let mut line = asked().after([leave("bob")]);
    line.refuses(consent("bob", true), RejectionKind::NotJoined);
    line.apply(join("b1"));
    assert!(!may_record(&line));
    // Nor does a yes to what was stopped count for what was begun meanwhile.
    let line = asked().after([consent("bob", true), stop_recording("alice")]);
    let line = line.after([record("alice", 2)]);
    assert!(!may_record(&line));
}

#[test]
fn a_recording_goes_on_without_the_moderator_who_started_it() {
    let mut line = Line::talking_group(&telling()).after([record("alice", 1), leave("alice")]);
    assert!(line.call.recording().is_some());
    line.refuses(stop_recording("alice"), RejectionKind::NotJoined);
    line.refuses(stop_recording("bob"), RejectionKind::NotAllowed);
    // Whoever comes back may.
    line.apply(join("a1"));
    line.apply(stop_recording("alice"));
    // And the last who leaves ends it with the call.
    let line = Line::talking_group(&telling()).after([
        record("alice", 1),
        leave("alice"),
        leave("bob"),
        leave("carol"),
    ]);
    assert_eq!(stops(&line), 1);
}

#[test]
fn a_recorder_that_cannot_go_on_ends_its_own_recording_only() {
    let mut line = Line::talking(&telling()).after([record("alice", 1), stop_recording("alice")]);
    line.ignores(abort_recording(1));
    line.apply(record("alice", 2));
    line.ignores(abort_recording(1));
    assert!(line.call.recording().is_some());
    line.apply(abort_recording(2));
    line.ignores(abort_recording(2));
    assert_eq!(line.call.recording(), None);
    assert_eq!(line.call.status(), CallStatus::Active, "the call goes on");
}
