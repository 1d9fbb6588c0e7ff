use super::*;

fn address(user: &str, device: &str) -> Address {
    Address {
        user: user.parse().unwrap(),
        device: device.parse().unwrap(),
    }
}

fn hub() -> Hub {
    Hub::new(HubLimits::default())
}

/// Registers and passes `session:ready`, as a socket does.
fn live(hub: &Hub, user: &str, device: &str) -> Registration {
    let registration = hub.register(&address(user, device), None);
    registration.outbox.uncork("ready".into());
    registration.outbox.resumed();
    assert_eq!(
        registration.outbox.try_next(),
        Some(Outgoing::Text("ready".into()))
    );
    registration
}

/// All that waits.
fn waiting(outbox: &Outbox) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(Outgoing::Text(frame)) = outbox.try_next() {
        texts.push(frame.to_string());
    }
    texts
}

fn frame(bytes: usize) -> Frame {
    "x".repeat(bytes).into()
}

#[test]
fn frames_arrive_in_order_and_only_where_they_were_sent() {
    let hub = hub();
    let (a1, a2, bob) = (
        live(&hub, "a", "1"),
        live(&hub, "a", "2"),
        live(&hub, "b", "1"),
    );
    for n in 0..100 {
        assert_eq!(
            hub.send(&address("a", "1"), n.to_string().into()),
            Delivery::Sent
        );
    }
    let expected: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(waiting(&a1.outbox), expected);
    assert!(waiting(&a2.outbox).is_empty() && waiting(&bob.outbox).is_empty());
}

#[test]
fn a_user_is_told_on_every_device_but_one() {
    let hub = hub();
    let (a1, a2) = (live(&hub, "a", "1"), live(&hub, "a", "2"));
    let (a, one) = (address("a", "1").user, address("a", "1").device);
    assert_eq!(hub.send_user(&a, None, &"all".into()), 2);
    assert_eq!(hub.send_user(&a, Some(&one), &"others".into()), 1);
    assert_eq!(
        hub.send_user(&address("nobody", "1").user, None, &"x".into()),
        0
    );
    assert_eq!(waiting(&a1.outbox), ["all"]);
    assert_eq!(waiting(&a2.outbox), ["all", "others"]);
}

#[test]
fn ready_comes_before_all_that_was_sent_meanwhile() {
    let hub = hub();
    let a = hub.register(&address("a", "1"), None);
    assert_eq!(hub.send(&address("a", "1"), "event".into()), Delivery::Sent);
    assert_eq!(a.outbox.try_next(), None);
    a.outbox.uncork("ready".into());
    assert_eq!(waiting(&a.outbox), ["ready", "event"]);
}

#[test]
fn message_257_closes_the_slow_reader_and_nobody_else() {
    let hub = hub();
    let (slow, quick) = (live(&hub, "slow", "1"), live(&hub, "quick", "1"));
    for _ in 0..256 {
        assert_eq!(hub.send(&address("slow", "1"), frame(1)), Delivery::Sent);
        assert_eq!(hub.send(&address("quick", "1"), frame(1)), Delivery::Sent);
        assert_eq!(waiting(&quick.outbox).len(), 1);
    }
    assert_eq!(
        hub.send(&address("slow", "1"), frame(1)),
        Delivery::Overflowed
    );
    assert_eq!(slow.outbox.closed(), Some(CloseCode::SlowReader));
    assert_eq!(
        slow.outbox.try_next(),
        Some(Outgoing::Close(CloseCode::SlowReader))
    );
    assert_eq!(
        hub.send(&address("slow", "1"), frame(1)),
        Delivery::NotConnected
    );
    assert!(!hub.is_connected(&address("slow", "1")));
    assert!(hub.devices_of(&address("slow", "1").user).is_empty());
    assert_eq!(hub.send(&address("quick", "1"), frame(1)), Delivery::Sent);
}

#[test]
fn bytes_are_limited_too_but_one_large_frame_is_no_slow_reader() {
    let hub = hub();
    let a = live(&hub, "a", "1");
    let to = address("a", "1");
    assert_eq!(hub.send(&to, frame(300 * 1024)), Delivery::Sent);
    assert_eq!(waiting(&a.outbox).len(), 1);
    assert_eq!(hub.send(&to, frame(128 * 1024)), Delivery::Sent);
    assert_eq!(hub.send(&to, frame(128 * 1024)), Delivery::Sent);
    assert_eq!(hub.send(&to, frame(1)), Delivery::Overflowed);
}

