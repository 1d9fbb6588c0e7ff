//! What holds of every call, whatever happened.

use std::collections::BTreeSet;
use std::time::Duration;

use call_domain::{
    Address, Call, CallState, Command, Consent, ConsentState, EndNotice, EndReason, Event,
    LeaveReason, Notice, Participant, ParticipantStatus, Recipients, Recording, RecordingConsent,
    RecordingFault, Role, SfuRoomId, Step, Timestamp, Topology, TopologyPolicy, UserId,
};

use crate::model::Cut;

/// Checks one step: the call that it made, and what it did to get there.
pub(crate) fn check_step(before: Option<&Call>, step: &Step) {
    check_call(&step.call);
    check_seats(before, &step.call);
    match before {
        Some(before) if step.events.is_empty() => {
            assert_eq!(&step.call, before, "a change without an event");
            assert_eq!(step.effects, [], "an effect without a change");
            return;
        }
        Some(before) => {
            assert!(!before.is_ended(), "an ended call changed");
            assert_eq!(step.call.version(), before.version() + 1);
            for participant in before.participants() {
                check_progress(participant, step);
            }
            check_way(before, step);
            check_recording(before, step);
        }
        None => assert_eq!(step.call.version(), 1),
    }
    let ends = step.events.iter().filter(|e| e.name() == "ended").count();
    assert_eq!(ends, usize::from(step.call.is_ended()));
    check_told(before, step);
}

fn check_call(call: &Call) {
    check_topology(call);
    assert_eq!(call.parts().group, call.participants().len() > 2);
    let stored = Call::from_parts(call.parts().clone());
    assert_eq!(stored.as_ref(), Ok(call), "its own data must make the call");
    for participant in call.participants() {
        let selected = participant.legs.iter().filter(|l| l.state.is_selected());
        assert!(selected.count() <= 1, "two devices took the call");
        assert_eq!(
            participant.selected_device().is_some(),
            participant.is_present()
        );
        assert!(participant.hand_raised_at.is_none() || participant.is_present());
        let removed = participant.status() == ParticipantStatus::Removed;
        assert!(!removed || participant.role != Role::Moderator);
    }
    if call.is_ended() {
        assert_eq!(call.next_deadline(), None, "a deadline after the end");
        for participant in call.participants() {
            assert!(!participant.is_present() && !participant.is_ringing());
            assert!(
                participant.legs.iter().all(|leg| !leg.state.is_open()),
                "an open leg after the end"
            );
        }
    } else {
        assert!(call.next_deadline().is_some(), "nothing would ever end it");
        check_patience(call);
    }
}

/// Only two people in touch may go on until the longest time a call may last.
fn check_patience(call: &Call) {
    let in_touch = |p: &&Participant| p.status() == ParticipantStatus::Joined;
    if call.participants().iter().filter(in_touch).count() < 2 {
        let mut parts = call.parts().clone();
        parts.policy.max_duration = Duration::MAX;
        let unlimited = Call::from_parts(parts).expect("a call");
        let never = Timestamp::from_micros(i64::MAX);
        assert_ne!(unlimited.next_deadline(), Some(never), "{call:?}");
    }
}

fn check_progress(before: &Participant, step: &Step) {
    use ParticipantStatus::{
        Accepted, Alerting, Busy, Cancelled, Declined, Failed, Invited, Joined, Left, Missed,
        Reconnecting, Removed, Unreachable,
    };
    let after = (step.call.participant(&before.user_id)).expect("nobody vanishes");
    let happened = |name: &str| {
        let mut events = step.events.iter();
        events.any(|e| e.name() == name && e.user() == Some(&before.user_id))
    };
    let (added, entered) = (happened("added"), happened("entered"));
    if !added && !entered {
        for leg in &before.legs {
            assert!(after.leg(&leg.device).is_some(), "a leg vanished");
        }
        if before.joined_at().is_some() {
            assert_eq!(after.joined_at(), before.joined_at(), "a join is forgotten");
        }
    }
    let (from, to) = (before.status(), after.status());
    let legal = match from {
        Invited => to != Left && to != Joined && to != Reconnecting,
        Alerting => to != Left && to != Joined && to != Reconnecting && to != Invited,
        Accepted => matches!(to, Accepted | Joined | Left | Removed | Failed),
        Joined | Reconnecting => match to {
            Joined | Reconnecting | Left | Removed => true,
            // With another device.
            to => to == Accepted && entered,
        },
        // An invitee may think better of it while a group call goes on.
        Declined | Busy | Missed | Unreachable => {
            to == from || to == Accepted || (added && matches!(to, Invited | Busy))
        }
        Left | Cancelled | Failed => {
            to == from || (to == Accepted && entered) || (added && matches!(to, Invited | Busy))
        }
        Removed => to == from || (added && matches!(to, Invited | Busy)),
    };
    assert!(legal, "{} went from {from} to {to}", before.user_id);
    let was_out = !before.is_present() && !before.is_ringing();
    if was_out && to != from {
        assert!(step.call.parts().group, "a call of two went on");
    }
    if !before.is_ringing() && after.is_ringing() {
        assert!(added, "it rings for {} all by itself", before.user_id);
    }
    if before.role != after.role {
        assert!(happened("role_changed") || happened("removed"));
        assert!(before.role != Role::Initiator && after.role != Role::Initiator);
    }
}

