//! Whether a call may begin, and how it does.

use call_domain::{
    BusyPolicy, Call, CallStatus, EndReason, Event, LegState, MediaState, Notice,
    ParticipantStatus, PlaceRequest, Placement, PlacementRefusal, Policy, Recipients, Step, place,
};

use crate::fixture::*;

fn placed(wish: PlaceRequest, live: &[Call]) -> Step {
    match place(wish, &Policy::default(), live, T0) {
        Ok(Placement::New(step)) => step,
        other => panic!("no new call: {other:?}"),
    }
}

fn refused(wish: PlaceRequest, live: &[Call]) -> PlacementRefusal {
    place(wish, &Policy::default(), live, T0).unwrap_err()
}

/// A wish of carol's, from `c1`.
fn carols(callees: &[&str]) -> PlaceRequest {
    let mut wish = request(callees);
    wish.id = call_id(7);
    wish.initiator_id = user("carol");
    wish.device = device("c1");
    wish
}

#[test]
fn a_new_call_rings_every_device_that_is_online() {
    let mut wish = request(&[]);
    wish.invitees = vec![invitee("bob", &["b1", "b2", "b1"]), invitee("carol", &[])];
    let step = placed(wish, &[]);
    assert_eq!(step.call.version(), 1);
    assert_eq!(step.call.status(), CallStatus::Created);
    let names: Vec<_> = step.events.iter().map(Event::name).collect();
    assert_eq!(
        names,
        ["created", "invited", "offered", "offered", "invited"]
    );
    for name in ["bob", "carol"] {
        let user = user(name);
        let to = Recipients::User { user, except: None };
        assert!(
            step.effects
                .iter()
                .any(|e| e.to == to && e.notice == Notice::Incoming)
        );
    }
    let bob = step.call.participant(&user("bob")).unwrap();
    assert_eq!(bob.legs.len(), 2);
    assert!(bob.legs.iter().all(|leg| leg.state == LegState::Offered));
    // Nobody knows a device of carol's: the search ends before the ringing does.
    assert_eq!(
        step.call.next_deadline(),
        Some(T0 + Policy::default().unreachable_timeout)
    );
}

#[test]
fn the_caller_is_in_the_call_at_once() {
    let step = placed(request(&["bob"]), &[]);
    let alice = step.call.participant(&user("alice")).unwrap();
    assert_eq!(alice.status(), ParticipantStatus::Accepted);
    assert_eq!(alice.selected_device(), Some(&device("a1")));
    assert_eq!(
        alice.media,
        MediaState {
            audio: true,
            video: true,
            screen: false
        }
    );
}

#[test]
fn a_caller_without_a_socket_must_open_one() {
    let mut wish = request(&["bob"]);
    wish.online = false;
    let mut line = Line::from(placed(wish, &[]));
    let mut lost = line.clone();
    lost.expire_next();
    assert_eq!(lost.call.end_reason(), Some(EndReason::CallerLost));
    line.apply(resume("a1"));
    assert_eq!(
        line.call.next_deadline(),
        Some(T0 + Policy::default().ring_timeout)
    );
}

#[test]
fn impossible_wishes_are_refused() {
    assert_eq!(refused(request(&[]), &[]), PlacementRefusal::NobodyCalled);
    assert_eq!(
        refused(request(&["bob", "alice"]), &[]),
        PlacementRefusal::SelfCalled
    );
    assert_eq!(
        refused(request(&["bob", "carol", "bob"]), &[]),
        PlacementRefusal::CalledTwice
    );
}

#[test]
fn a_mesh_has_its_limit() {
    let most = ["bob", "carol", "dave", "erin"];
    let step = placed(request(&most), &[]);
    assert_eq!(step.call.participants().len(), 5);
    assert!(step.call.parts().group);
    let more = ["bob", "carol", "dave", "erin", "frank"];
    assert_eq!(
        refused(request(&more), &[]),
        PlacementRefusal::TooManyParticipants { max: 5 }
    );
}

