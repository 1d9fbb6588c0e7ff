//! People who come to a call that goes on: added, on their own, or back.

use call_domain::{
    BusyPolicy, CallStatus, Command, EndReason, ParticipantStatus, Policy, RejectionKind, Role,
    TopologyPolicy,
};

use crate::fixture::*;

fn names(call: &call_domain::Call) -> Vec<&str> {
    let participants = call.participants().iter();
    participants.map(|p| p.user_id.as_str()).collect()
}

#[test]
fn adding_makes_a_group_of_a_call_of_two() {
    let mut line = Line::talking_pair();
    line.wait(secs(100));
    line.apply(add("bob", &["carol"]));
    assert!(line.call.parts().group);
    assert_eq!(names(&line.call), ["alice", "bob", "carol"]);
    assert_eq!(line.status("carol"), ParticipantStatus::Invited);
    assert_eq!(line.call.status(), CallStatus::Active);
    // Rung like anyone at the start, from now on.
    let carol = line.call.participant(&user("carol")).unwrap();
    assert_eq!(carol.role, Role::Participant);
    assert_eq!(carol.invited_at, line.now);
    assert_eq!(line.call.next_deadline(), Some(line.now + secs(45)));
    assert_eq!(line.call.parts().ring_deadline(), line.now + secs(45));
    line.apply(alert("c1"));
    line.apply(answer("c1"));
    line.apply(connect("c1"));
    // What ended the call of two does not end the group.
    line.apply(leave("bob"));
    assert_eq!(line.call.status(), CallStatus::Active);
    line.apply(leave("alice"));
    assert_eq!(line.call.status(), CallStatus::Active);
    assert_eq!(line.status("carol"), ParticipantStatus::Joined);
}

#[test]
fn a_call_of_two_may_grow_while_it_rings() {
    let mut line = Line::pair().after([add("alice", &["carol"])]);
    line.apply(reject("bob"));
    assert_eq!(line.call.status(), CallStatus::Created);
    line.apply(answer("c1"));
    assert_eq!(line.call.status(), CallStatus::Connecting);
    // bob may think better of it, as in any group.
    line.apply(answer("b1"));
}

#[test]
fn the_added_lapse_like_the_first_ones() {
    let mut line = Line::talking_pair();
    line.apply(Command::Add {
        by: user("alice"),
        invitees: vec![invitee("carol", &[]), invitee("dave", &["d1"])],
        in_other_calls: Vec::new(),
    });
    line.expire_next();
    assert_eq!(line.now, T0 + secs(8));
    assert_eq!(line.status("carol"), ParticipantStatus::Unreachable);
    line.expire_next();
    assert_eq!(line.now, T0 + secs(45));
    assert_eq!(line.status("dave"), ParticipantStatus::Missed);
    assert_eq!(line.call.status(), CallStatus::Active);
}

#[test]
fn only_somebody_in_the_call_adds() {
    let mut line = Line::group().after([answer("b1")]);
    line.refuses(add("carol", &["dave"]), RejectionKind::NotJoined);
    line.refuses(add("dave", &["dave"]), RejectionKind::NotParticipant);
    line.apply(leave("bob"));
    line.refuses(add("bob", &["dave"]), RejectionKind::NotJoined);
    line.apply(end("alice"));
    let over = RejectionKind::Ended(EndReason::Cancelled);
    line.refuses(add("alice", &["dave"]), over);
}

#[test]
fn who_is_in_it_is_left_alone_and_who_is_out_rings_again() {
    let mut line = Line::talking_group(&Policy::default()).after([leave("bob")]);
    line.wait(secs(5));
    line.ignores(add("alice", &["alice", "carol"]));
    line.ignores(add("alice", &[]));
    line.apply(add("alice", &["carol", "bob", "bob", "alice"]));
    assert_eq!(line.status("bob"), ParticipantStatus::Invited);
    assert_eq!(line.status("carol"), ParticipantStatus::Joined);
    let bob = line.call.participant(&user("bob")).unwrap();
    assert_eq!((bob.joined_at(), bob.invited_at), (None, line.now), "anew");
    // The device that bob left with rings, too, and once only.
    line.ignores(add("alice", &["bob"]));
    line.apply(alert("b1"));
    line.apply(answer("b2"));
    line.apply(connect("b2"));
    assert_eq!(line.status("bob"), ParticipantStatus::Joined);
}

