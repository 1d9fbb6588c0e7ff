//! What people may do to each other, and how they ask to speak.

use call_domain::{
    CallStatus, Command, EndReason, LeaveReason, MediaChange, MediaOff, ParticipantStatus, Policy,
    RejectionKind, Role,
};

use crate::fixture::*;

fn group() -> Line {
    Line::talking_group(&Policy::default())
}

fn role(line: &Line, name: &str) -> Role {
    line.call.participant(&user(name)).unwrap().role
}

#[test]
fn moderators_are_made_and_unmade() {
    let mut line = group();
    let not_allowed = RejectionKind::NotAllowed;
    line.refuses(promote("bob", "bob"), not_allowed);
    line.apply(promote("alice", "bob"));
    line.ignores(promote("alice", "bob"));
    assert_eq!(role(&line, "bob"), Role::Moderator);
    line.apply(promote("bob", "carol"));
    line.apply(set_role("carol", "bob", Role::Participant));
    line.refuses(promote("bob", "bob"), not_allowed);
    // The initiator stays what it is, and is the only one.
    line.refuses(set_role("carol", "alice", Role::Participant), not_allowed);
    line.refuses(set_role("alice", "bob", Role::Initiator), not_allowed);
    let nobody = RejectionKind::NoSuchParticipant;
    line.refuses(promote("alice", "dave"), nobody);
    line.refuses(promote("dave", "bob"), RejectionKind::NotParticipant);
    // A role is kept while away, but has no power from there.
    line.apply(leave("carol"));
    line.refuses(promote("carol", "bob"), RejectionKind::NotJoined);
    line.apply(join("c1"));
    assert_eq!(role(&line, "carol"), Role::Moderator);
    // It may be given before its owner is in, but not to somebody put out.
    let mut line = Line::group().after([promote("alice", "bob")]);
    line.apply(answer("b1"));
    line.apply(promote("bob", "carol"));
    line.apply(remove("alice", "carol"));
    assert_eq!(role(&line, "carol"), Role::Participant);
    let not_joined = RejectionKind::NotJoined;
    line.refuses(promote("alice", "carol"), not_joined);
}

#[test]
fn moderators_turn_off_what_others_send() {
    let mut line = group();
    line.refuses(silence("bob", "carol"), RejectionKind::NotAllowed);
    line.refuses(silence("bob", "bob"), RejectionKind::NotAllowed);
    line.apply(promote("alice", "bob"));
    line.apply(silence("bob", "alice"));
    line.ignores(silence("bob", "alice"));
    let media = |line: &Line, name: &str| line.call.participant(&user(name)).unwrap().media;
    assert!(!media(&line, "alice").audio && media(&line, "alice").video);
    line.apply(Command::ChangeMedia {
        user: user("carol"),
        change: MediaChange {
            screen: Some(true),
            ..MediaChange::default()
        },
    });
    line.apply(Command::Mute {
        by: user("alice"),
        user: user("carol"),
        off: MediaOff {
            audio: false,
            video: true,
            screen: true,
        },
    });
    let carol = media(&line, "carol");
    assert_eq!(
        (carol.audio, carol.video, carol.screen),
        (true, false, false)
    );
    // Whoever was muted may speak again.
    line.apply(Command::ChangeMedia {
        user: user("alice"),
        change: MediaChange {
            audio: Some(true),
            ..MediaChange::default()
        },
    });
    line.apply(leave("carol"));
    line.refuses(silence("alice", "carol"), RejectionKind::NotJoined);
    line.refuses(silence("alice", "dave"), RejectionKind::NoSuchParticipant);
    line.refuses(silence("carol", "bob"), RejectionKind::NotJoined);
}

#[test]
fn moderators_put_people_out() {
    let mut line = group();
    let not_allowed = RejectionKind::NotAllowed;
    line.refuses(remove("bob", "carol"), not_allowed);
    line.apply(promote("alice", "bob"));
    line.refuses(remove("bob", "alice"), not_allowed);
    line.refuses(remove("bob", "bob"), not_allowed);
    line.refuses(remove("alice", "alice"), not_allowed);
    line.refuses(remove("bob", "dave"), RejectionKind::NoSuchParticipant);
    line.wait(secs(30));
    line.apply(remove("bob", "carol"));
    line.ignores(remove("bob", "carol"));
    let carol = line.call.participant(&user("carol")).unwrap();
    assert_eq!(carol.status(), ParticipantStatus::Removed);
    assert_eq!(carol.leave_reason(), Some(LeaveReason::Removed));
    assert_eq!(
        (carol.joined_at(), carol.left_at()),
        (Some(T0), Some(line.now))
    );
    assert_eq!(line.call.status(), CallStatus::Active);
    // There is no way back, …
    line.refuses(join("c1"), not_allowed);
    line.refuses(join("c2"), not_allowed);
    line.refuses(answer("c1"), RejectionKind::NotRinging);
    // … unless a moderator says so.
    line.apply(set_role("alice", "bob", Role::Participant));
    line.refuses(add("bob", &["carol"]), not_allowed);
    line.refuses(add("bob", &["dave", "carol"]), not_allowed);
    line.apply(add("alice", &["carol"]));
    line.apply(answer("c1"));
    line.apply(leave("carol"));
    line.refuses(remove("alice", "carol"), RejectionKind::NotJoined);
}

