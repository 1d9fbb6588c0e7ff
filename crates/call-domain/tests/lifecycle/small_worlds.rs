//! Whole small worlds: every state that a call of few people and devices can be in.
//!
//! Time is abstracted away: a deadline may fire at any moment, alone or together with others of
//! its kind. States that differ only in moments, in versions or in legs that are closed behave
//! alike, and count as one.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use call_domain::{
    Call, CallParts, CallState, Command, ConsentState, Event, LegState, MediaState, Participant,
    ParticipantState, Policy, RejectReason, SfuRoomId, Timestamp,
};

use crate::fixture::*;
use crate::invariants;

/// Deadlines lie here, unless they fire.
const LATER: Timestamp = Timestamp::from_micros(1_700_000_100_000_000);
const FIRED: Timestamp = Timestamp::from_micros(1_700_000_000_000_001);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Search,
    Ring,
    Gone,
    Connect,
    Grace,
}

/// The deadlines of a participant.
fn deadlines(p: &mut Participant) -> Vec<(Kind, &mut Timestamp)> {
    match &mut p.state {
        ParticipantState::Invited {
            ring_deadline,
            unreachable_deadline,
        } => unreachable_deadline
            .iter_mut()
            .map(|d| (Kind::Search, d))
            .chain([(Kind::Ring, ring_deadline)])
            .collect(),
        ParticipantState::Alerting { ring_deadline } => vec![(Kind::Ring, ring_deadline)],
        ParticipantState::Accepted {
            connect_deadline,
            gone_deadline,
            ..
        } => connect_deadline
            .iter_mut()
            .map(|d| (Kind::Connect, d))
            .chain(gone_deadline.iter_mut().map(|d| (Kind::Gone, d)))
            .collect(),
        ParticipantState::Reconnecting { deadline, .. } => vec![(Kind::Grace, deadline)],
        _ => Vec::new(),
    }
}

/// The call with everything forgotten that makes no difference to what may happen next.
fn forget(call: Call) -> Call {
    let mut parts = call.into_parts();
    parts.version = 1;
    parts.state = match parts.state {
        CallState::Connecting { .. } => CallState::Connecting { answered_at: T0 },
        CallState::Active { .. } => CallState::Active {
            answered_at: T0,
            started_at: T0,
        },
        other => other,
    };
    parts.alone_deadline = parts.alone_deadline.map(|_| LATER);
    parts.p2p_deadline = parts.p2p_deadline.map(|_| LATER);
    parts.sfu_room_id = parts.sfu_room_id.map(|room| SfuRoomId::new(room.call(), 1));
    // Only what the policy wants depends on it.
    parts.was_recorded = false;
    if let Some(recording) = &mut parts.recording {
        recording.started_at = T0;
        recording.started_by = None;
        recording.consents.sort_by(|a, b| a.user.cmp(&b.user));
        for consent in &mut recording.consents {
            match &mut consent.state {
                ConsentState::Asked => {}
                ConsentState::Given { at } | ConsentState::Refused { at } => *at = T0,
            }
        }
    }
    for p in &mut parts.participants {
        p.media = MediaState::default();
        p.invited_at = T0;
        p.legs.retain(|leg| leg.state.is_open());
        p.legs.sort_by(|a, b| a.device.cmp(&b.device));
        for leg in &mut p.legs {
            if let LegState::Reconnecting { since } = &mut leg.state {
                *since = T0;
            }
        }
        for (_, deadline) in deadlines(p) {
            *deadline = LATER;
        }
    }
    Call::from_parts(parts).expect("a call")
}

/// What tells states apart.
fn key(call: &Call) -> String {
    let mut key = format!(
        "{} {} {} {}",
        call.status(),
        call.parts().alone_deadline.is_some(),
        call.parts().topology,
        call.parts().p2p_deadline.is_some()
    );
    if let Some(recording) = call.recording() {
        key += " recorded";
        for consent in &recording.consents {
            key += consent.user.as_str();
            key += consent.state.as_str();
        }
    }
    let mut parts = call.parts().clone();
    for p in &mut parts.participants {
        key += p.user_id.as_str();
        key += p.status().as_str();
        for (kind, _) in deadlines(p) {
            key += ["s", "r", "g", "c", "l"][kind as usize];
        }
        for leg in &p.legs {
            key += leg.device.as_str();
            key += leg.state.as_str();
        }
    }
    key
}

fn fire(call: &Call, spoil: impl FnOnce(&mut CallParts)) -> (Call, Command, Timestamp) {
    let mut parts = call.parts().clone();
    spoil(&mut parts);
    let call = Call::from_parts(parts).expect("a call");
    (call, Command::Expire, FIRED)
}