/// Media goes the way that the number of people asks for, and every change of it is an event.
fn check_way(before: &Call, step: &Step) {
    let (was, is) = (before.parts(), step.call.parts());
    let changes: Vec<_> = (step.events.iter())
        .filter_map(|event| match event {
            Event::TopologyChanged {
                topology,
                sfu_room_id,
            } => Some((*topology, *sfu_room_id)),
            _ => None,
        })
        .collect();
    if was.topology == is.topology {
        assert_eq!(was.sfu_room_id, is.sfu_room_id, "another room");
        assert_eq!(changes, []);
    } else {
        assert_eq!(changes, [(is.topology, is.sfu_room_id)]);
        assert!(step.effects.iter().any(|e| e.notice == Notice::Updated) || step.call.is_ended());
        let room = SfuRoomId::new(step.call.id(), step.call.version());
        let expected = (is.topology == Topology::Sfu).then_some(room);
        assert_eq!(is.sfu_room_id, expected);
    }
    if was.topology == Topology::Sfu && is.topology == Topology::P2p {
        assert_ne!(is.policy.topology, TopologyPolicy::Sfu, "back for good");
        let none = is.policy.topology == TopologyPolicy::P2p;
        let at_once = none || is.policy.p2p_return_after.is_zero();
        assert!(was.p2p_deadline.is_some() || at_once, "back too early");
    }
}

fn check_topology(call: &Call) {
    let parts = call.parts();
    let sfu = parts.topology == Topology::Sfu;
    assert_eq!(parts.sfu_room_id.is_some(), sfu, "a room, or none");
    if call.is_ended() {
        return;
    }
    let policy = &parts.policy;
    let people = call.devices().len();
    let recorded = call.recording().is_some();
    let enough = |from: u32| people >= usize::try_from(from.max(2)).unwrap();
    match policy.topology {
        TopologyPolicy::P2p => {
            let stranded = enough(policy.mesh_max + 1);
            assert!(!sfu || stranded, "there is no SFU");
            assert_eq!(parts.p2p_deadline, None);
            assert!(!recorded, "recorded without an SFU");
        }
        TopologyPolicy::Sfu => assert!(sfu || people < 2, "it goes without the SFU"),
        TopologyPolicy::Auto => {
            let many = enough(policy.sfu_from.min(policy.mesh_max + 1)) || (recorded && enough(2));
            assert!(sfu || !many, "{people} are too many for a mesh");
            let waits = sfu && !many && !recorded && people <= 2;
            assert_eq!(parts.p2p_deadline.is_some(), waits);
        }
    }
}

/// The recordings that a step stops, by whom, and why.
pub(crate) fn stops(step: &Step) -> Vec<Cut> {
    let stopped = step.events.iter().filter_map(|event| match event {
        Event::RecordingStopped {
            recording,
            by,
            cause,
        } => Some((*recording, by.clone(), *cause)),
        _ => None,
    });
    stopped.collect()
}