#[test]
fn with_an_sfu_more_people_may_be_called() {
    let names: Vec<String> = (1..50).map(|n| format!("user-{n}")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wish = |names: &[&str]| place(request(names), &with_sfu(), &[], T0);
    let Ok(Placement::New(step)) = wish(&names) else {
        panic!("refused");
    };
    assert_eq!(step.call.participants().len(), 50);
    names.push("user-50");
    let max = PlacementRefusal::TooManyParticipants { max: 50 };
    assert_eq!(wish(&names), Err(max));
}

#[test]
fn offered_devices_have_their_limit() {
    let devices: Vec<String> = (0..100).map(|n| format!("b{n}")).collect();
    let devices: Vec<&str> = devices.iter().map(String::as_str).collect();
    let mut wish = request(&[]);
    wish.invitees = vec![invitee("bob", &devices)];
    let mut line = Line::from(placed(wish, &[]));
    let count = |line: &Line| line.call.participant(&user("bob")).unwrap().legs.len();
    assert_eq!(count(&line), call_domain::Leg::MAX_OFFERED);
    line.ignores(offer("b99"));
    line.ignores(alert("b99"));
    // The limit is no reason to refuse an answer.
    line.apply(answer("b99"));
    assert_eq!(line.status("bob"), ParticipantStatus::Accepted);
}

#[test]
fn a_device_is_in_one_call_at_a_time() {
    let live = Line::talking_pair().call;
    let already = PlacementRefusal::AlreadyInCall { call: live.id() };
    assert_eq!(
        refused(request(&["carol"]), std::slice::from_ref(&live)),
        already
    );
    // So is one whose own call still rings, or whose connection is lost.
    let ringing = Line::pair().call;
    assert_eq!(
        refused(request(&["carol"]), std::slice::from_ref(&ringing)),
        already
    );
    let lost = Line::talking_pair().after([disconnect("a1")]).call;
    assert_eq!(
        refused(request(&["carol"]), std::slice::from_ref(&lost)),
        already
    );
    // Another device of the same user is free, and so is one that merely rings.
    let mut wish = request(&["carol"]);
    wish.device = device("a2");
    assert_eq!(
        placed(wish, std::slice::from_ref(&live)).call.status(),
        CallStatus::Created
    );
    let mut wish = request(&["carol"]);
    wish.initiator_id = user("bob");
    wish.device = device("b1");
    assert_eq!(placed(wish, &[ringing]).call.status(), CallStatus::Created);
}

#[test]
fn an_ended_call_occupies_nobody() {
    let over = Line::talking_pair().after([end("bob")]).call;
    let step = placed(request(&["bob"]), &[over]);
    assert_eq!(step.call.status(), CallStatus::Created);
}

#[test]
fn being_rung_is_not_busy_but_calling_is() {
    let ringing = Line::pair().call;
    let step = placed(carols(&["bob"]), std::slice::from_ref(&ringing));
    assert_eq!(step.call.status(), CallStatus::Created);
    let step = placed(carols(&["alice"]), &[ringing]);
    assert_eq!(step.call.end_reason(), Some(EndReason::Busy));
}

#[test]
fn a_group_rings_those_who_are_free() {
    let live = Line::talking_pair().call;
    let step = placed(carols(&["bob", "dave"]), std::slice::from_ref(&live));
    assert_eq!(step.call.status(), CallStatus::Created);
    let mut call = Line::from(step);
    assert_eq!(call.status("bob"), ParticipantStatus::Busy);
    assert_eq!(call.status("dave"), ParticipantStatus::Invited);
    // bob has hung up elsewhere, and comes after all.
    call.apply(answer("b1"));
    assert_eq!(call.status("bob"), ParticipantStatus::Accepted);

    let step = placed(carols(&["bob", "alice"]), &[live]);
    assert_eq!(step.call.end_reason(), Some(EndReason::Busy));
    assert!(step.effects.iter().all(|e| e.notice != Notice::Incoming));
}

#[test]
fn an_answered_or_a_group_call_is_no_glare() {
    // bob calls alice, while alice's call to bob is answered already.
    let answered = Line::pair().after([answer("b1")]).call;
    let mut wish = request(&["alice"]);
    wish.initiator_id = user("bob");
    wish.device = device("b2");
    wish.id = call_id(2);
    let step = placed(wish.clone(), &[answered]);
    assert_eq!(step.call.end_reason(), Some(EndReason::Busy));
    // alice calls bob and carol, bob calls alice.
    let group = Line::group().call;
    let policy = Policy {
        busy: BusyPolicy::Waiting,
        ..Policy::default()
    };
    let placed = place(wish, &policy, &[group], T0);
    assert!(matches!(placed, Ok(Placement::New(_))), "{placed:?}");
}

#[test]
fn one_call_is_no_glare_with_itself() {
    // alice's other device calls bob once more, while the first call rings.
    let ringing = Line::pair().call;
    let mut wish = request(&["bob"]);
    wish.id = call_id(2);
    wish.device = device("a2");
    let step = placed(wish, &[ringing]);
    assert_eq!(step.call.id(), call_id(2));
}