/// Every way in which deadlines may fire now; the longest duration only if there is no other.
fn firings(call: &Call) -> Vec<(Call, Command, Timestamp)> {
    let mut all = Vec::new();
    let mut holders: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
    for (n, p) in call.parts().participants.iter().enumerate() {
        for (kind, _) in deadlines(&mut p.clone()) {
            holders.entry(kind).or_default().push(n);
        }
    }
    let mut add = |kind: Kind, who: &[usize]| {
        all.push(fire(call, |parts| {
            for n in who {
                for (k, deadline) in deadlines(&mut parts.participants[*n]) {
                    if k == kind {
                        *deadline = FIRED;
                    }
                }
            }
        }));
    };
    for (kind, who) in &holders {
        for n in who {
            add(*kind, &[*n]);
        }
        if who.len() > 1 {
            add(*kind, who);
        }
    }
    if call.parts().alone_deadline.is_some() {
        all.push(fire(call, |parts| parts.alone_deadline = Some(FIRED)));
    }
    if call.parts().p2p_deadline.is_some() {
        all.push(fire(call, |parts| parts.p2p_deadline = Some(FIRED)));
    }
    if all.is_empty() {
        all.push(fire(call, |parts| {
            parts.policy.max_duration = Duration::from_micros(1);
        }));
    }
    all
}

