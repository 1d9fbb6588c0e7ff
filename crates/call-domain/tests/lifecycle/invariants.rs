//! What holds of every call, whatever happened.

use std::collections::BTreeSet;
use std::time::Duration;

use call_domain::{
    Address, Call, CallState, EndNotice, EndReason, Event, LeaveReason, Notice, Participant,
    ParticipantStatus, Recipients, Step, Timestamp,
};

/// Checks one step: the call that it made, and what it did to get there.
pub(crate) fn check_step(before: Option<&Call>, step: &Step) {
    check_call(&step.call);
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
                check_progress(participant, &step.call);
            }
        }
        None => assert_eq!(step.call.version(), 1),
    }
    let ends = step.events.iter().filter(|e| e.name() == "ended").count();
    assert_eq!(ends, usize::from(step.call.is_ended()));
    check_told(before, step);
}

fn check_call(call: &Call) {
    let stored = Call::from_parts(call.parts().clone());
    assert_eq!(stored.as_ref(), Ok(call), "its own data must make the call");
    for participant in call.participants() {
        let selected = participant.legs.iter().filter(|l| l.state.is_selected());
        assert!(selected.count() <= 1, "two devices took the call");
        assert_eq!(
            participant.selected_device().is_some(),
            participant.is_present()
        );
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

fn check_progress(before: &Participant, call: &Call) {
    use ParticipantStatus::{
        Accepted, Alerting, Busy, Cancelled, Declined, Failed, Invited, Joined, Left, Missed,
        Reconnecting, Removed, Unreachable,
    };
    let after = call.participant(&before.user_id).expect("nobody vanishes");
    for leg in &before.legs {
        assert!(after.leg(&leg.device).is_some(), "a leg vanished");
    }
    if before.joined_at().is_some() {
        assert_eq!(after.joined_at(), before.joined_at(), "a join is forgotten");
    }
    let (from, to) = (before.status(), after.status());
    let legal = match from {
        Invited => to != Left && to != Joined && to != Reconnecting,
        Alerting => to != Left && to != Joined && to != Reconnecting && to != Invited,
        Accepted => matches!(to, Accepted | Joined | Left | Removed | Failed),
        Joined | Reconnecting => matches!(to, Joined | Reconnecting | Left | Removed),
        // An invitee may think better of it while a group call goes on.
        Declined | Busy | Missed | Unreachable => to == from || to == Accepted,
        Left | Cancelled | Removed | Failed => to == from,
    };
    assert!(legal, "{} went from {from} to {to}", before.user_id);
    if matches!(from, Declined | Busy | Missed | Unreachable) && to != from {
        assert!(call.parts().group, "a call of two went on");
    }
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
    let nobody_took_it = group && !has("answered") && call.ended_by().is_none();
    let follows = match reason {
        EndReason::Completed => has("started") || has("alone"),
        EndReason::Cancelled => by_initiator && !has("started"),
        EndReason::Declined => {
            !has("started") && (by_callee || (nobody_took_it && has("declined")))
        }
        EndReason::NoAnswer => {
            !has("answered") && has("missed") && !has("declined") && !has("busy")
        }
        EndReason::Busy => !has("answered") && has("busy") && !has("declined"),
        EndReason::Unreachable => !has("answered") && has("unreachable") && !has("missed"),
        EndReason::CallerLost => !has("answered") && left(LeaveReason::from(reason)),
        EndReason::ConnectFailed => has("answered") && left(LeaveReason::ConnectFailed),
        EndReason::ConnectionLost => has("joined") && left(LeaveReason::ConnectionLost),
        EndReason::EndedByModerator => by_callee,
        EndReason::MaxDuration => {
            let parts = call.parts();
            call.ended_at() >= Some(parts.created_at + parts.policy.max_duration)
        }
        EndReason::Transferred | EndReason::Replaced | EndReason::ServerError => false,
    };
    assert!(follows, "{reason} does not follow from {past:#?}");
}
