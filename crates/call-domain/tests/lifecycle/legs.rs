//! Where the devices of a participant stand.

use crate::fixture::*;

/// `device state`, one per leg, with the reason why it was closed.
fn legs(line: &Line, name: &str) -> Vec<String> {
    let participant = line.call.participant(&user(name)).unwrap();
    let legs = participant.legs.iter().map(|leg| {
        let state = match leg.state {
            call_domain::LegState::Closed { reason } => reason.as_str(),
            open => open.as_str(),
        };
        format!("{} {state}", leg.device)
    });
    legs.collect()
}

#[test]
fn from_offer_to_end() {
    let mut line = Line::pair().after([offer("b2"), alert("b1")]);
    assert_eq!(legs(&line, "bob"), ["b1 alerting", "b2 offered"]);
    line.apply(answer("b2"));
    assert_eq!(legs(&line, "bob"), ["b1 answered_elsewhere", "b2 selected"]);
    line.apply(connect("b2"));
    assert_eq!(
        legs(&line, "bob"),
        ["b1 answered_elsewhere", "b2 connected"]
    );
    line.apply(disconnect("b2"));
    assert_eq!(
        legs(&line, "bob"),
        ["b1 answered_elsewhere", "b2 reconnecting"]
    );
    line.apply(resume("b2"));
    line.apply(end("alice"));
    assert_eq!(legs(&line, "bob"), ["b1 answered_elsewhere", "b2 left"]);
    assert_eq!(legs(&line, "alice"), ["a1 left"]);
}

#[test]
fn an_answer_without_a_socket_waits_for_one() {
    let mut line = Line::pair().after([answer_offline("b3")]);
    assert_eq!(
        legs(&line, "bob"),
        ["b1 answered_elsewhere", "b3 reconnecting"]
    );
    line.apply(resume("b3"));
    assert_eq!(legs(&line, "bob"), ["b1 answered_elsewhere", "b3 selected"]);
}

#[test]
fn why_legs_close() {
    let ringing = || Line::pair().after([offer("b2"), alert("b1")]);
    let declined = ringing().after([reject("bob")]);
    assert_eq!(
        legs(&declined, "bob"),
        ["b1 declined_elsewhere", "b2 declined_elsewhere"]
    );
    let cancelled = ringing().after([end("alice")]);
    assert_eq!(
        legs(&cancelled, "bob"),
        ["b1 not_answered", "b2 not_answered"]
    );
    let mut missed = ringing();
    missed.expire_next();
    assert_eq!(legs(&missed, "bob"), legs(&cancelled, "bob"));
    let mut lost = Line::talking_pair().after([disconnect("b1")]);
    lost.expire_next();
    assert_eq!(legs(&lost, "bob"), ["b1 lost"]);
    assert_eq!(legs(&lost, "alice"), ["a1 left"]);
    let left = Line::group().after([answer("b1"), leave("bob")]);
    assert_eq!(legs(&left, "bob"), ["b1 left"]);
}

#[test]
fn a_second_thought_takes_up_a_closed_leg() {
    let line = Line::group().after([answer("c1"), reject("bob"), answer("b1")]);
    assert_eq!(legs(&line, "bob"), ["b1 selected"]);
}
