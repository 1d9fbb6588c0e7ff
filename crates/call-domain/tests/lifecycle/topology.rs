//! Which way media goes.

use call_domain::{Command, Event, Policy, RejectionKind, SfuRoomId, Topology, TopologyPolicy};

use crate::fixture::*;

fn policy(topology: TopologyPolicy) -> Policy {
    Policy {
        topology,
        ..Policy::default()
    }
}

fn topology(line: &Line) -> Topology {
    line.call.parts().topology
}

fn changed(topology: Topology, sfu_room_id: Option<SfuRoomId>) -> Event {
    Event::TopologyChanged {
        topology,
        sfu_room_id,
    }
}

/// A call with an SFU of which the third has just left.
fn shrunk() -> Line {
    let mut line = Line::talking_group(&with_sfu());
    line.wait(secs(100));
    line.after([leave("carol")])
}

#[test]
fn the_third_who_takes_the_call_moves_it_to_the_sfu_in_that_very_step() {
    let mut line = Line::placed(request(&["bob", "carol"]), &with_sfu());
    line.apply(answer("b1"));
    assert_eq!(topology(&line), Topology::P2p);
    let step = line.apply(answer("c1"));
    let room = SfuRoomId::new(line.call.id(), line.call.version());
    assert_eq!(line.call.version(), 3);
    assert_eq!(
        room.to_string(),
        "00000000-0000-0000-0000-000000000001-3",
        "every node finds the same"
    );
    assert_eq!(
        step.events.last(),
        Some(&changed(Topology::Sfu, Some(room)))
    );
    assert_eq!(line.call.parts().sfu_room_id, Some(room));
    // More people, or fewer, are no reason to change the room.
    line.apply(join("d1"));
    line.apply(leave("bob"));
    assert_eq!(line.call.parts().sfu_room_id, Some(room));
    // It is told where the call was when it ended.
    line.apply(end("alice"));
    assert_eq!(line.call.parts().sfu_room_id, Some(room));
}

#[test]
fn being_called_is_not_being_in_the_call() {
    let line = Line::placed(request(&["bob", "carol", "dave"]), &with_sfu());
    let line = line.after([answer("b1"), alert("c1"), reject("dave")]);
    assert_eq!(topology(&line), Topology::P2p);
    // Somebody away counts.
    let line = line.after([connect("b1"), disconnect("b1"), join("e1")]);
    assert_eq!(topology(&line), Topology::Sfu);
}

#[test]
fn a_call_that_has_become_small_goes_back_after_a_while() {
    let mut line = shrunk();
    assert_eq!(topology(&line), Topology::Sfu);
    assert_eq!(line.call.next_deadline(), Some(line.now + secs(10)));
    let step = line.expire_next();
    assert_eq!(line.now, T0 + secs(110));
    assert_eq!(step.events, [changed(Topology::P2p, None)]);
    assert_eq!(line.call.parts().sfu_room_id, None);
    // And to another room, if it grows again.
    line.apply(join("c1"));
    let room = SfuRoomId::new(line.call.id(), line.call.version());
    assert_eq!(line.call.parts().sfu_room_id, Some(room));
}

#[test]
fn somebody_who_comes_in_time_keeps_it_there() {
    let mut line = shrunk();
    line.wait(secs(9));
    line.apply(add("alice", &["dave"]));
    assert!(
        line.call.parts().p2p_deadline.is_some(),
        "who rings may not come"
    );
    line.apply(answer("d1"));
    assert_eq!(line.call.parts().p2p_deadline, None);
    line.apply(connect("d1"));
    // The time counts from the last departure, not from the first.
    line.wait(secs(60));
    line.apply(leave("dave"));
    let deadline = line.now + secs(10);
    line.wait(secs(5));
    line.apply(leave("bob"));
    assert_eq!(line.call.parts().p2p_deadline, Some(deadline));
}

#[test]
fn a_late_timer_decides_as_a_punctual_one() {
    let mut line = Line::talking_group(&with_sfu()).after([disconnect("c1")]);
    // carol is lost after 30 s; that is when the others have become few.
    line.wait(secs(35));
    line.apply(Command::Expire);
    assert_eq!(topology(&line), Topology::Sfu);
    assert_eq!(line.call.parts().p2p_deadline, Some(line.now + secs(10)));
    // What is due at the same time happens in the same step.
    line.apply(disconnect("b1"));
    line.wait(secs(30));
    let step = line.apply(Command::Expire);
    let names: Vec<_> = step.events.iter().map(Event::name).collect();
    assert_eq!(names, ["topology_changed", "left", "alone"]);
}