#[test]
fn everyone_who_is_out_may_be_called_again() {
    let policy = Policy::default();
    let group = || {
        let line = Line::placed(request(&["bob", "carol"]), &policy);
        line.after([answer("c1"), connect("a1"), connect("c1")])
    };
    let expired = |mut line: Line| {
        line.expire_next();
        line
    };
    let failed = expired(group().after([answer("b1")]));
    assert_eq!(failed.status("bob"), ParticipantStatus::Failed);
    let missed = expired(group());
    assert_eq!(missed.status("bob"), ParticipantStatus::Missed);
    let outs = [
        group().after([reject("bob")]),
        group().after([reject_busy("bob")]),
        group().after([remove("alice", "bob")]),
        failed,
        missed,
    ];
    for line in outs {
        let was = line.status("bob");
        let line = line.after([add("alice", &["bob"]), alert("b1"), answer("b1")]);
        assert_eq!(line.status("bob"), ParticipantStatus::Accepted, "{was}");
    }
}

#[test]
fn an_initiator_who_left_may_be_called_back() {
    let mut line = Line::talking_group(&Policy::default()).after([leave("alice")]);
    line.apply(add("bob", &["alice"]));
    assert_eq!(line.status("alice"), ParticipantStatus::Invited);
    let missed = {
        let mut line = line.clone();
        line.expire_next();
        line
    };
    assert_eq!(missed.status("alice"), ParticipantStatus::Missed);
    line.apply(answer("a2"));
    let alice = line.call.participant(&user("alice")).unwrap();
    assert_eq!(alice.role, Role::Initiator);
    // And has lost nothing of what an initiator may.
    line.apply(end("alice"));
    assert_eq!(line.call.end_reason(), Some(EndReason::Completed));
}

#[test]
fn whoever_is_called_ends_loneliness() {
    let mut line = Line::group().after([answer("b1"), connect("a1"), connect("b1")]);
    line.apply(reject("carol"));
    line.apply(leave("bob"));
    assert!(line.call.parts().alone_deadline.is_some());
    line.apply(add("alice", &["bob"]));
    assert_eq!(line.call.parts().alone_deadline, None);
    // Nobody came: alice waits anew.
    line.expire_next();
    assert_eq!(line.call.parts().alone_deadline, Some(line.now + secs(60)));
}

#[test]
fn a_busy_one_who_is_added_is_not_rung_unless_calls_may_wait() {
    let add_carol = || Command::Add {
        by: user("alice"),
        invitees: vec![invitee("carol", &["c1"])],
        in_other_calls: vec![user("carol")],
    };
    let mut line = Line::group().after([answer("b1"), reject("carol"), leave("bob")]);
    line.apply(add_carol());
    assert_eq!(line.status("carol"), ParticipantStatus::Busy);
    // That is nobody to wait for.
    assert!(line.call.parts().alone_deadline.is_some());
    let waiting = Policy {
        busy: BusyPolicy::Waiting,
        ..Policy::default()
    };
    let mut line = Line::placed(request(&["bob"]), &waiting);
    line.apply(add_carol());
    assert_eq!(line.status("carol"), ParticipantStatus::Invited);
}

#[test]
fn a_mesh_keeps_its_limit() {
    let all = ["bob", "carol", "dave", "erin"];
    let full = RejectionKind::TooManyParticipants { max: 5 };
    let mut line = Line::placed(request(&all), &Policy::default());
    line.refuses(add("alice", &["mallory"]), full);
    line.refuses(join("m1"), full);
    // Somebody gives up the seat, …
    line.apply(reject("bob"));
    line.apply(add("alice", &["mallory"]));
    // … and has no claim to it later.
    line.refuses(answer("b1"), full);
    line.refuses(join("b1"), full);
    line.refuses(add("alice", &["bob"]), full);
    line.apply(reject("mallory"));
    line.apply(answer("b1"));
    // All or nobody.
    let mut line = Line::talking_pair();
    line.refuses(add("alice", &["carol", "dave", "erin", "mallory"]), full);
    assert_eq!(line.call.participants().len(), 2);
    // A list that is too long is not even looked at.
    let same = ["bob"; 6];
    line.refuses(add("alice", &same), full);
}

#[test]
fn with_an_sfu_the_limit_is_another() {
    let policy = Policy {
        max_participants: 6,
        ..with_sfu()
    };
    let mut line = Line::placed(request(&["bob", "carol", "dave", "erin"]), &policy);
    line.apply(join("m1"));
    let full = RejectionKind::TooManyParticipants { max: 6 };
    line.refuses(join("f1"), full);
    let none = Policy {
        topology: TopologyPolicy::P2p,
        ..policy
    };
    assert_eq!((none.seats(), with_sfu().seats()), (5, 50));
}

#[test]
fn passers_by_are_not_kept_without_end() {
    let mut line = Line::talking_pair();
    let mut passed = 0;
    let refusal = loop {
        let stranger = user(&format!("stranger-{passed}"));
        let join = Command::Join {
            user: stranger.clone(),
            device: device("d1"),
            name: None,
            online: true,
        };
        match line.try_apply(join) {
            Ok(_) => passed += 1,
            Err(kind) => break kind,
        }
        line.apply(Command::Leave { user: stranger });
    };
    // Four for each seat.
    assert_eq!(refusal, RejectionKind::TooManyParticipants { max: 5 });
    assert_eq!((passed, line.call.participants().len()), (18, 20));
    // Those who are known may come and go.
    let known = |n: u32| Command::Join {
        user: user(&format!("stranger-{n}")),
        device: device("d2"),
        name: None,
        online: true,
    };
    line.apply(known(0));
}