/// Everybody's devices.
type People<'a> = &'a [(&'a str, &'a [&'a str])];

/// What everyone may do for themselves.
fn commands(people: People) -> Vec<Command> {
    let mut all = vec![Command::Recover, Command::Expire, moderate()];
    for (name, devices) in people {
        for reason in RejectReason::ALL {
            all.push(Command::Reject {
                user: user(name),
                reason: *reason,
            });
        }
        all.extend([end(name), leave(name)]);
        for d in *devices {
            all.extend([offer(d), alert(d), answer(d), answer_offline(d)]);
            all.extend([connect(d), disconnect(d), resume(d)]);
        }
    }
    all
}

/// Ways into the call beside an answer.
fn entrances(people: People) -> Vec<Command> {
    let devices = people.iter().flat_map(|(_, devices)| *devices);
    devices.flat_map(|d| [join(d), join_offline(d)]).collect()
}

/// What everyone may do to everyone, and the all-powerful too.
fn dealings(people: People) -> Vec<Command> {
    let mut all = Vec::new();
    for (name, _) in people {
        all.push(expel(name));
        for (by, _) in people {
            all.extend([add(by, &[name]), remove(by, name)]);
        }
    }
    all
}

/// What a moderator, the recorder and everyone who is asked may do about a recording.
fn recordings(people: People) -> Vec<Command> {
    let mut all = vec![
        record("alice", 1),
        stop_recording("alice"),
        abort_recording(1),
    ];
    // Whoever starts it has said yes, and might say no as the others do.
    for (name, _) in &people[1..] {
        all.extend([consent(name, true), consent(name, false)]);
    }
    all
}

struct World {
    states: Vec<Call>,
    /// Where each state may go by deadlines alone; an end is nowhere.
    firings: Vec<Vec<usize>>,
    transitions: usize,
    ends: BTreeMap<&'static str, usize>,
}

impl World {
    fn explore(beginnings: Vec<Call>, commands: &[Command]) -> Self {
        let mut world = Self {
            states: Vec::new(),
            firings: Vec::new(),
            transitions: 0,
            ends: BTreeMap::new(),
        };
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        let mut queue = VecDeque::new();
        let mut reach = |call: Call, queue: &mut VecDeque<usize>, states: &mut Vec<Call>| {
            let call = forget(call);
            *known.entry(key(&call)).or_insert_with(|| {
                states.push(call);
                queue.push_back(states.len() - 1);
                states.len() - 1
            })
        };
        for call in beginnings {
            reach(call, &mut queue, &mut world.states);
        }
        while let Some(index) = queue.pop_front() {
            let state = world.states[index].clone();
            for command in commands {
                if let Some(next) = world.step(&state, command.clone(), T0) {
                    reach(next, &mut queue, &mut world.states);
                }
            }
            let mut fired = Vec::new();
            for (due, command, now) in firings(&state) {
                let version = due.version();
                match world.step(&due, command, now) {
                    Some(next) if next.version() == version => panic!("nothing fired: {due:?}"),
                    Some(next) => fired.push(reach(next, &mut queue, &mut world.states)),
                    None => {}
                }
            }
            assert_eq!(world.firings.len(), index);
            world.firings.push(fired);
        }
        world
    }

    /// The next state, unless the call is over or the command was refused.
    fn step(&mut self, call: &Call, command: Command, now: Timestamp) -> Option<Call> {
        self.transitions += 1;
        let asked = command.clone();
        let step = call.apply(command, now).ok()?;
        invariants::check_step(Some(call), &step);
        invariants::check_stop(&asked, &step);
        let Some(Event::Ended { reason, .. }) = step.events.last() else {
            return Some(step.call);
        };
        *self.ends.entry(reason.as_str()).or_default() += 1;
        None
    }

    /// The most deadlines that fire one after another before the call is over; fails if they
    /// could go round in a circle.
    fn longest_wait(&self) -> usize {
        let mut entries = vec![0_usize; self.states.len()];
        for next in self.firings.iter().flatten() {
            entries[*next] += 1;
        }
        let mut free: Vec<usize> = (0..entries.len()).filter(|n| entries[*n] == 0).collect();
        let mut waits = vec![1_usize; self.states.len()];
        let mut sorted = 0;
        while let Some(n) = free.pop() {
            sorted += 1;
            for next in &self.firings[n] {
                waits[*next] = waits[*next].max(waits[n] + 1);
                entries[*next] -= 1;
                if entries[*next] == 0 {
                    free.push(*next);
                }
            }
        }
        assert_eq!(sorted, self.states.len(), "a call may wait for ever");
        waits.into_iter().max().unwrap_or(0)
    }
}

/// alice calls the others: with her socket open or not, and with some of their devices online.
fn beginnings(people: People, policy: &Policy) -> Vec<Call> {
    let mut all = Vec::new();
    for online in [false, true] {
        for known in 0..2 {
            let mut wish = request(&[]);
            wish.online = online;
            for (name, devices) in &people[1..] {
                wish.invitees.push(invitee(name, &devices[..known]));
            }
            all.push(Line::placed(wish, policy).call);
        }
    }
    all
}

fn check(name: &str, beginnings: Vec<Call>, commands: &[Command], ends: &[&str]) -> usize {
    let world = World::explore(beginnings, commands);
    let wait = world.longest_wait();
    println!(
        "{name}: {} states, {} transitions, over after {wait} deadlines at most; ends: {:?}",
        world.states.len(),
        world.transitions,
        world.ends
    );
    assert_eq!(world.ends.keys().copied().collect::<Vec<_>>(), ends);
    world.states.len()
}

const PAIR_ENDS: [&str; 11] = [
    "busy",
    "caller_lost",
    "cancelled",
    "completed",
    "connect_failed",
    "connection_lost",
    "declined",
    "ended_by_moderator",
    "max_duration",
    "no_answer",
    "unreachable",
];

#[test]
fn two_users_with_two_devices() {
    let people: [(&str, &[&str]); 2] = [("alice", &["a1", "a2"]), ("bob", &["b1", "b2"])];
    let begin = beginnings(&people, &Policy::default());
    let commands = [commands(&people), entrances(&people)].concat();
    let states = check("2 users × 2 devices", begin, &commands, &PAIR_ENDS);
    assert!(states >= 50, "the world is too small to be true: {states}");
}

#[test]
fn three_users_with_one_device() {
    let people: [(&str, &[&str]); 3] = [("alice", &["a1"]), ("bob", &["b1"]), ("carol", &["c1"])];
    let begin = beginnings(&people, &Policy::default());
    let commands = [commands(&people), entrances(&people)].concat();
    let states = check("3 users × 1 device", begin, &commands, &PAIR_ENDS);
    assert!(states > 500, "the world is too small to be true: {states}");
}

#[test]
fn three_users_with_two_devices() {
    let people: [(&str, &[&str]); 3] = [
        ("alice", &["a1"]),
        ("bob", &["b1", "b2"]),
        ("carol", &["c1", "c2"]),
    ];
    let begin = beginnings(&people, &Policy::default());
    let states = check("3 users × 2 devices", begin, &commands(&people), &PAIR_ENDS);
    assert!(states > 1000, "the world is too small to be true: {states}");
}

#[test]
fn two_users_and_one_who_comes_later_or_is_fetched() {
    let people: [(&str, &[&str]); 3] = [("alice", &["a1"]), ("bob", &["b1"]), ("carol", &["c1"])];
    let begin = beginnings(&people[..2], &with_sfu());
    let commands = [commands(&people), entrances(&people), dealings(&people)].concat();
    let states = check("2 users and another", begin, &commands, &PAIR_ENDS);
    assert!(states > 1000, "the world is too small to be true: {states}");
}

#[test]
fn two_users_and_one_who_comes_along_and_all_are_asked_to_be_recorded() {
    let people: [(&str, &[&str]); 3] = [("alice", &["a1"]), ("bob", &["b1"]), ("carol", &["c1"])];
    let begin = beginnings(&people[..2], &asking());
    let commands = [commands(&people), entrances(&people), recordings(&people)].concat();
    let states = check("recorded, asked", begin, &commands, &PAIR_ENDS);
    assert!(states > 5000, "the world is too small to be true: {states}");
}

#[test]
fn three_users_who_are_told_that_they_are_recorded() {
    let people: [(&str, &[&str]); 3] = [("alice", &["a1"]), ("bob", &["b1"]), ("carol", &["c1"])];
    let begin = beginnings(&people, &telling());
    let commands = [commands(&people), entrances(&people), recordings(&people)].concat();
    let states = check("recorded, told", begin, &commands, &PAIR_ENDS);
    assert!(states > 1000, "the world is too small to be true: {states}");
}