/// Who stops a recording is named, and nobody who did not; what the recorder says is its cause.
pub(crate) fn check_stop(command: &Command, step: &Step) {
    for (stopped, by, cause) in stops(step) {
        let ended = step.call.is_ended();
        match command {
            Command::StopRecording { by: who, .. } => {
                assert_eq!((by.as_ref(), cause), (Some(who), None));
            }
            Command::AbortRecording { id, cause: fault } if *id == stopped => {
                assert_eq!((by, cause), (None, Some(*fault)));
            }
            _ if ended => assert_eq!((by, cause), (None, None)),
            // Whatever it was: there is no SFU any more.
            _ => assert_eq!((by, cause), (None, Some(RecordingFault::SfuUnavailable))),
        }
    }
}

/// Every change of the recording is told, and nobody is taken to have said yes.
fn check_recording(before: &Call, step: &Step) {
    let (was, is) = (before.recording(), step.call.recording());
    let started: Vec<_> = (step.events.iter())
        .filter_map(|event| match event {
            Event::RecordingStarted { recording, by, .. } => Some((*recording, by.clone())),
            _ => None,
        })
        .collect();
    let stopped: Vec<_> = stops(step).into_iter().map(|(id, ..)| id).collect();
    let begins = is.filter(|r| was.is_none_or(|was| was.id != r.id));
    let begun: Vec<_> = begins
        .map(|r| (r.id, r.started_by.clone()))
        .into_iter()
        .collect();
    assert_eq!(started, begun);
    let ends = was.filter(|r| is.is_none_or(|is| is.id != r.id));
    assert_eq!(stopped, ends.map(|r| r.id).into_iter().collect::<Vec<_>>());
    let had = before.parts().was_recorded;
    assert_eq!(step.call.parts().was_recorded, had || !stopped.is_empty());
    if !step.call.is_ended() {
        let told: Vec<_> = (step.effects.iter())
            .filter_map(|effect| match &effect.notice {
                Notice::RecordingChanged { stopped } => Some(stopped),
                _ => None,
            })
            .collect();
        assert_eq!(told.len(), usize::from(was != is));
        let told = told.into_iter().flatten();
        let told: Vec<_> = told.map(|s| (s.id, s.by.clone(), s.cause)).collect();
        assert_eq!(told, stops(step), "how it stopped is told");
    }
    if let Some(recording) = is {
        for consent in &recording.consents {
            check_consent(
                was.filter(|was| was.id == recording.id),
                recording,
                consent,
                step,
            );
        }
        let kept = was
            .filter(|was| was.id == recording.id)
            .map(|was| &was.consents);
        for consent in kept.into_iter().flatten() {
            assert!(
                recording.consent_of(&consent.user).is_some(),
                "an answer is forgotten"
            );
        }
    }
}

fn check_consent(was: Option<&Recording>, is: &Recording, consent: &Consent, step: &Step) {
    assert_eq!(is.consent, RecordingConsent::Ask);
    let user = &consent.user;
    let given = matches!(consent.state, ConsentState::Given { .. });
    assert_eq!(is.may_record(user), given);
    let said = step.events.iter().find_map(|event| match event {
        Event::RecordingConsent {
            user: who, given, ..
        } if who == user => Some(*given),
        _ => None,
    });
    let before = was.and_then(|was| was.consent_of(user));
    match (before, consent.state) {
        (Some(before), now) if before == now => assert_eq!(said, None),
        (_, ConsentState::Asked) => assert_eq!(before, None, "{user} is asked again"),
        // Whoever starts a recording.
        (None, ConsentState::Given { .. }) => assert_eq!(is.started_by.as_ref(), Some(user)),
        (_, ConsentState::Given { .. }) => assert_eq!(said, Some(true)),
        (_, ConsentState::Refused { .. }) => assert_eq!(said, Some(false)),
    }
}

/// Nobody is let in beyond the seats; whoever is in when these become fewer stays.
fn check_seats(before: Option<&Call>, call: &Call) {
    let seated = |call: &Call| {
        let people = call.participants().iter();
        people.filter(|p| p.is_present() || p.is_ringing()).count()
    };
    let seats = usize::try_from(call.parts().policy.seats()).unwrap();
    assert!(seated(call) <= seats.max(before.map_or(0, seated)));
}