#[test]
fn strangers_come_along() {
    let mut line = Line::talking_pair();
    line.wait(secs(7));
    line.apply(Command::Join {
        user: user("carol"),
        device: device("c1"),
        name: Some("Carol".into()),
        online: true,
    });
    let carol = line.call.participant(&user("carol")).unwrap();
    assert_eq!(carol.status(), ParticipantStatus::Accepted);
    assert_eq!(carol.name.as_deref(), Some("Carol"));
    assert_eq!(carol.selected_device(), Some(&device("c1")));
    assert_eq!(carol.invited_at, line.now);
    assert!(carol.media.audio);
    assert!(line.call.parts().group);
    // Media must flow in time.
    assert_eq!(line.call.next_deadline(), Some(line.now + secs(15)));
    line.expire_next();
    assert_eq!(line.status("carol"), ParticipantStatus::Failed);
    assert_eq!(line.call.status(), CallStatus::Active);
    line.apply(end("alice"));
    let over = RejectionKind::Ended(EndReason::Completed);
    line.refuses(join("m1"), over);
    line.refuses(join("c1"), over);
}

#[test]
fn a_stranger_may_be_the_first_to_come() {
    let mut line = Line::pair().after([disconnect("a1"), join("c1")]);
    assert_eq!(line.call.status(), CallStatus::Connecting);
    assert_eq!(line.status("bob"), ParticipantStatus::Invited);
    // alice has the time to connect now, as after any answer.
    let alice = line.call.participant(&user("alice")).unwrap();
    assert_eq!(alice.state.status(), ParticipantStatus::Accepted);
    line.expire_next();
    assert_eq!(line.now, T0 + secs(15));
}

#[test]
fn joining_a_call_that_rings_is_an_answer() {
    let mut joined = Line::pair().after([offer("b2"), alert("b1")]);
    let mut answered = joined.clone();
    assert_eq!(joined.apply(join("b2")), answered.apply(answer("b2")));
    joined.ignores(join("b2"));
}

#[test]
fn whoever_left_may_come_back_with_any_device() {
    let mut line = Line::talking_group(&Policy::default());
    for d in ["b1", "b2", "b1"] {
        line.apply(leave("bob"));
        line.refuses(answer(d), RejectionKind::NotRinging);
        line.apply(join(d));
        line.ignores(join(d));
        line.apply(connect(d));
        let bob = line.call.participant(&user("bob")).unwrap();
        assert_eq!(bob.selected_device(), Some(&device(d)));
        assert_eq!(bob.legs.len(), 1, "legs pile up");
    }
    // Also after the connection was lost for good.
    line.apply(disconnect("b1"));
    line.expire_next();
    assert_eq!(line.status("bob"), ParticipantStatus::Left);
    line.apply(join_offline("b1"));
    line.apply(resume("b1"));
    line.apply(connect("b1"));
    assert_eq!(line.status("bob"), ParticipantStatus::Joined);
}

#[test]
fn a_participant_moves_to_another_device() {
    let mut line = Line::talking_pair().after([disconnect("b1"), join("b2")]);
    assert_eq!(line.status("bob"), ParticipantStatus::Accepted);
    assert_eq!(line.call.status(), CallStatus::Active);
    line.refuses(connect("b1"), RejectionKind::WrongDevice);
    line.ignores(resume("b1"));
    line.apply(connect("b2"));
    for d in ["b3", "b4", "b5", "b2"] {
        line.apply(join(d));
        let bob = line.call.participant(&user("bob")).unwrap();
        assert_eq!(bob.legs.len(), 2, "legs pile up");
    }
    // Who never arrives there has failed.
    line.apply(join_offline("b3"));
    line.expire_next();
    assert_eq!(line.call.end_reason(), Some(EndReason::ConnectFailed));
}

#[test]
fn a_caller_moves_while_it_rings() {
    let mut line = Line::pair().after([join_offline("a2")]);
    assert_eq!(line.call.status(), CallStatus::Created);
    assert_eq!(line.call.next_deadline(), Some(T0 + secs(10)));
    line.apply(resume("a2"));
    line.apply(answer("b1"));
    line.apply(connect("a2"));
    // Somebody alone may move, too, and is still alone.
    let mut line = Line::group().after([answer("b1"), reject("carol"), leave("bob")]);
    let patience = line.call.parts().alone_deadline;
    line.wait(secs(3));
    line.apply(join("a2"));
    assert_eq!(line.call.parts().alone_deadline, patience);
    assert_eq!(line.call.next_deadline(), patience);
}