#[test]
fn what_is_resumed_does_not_count_but_is_bounded() {
    let hub = hub();
    let a = hub.register(&address("a", "1"), None);
    let to = address("a", "1");
    a.outbox.uncork("ready".into());
    for _ in 0..1_000 {
        assert_eq!(hub.send(&to, frame(1)), Delivery::Sent);
    }
    a.outbox.resumed();
    for _ in 0..256 {
        assert_eq!(hub.send(&to, frame(1)), Delivery::Sent);
    }
    // Reading what was resumed makes no room for more; reading beyond it does.
    for _ in 0..1_001 {
        assert!(a.outbox.try_next().is_some());
    }
    assert!(a.outbox.try_next().is_some());
    assert_eq!(hub.send(&to, frame(1)), Delivery::Sent);
    assert_eq!(hub.send(&to, frame(1)), Delivery::Overflowed);

    hub.register(&address("b", "1"), None);
    let sent = (0..10_000).take_while(|_| hub.send(&address("b", "1"), frame(1)) == Delivery::Sent);
    assert_eq!(sent.count(), HubLimits::default().resume_messages);
}

#[test]
fn the_newer_session_of_a_device_takes_over() {
    let hub = hub();
    let to = address("a", "1");
    let old = live(&hub, "a", "1");
    assert_eq!(hub.send(&to, "old".into()), Delivery::Sent);
    let new = hub.register(&to, None);
    assert!(new.replaced && !old.replaced && old.session != new.session);
    new.outbox.uncork("ready".into());
    assert_eq!(hub.send(&to, "new".into()), Delivery::Sent);
    assert_eq!(waiting(&old.outbox), ["old"]);
    assert_eq!(old.outbox.closed(), Some(CloseCode::Replaced));
    assert_eq!(waiting(&new.outbox), ["ready", "new"]);
    assert!(
        !hub.unregister(&to, old.session),
        "somebody else has the device now"
    );
    assert!(hub.is_connected(&to));
    assert!(hub.unregister(&to, new.session));
    assert!(!hub.is_connected(&to) && hub.online().is_empty());
}

#[test]
fn names_are_those_of_the_newest_token_that_had_one() {
    let hub = hub();
    hub.register(&address("a", "1"), Some("Alice"));
    hub.register(&address("a", "2"), None);
    let a = address("a", "1").user;
    assert_eq!(hub.name_of(&a).as_deref(), Some("Alice"));
    hub.register(&address("a", "2"), Some("Alicia"));
    assert_eq!(hub.online(), [(a.clone(), Some("Alicia".to_owned()))]);
    let mut devices = hub.devices_of(&a);
    devices.sort();
    assert_eq!(
        devices,
        [address("a", "1").device, address("a", "2").device]
    );
    assert_eq!(hub.name_of(&address("b", "1").user), None);
}

#[test]
fn a_broadcast_reaches_everybody() {
    let hub = hub();
    let all: Vec<_> = (0..200)
        .map(|n| live(&hub, &format!("u{n}"), "1"))
        .collect();
    hub.broadcast(&"news".into());
    assert!(all.iter().all(|one| waiting(&one.outbox) == ["news"]));
}

#[test]
fn draining_lets_out_what_waits_and_nobody_in() {
    let hub = hub();
    let a = live(&hub, "a", "1");
    hub.send(&address("a", "1"), "last".into());
    hub.close_all(CloseCode::GoingAway);
    assert_eq!(
        hub.send(&address("a", "1"), "late".into()),
        Delivery::NotConnected
    );
    assert_eq!(a.outbox.try_next(), Some(Outgoing::Text("last".into())));
    assert_eq!(
        a.outbox.try_next(),
        Some(Outgoing::Close(CloseCode::GoingAway))
    );
    let late = hub.register(&address("b", "1"), None);
    assert_eq!(late.outbox.closed(), Some(CloseCode::GoingAway));
    assert!(!hub.is_connected(&address("b", "1")));
}

#[test]
fn the_first_reason_to_close_stands() {
    let outbox = live(&hub(), "a", "1").outbox;
    outbox.close(CloseCode::Replaced);
    outbox.close(CloseCode::GoingAway);
    assert_eq!(outbox.closed(), Some(CloseCode::Replaced));
}

#[tokio::test]
async fn whoever_waits_is_woken() {
    let hub = hub();
    let a = live(&hub, "a", "1");
    let (next, ()) = tokio::join!(a.outbox.next(), async {
        hub.send(&address("a", "1"), "x".into());
    });
    assert_eq!(next, Outgoing::Text("x".into()));
    let (code, ()) = tokio::join!(a.outbox.closing(), async {
        hub.close_all(CloseCode::GoingAway);
    });
    assert_eq!(code, CloseCode::GoingAway);
}

#[tokio::test]
async fn drained_when_the_last_socket_is_gone() {
    let hub = hub();
    hub.drained().await;
    hub.counters().socket_opened();
    hub.counters().socket_opened();
    hub.socket_closed(CloseCode::Normal);
    tokio::join!(hub.drained(), async { hub.socket_closed(CloseCode::Lost) });
    let counts = hub.counts();
    assert_eq!(counts.sockets, 0);
    let closed = counts
        .closes
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(code, _)| *code);
    assert_eq!(
        closed.collect::<Vec<_>>(),
        [CloseCode::Normal, CloseCode::Lost]
    );
}