/// Every device in the call hears of every version; whoever rang hears of the end.
fn check_told(before: Option<&Call>, step: &Step) {
    let mut told: BTreeSet<&Address> = BTreeSet::new();
    for effect in &step.effects {
        if let Recipients::Devices(devices) = &effect.to {
            told.extend(devices);
        }
    }
    let was_in = before.map(Call::devices).unwrap_or_default();
    for address in was_in.iter().chain(&step.call.devices()) {
        assert!(told.contains(address), "{address:?} sees a gap");
    }
    let personally = |user: &UserId, notice: Notice| {
        step.effects.iter().any(|effect| {
            let to = Recipients::User {
                user: user.clone(),
                except: None,
            };
            effect.to == to && effect.notice == notice
        })
    };
    if !step.call.is_ended() {
        for event in &step.events {
            if let Event::Invited { user } = event {
                assert!(personally(user, Notice::Incoming), "{user} does not ring");
            }
            if let Event::Removed { user, .. } = event {
                let was_present = before.is_some_and(|call| call.is_present(user));
                let reason = if was_present {
                    EndNotice::Removed
                } else {
                    EndNotice::Call(EndReason::Cancelled)
                };
                assert!(personally(user, Notice::Ended { reason }));
            }
        }
    }
    if let Some(reason) = step.call.end_reason() {
        let notice = Notice::Ended {
            reason: EndNotice::Call(reason),
        };
        for participant in before.map(Call::participants).unwrap_or_default() {
            let told = step.effects.iter().any(|effect| {
                effect.notice == notice
                    && match &effect.to {
                        Recipients::Devices(devices) => {
                            devices.iter().any(|d| d.user == participant.user_id)
                        }
                        Recipients::User { user, except } => {
                            *user == participant.user_id && except.is_none()
                        }
                    }
            });
            let concerned = participant.is_ringing() || participant.is_present();
            assert_eq!(told, concerned, "{}", participant.user_id);
        }
    }
}

/// Checks that the end of a call follows from what happened before.
pub(crate) fn check_log(call: &Call, log: &[Event]) {
    let count = |name: &str| log.iter().filter(|e| e.name() == name).count();
    let running = count("recording_started") - count("recording_stopped");
    assert_eq!(running, usize::from(call.recording().is_some()));
    let CallState::Ended { reason, by, .. } = &call.parts().state else {
        assert!(log.iter().all(|e| e.name() != "ended"));
        return;
    };
    let (last, past) = log.split_last().expect("an end is logged");
    let (reason, by) = (*reason, by.clone());
    assert_eq!(*last, Event::Ended { reason, by });
    let has = |name: &str| past.iter().any(|e| e.name() == name);
    let left = |why: LeaveReason| {
        let departed = |e: &&Event| matches!(e, Event::Left { reason, .. } if *reason == why);
        past.iter().rev().find(departed).is_some()
    };
    let by_initiator = call.ended_by() == Some(call.initiator_id());
    let by_callee = call.ended_by().is_some() && !by_initiator;
    let group = call.parts().group;
    let answered = past.iter().any(|event| match event {
        Event::Answered { .. } => true,
        // The initiator may have moved to another device.
        Event::Entered { user, .. } => user != call.initiator_id(),
        _ => false,
    });
    let nobody_took_it = group && !answered && call.ended_by().is_none();
    // How it ended for the invitees: before that they may have been called more than once.
    let any = |status: ParticipantStatus| call.participants().iter().any(|p| p.status() == status);
    let (declined, busy) = (
        any(ParticipantStatus::Declined),
        any(ParticipantStatus::Busy),
    );
    let missed = any(ParticipantStatus::Missed);
    let follows = match reason {
        EndReason::Completed => has("started") || has("alone"),
        EndReason::Cancelled => by_initiator && !has("started"),
        EndReason::Declined => !has("started") && (by_callee || (nobody_took_it && declined)),
        EndReason::NoAnswer => !answered && missed && !declined && !busy,
        EndReason::Busy => !answered && busy && !declined,
        EndReason::Unreachable => !answered && any(ParticipantStatus::Unreachable) && !missed,
        EndReason::CallerLost => !answered && left(LeaveReason::from(reason)),
        EndReason::ConnectFailed => answered && left(LeaveReason::ConnectFailed),
        EndReason::ConnectionLost => has("joined") && left(LeaveReason::ConnectionLost),
        EndReason::EndedByModerator => call.ended_by().is_some(),
        EndReason::MaxDuration => {
            let parts = call.parts();
            call.ended_at() >= Some(parts.created_at + parts.policy.max_duration)
        }
        EndReason::Transferred | EndReason::Replaced | EndReason::ServerError => false,
    };
    assert!(follows, "{reason} does not follow from {past:#?}");
}