#[test]
fn a_restart_gives_the_whole_while_again() {
    let mut line = shrunk();
    line.wait(secs(9));
    line.apply(Command::Recover);
    assert_eq!(line.call.parts().p2p_deadline, Some(line.now + secs(10)));
}

#[test]
fn with_no_while_it_goes_back_at_once() {
    let at_once = Policy {
        p2p_return_after: secs(0),
        ..with_sfu()
    };
    let mut line = Line::talking_group(&at_once).after([disconnect("c1")]);
    line.wait(secs(30));
    let step = line.apply(Command::Expire);
    assert!(step.events.contains(&changed(Topology::P2p, None)));
}

#[test]
fn the_policy_may_know_better() {
    let all = ["bob", "carol", "dave", "erin"];
    let many = |policy: &Policy| {
        let line = Line::placed(request(&all), policy);
        line.after(["b1", "c1", "d1", "e1"].map(answer))
    };
    assert_eq!(topology(&many(&policy(TopologyPolicy::P2p))), Topology::P2p);

    let always = policy(TopologyPolicy::Sfu);
    let line = Line::placed(request(&["bob"]), &always);
    assert_eq!(topology(&line), Topology::P2p, "nobody to talk to yet");
    let mut line = line.after([answer("b1")]);
    assert_eq!(topology(&line), Topology::Sfu);
    line.apply(add("alice", &["carol"]));
    line.apply(leave("bob"));
    assert_eq!(line.call.parts().p2p_deadline, None, "never back");

    let from = |sfu_from| Policy {
        sfu_from,
        ..with_sfu()
    };
    // Two are never too few for it, if that is what the policy says.
    let mut line = Line::placed(request(&["bob", "carol"]), &from(2)).after([answer("b1")]);
    assert_eq!(topology(&line), Topology::Sfu);
    assert_eq!(line.call.parts().p2p_deadline, None);
    line.apply(leave("bob"));
    assert!(line.call.parts().p2p_deadline.is_some());
    // But one always is.
    let alone = Line::placed(request(&["bob", "carol"]), &from(0));
    assert_eq!(topology(&alone), Topology::P2p);
    // A mesh has its limit, whatever the policy says.
    let mut line = many(&from(10));
    assert_eq!(topology(&line), Topology::P2p);
    line.apply(join("m1"));
    assert_eq!(topology(&line), Topology::Sfu);
}

/// What a server without an SFU makes of a call that goes through one.
fn taken_up_without(mut line: Line) -> Line {
    line.call = line.call.without_sfu();
    line
}

#[test]
fn a_call_that_has_lost_its_sfu_returns_at_once() {
    for policy in [with_sfu(), policy(TopologyPolicy::Sfu)] {
        let mut line = taken_up_without(Line::talking_group(&policy));
        let step = line.apply(Command::Recover);
        assert_eq!(step.events.last(), Some(&changed(Topology::P2p, None)));
        assert_eq!(topology(&line), Topology::P2p);
        // Nobody makes another room for it, whoever comes.
        line.apply(join("d1"));
        assert_eq!(topology(&line), Topology::P2p);
    }
    // There is nothing to wait for any more.
    let mut line = taken_up_without(shrunk());
    line.apply(mute("bob"));
    assert_eq!(topology(&line), Topology::P2p);
    assert_eq!(line.call.parts().p2p_deadline, None);
    // One in which media goes from peer to peer stays as it is.
    let line = taken_up_without(Line::talking_pair()).after([mute("bob")]);
    assert_eq!(topology(&line), Topology::P2p);
}

#[test]
fn more_than_a_mesh_is_for_wait_until_enough_have_left() {
    let narrow = Policy {
        mesh_max: 2,
        ..with_sfu()
    };
    let mut line = taken_up_without(Line::talking_group(&narrow));
    let room = line.call.parts().sfu_room_id;
    line.apply(Command::Recover);
    assert_eq!(topology(&line), Topology::Sfu);
    assert_eq!(line.call.parts().sfu_room_id, room);
    line.refuses(join("d1"), RejectionKind::TooManyParticipants { max: 2 });
    let step = line.apply(leave("carol"));
    assert!(step.events.contains(&changed(Topology::P2p, None)));
}