#[test]
fn an_invitation_is_withdrawn() {
    let mut line = Line::group().after([answer("b1"), alert("c1")]);
    line.apply(remove("alice", "carol"));
    assert_eq!(line.status("carol"), ParticipantStatus::Removed);
    line.refuses(answer("c1"), RejectionKind::NotRinging);
    line.ignores(alert("c1"));
    line.refuses(join("c1"), RejectionKind::NotAllowed);
    // The last one called: that is giving up.
    let mut line = Line::group().after([remove("alice", "bob"), remove("alice", "carol")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Cancelled));
    assert_eq!(line.call.ended_by(), Some(&user("alice")));
    let over = RejectionKind::Ended(EndReason::Cancelled);
    line.refuses(remove("alice", "bob"), over);
    // What somebody else did tells more.
    let line = Line::group().after([reject("bob"), remove("alice", "carol")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Declined));
    assert_eq!(line.call.ended_by(), None);
}

#[test]
fn a_call_of_two_is_over_when_one_is_put_out() {
    let line = Line::talking_pair().after([remove("alice", "bob")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Completed));
    assert_eq!(line.status("bob"), ParticipantStatus::Removed);
    assert_eq!(line.status("alice"), ParticipantStatus::Left);
    let line = Line::pair().after([remove("alice", "bob")]);
    assert_eq!(line.call.end_reason(), Some(EndReason::Cancelled));
    let mut line = Line::talking_pair().after([promote("alice", "bob")]);
    line.refuses(remove("bob", "alice"), RejectionKind::NotAllowed);
}

#[test]
fn who_is_left_after_a_removal_is_alone() {
    let mut line = Line::group().after([answer("b1"), connect("a1"), connect("b1")]);
    line.apply(remove("alice", "carol"));
    assert_eq!(line.call.parts().alone_deadline, None);
    line.apply(remove("alice", "bob"));
    assert_eq!(line.call.parts().alone_deadline, Some(T0 + secs(60)));
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::Completed));
}

#[test]
fn an_administrator_puts_anyone_out() {
    let mut line = group().after([expel("alice")]);
    assert_eq!(line.call.status(), CallStatus::Active);
    assert_eq!(line.status("alice"), ParticipantStatus::Removed);
    assert_eq!(role(&line, "alice"), Role::Initiator);
    line.refuses(join("a1"), RejectionKind::NotAllowed);
    line.refuses(expel("dave"), RejectionKind::NoSuchParticipant);
    line.apply(expel("bob"));
    line.apply(expel("carol"));
    assert_eq!(line.call.end_reason(), Some(EndReason::EndedByModerator));
    assert_eq!(line.call.ended_by(), Some(&user("moderator")));
    let over = RejectionKind::Ended(EndReason::EndedByModerator);
    line.refuses(expel("bob"), over);
    // Somebody in the call who has that power may even put itself out.
    let mut line = group();
    line.apply(Command::Remove {
        by: user("bob"),
        admin: true,
        user: user("bob"),
    });
    assert_eq!(line.status("bob"), ParticipantStatus::Removed);
}

#[test]
fn hands_go_up_and_down() {
    let hand = |line: &Line| line.call.participant(&user("bob")).unwrap().hand_raised_at;
    let mut line = Line::group();
    line.refuses(raise_hand("bob"), RejectionKind::NotJoined);
    line.refuses(raise_hand("dave"), RejectionKind::NotParticipant);
    line.apply(answer("b1"));
    line.ignores(lower_hand("bob"));
    line.wait(secs(3));
    line.apply(raise_hand("bob"));
    line.wait(secs(3));
    // The order in which they went up is kept.
    line.ignores(raise_hand("bob"));
    assert_eq!(hand(&line), Some(T0 + secs(3)));
    line.apply(connect("b1"));
    line.apply(disconnect("b1"));
    line.apply(resume("b1"));
    assert_eq!(hand(&line), Some(T0 + secs(3)));
    line.apply(lower_hand("bob"));
    assert_eq!(hand(&line), None);
    for out in [leave("bob"), remove("alice", "bob"), join("b2")] {
        let line = line.clone().after([raise_hand("bob"), out]);
        assert_eq!(hand(&line), None, "a hand without a body");
    }
    line.apply(end("alice"));
    let over = RejectionKind::Ended(EndReason::Cancelled);
    line.refuses(raise_hand("bob"), over);
}
