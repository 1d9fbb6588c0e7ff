//! Each way that a call may go, as every device sees it.

use std::time::Duration;

use crate::support::{Phone, World, assert_gapless, config, kind, user};
use call_domain::{CallType, MediaChange, Policy, RejectReason};
use call_engine::{CommandError, InitiateError, Reader};

#[tokio::test]
async fn two_people_talk() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let mut tablet = world.phone("bob", "b2").await;
    for phone in [&mut alice, &mut bob, &mut tablet] {
        phone.drain();
    }

    let call = world.call(&alice, &["bob"]).await.call.id();
    assert_eq!(alice.told(), ["call:updated v1 created"]);
    assert_eq!(bob.told(), ["call:incoming v1"]);
    assert_eq!(tablet.told(), ["call:incoming v1"]);

    bob.alerting(&world, call).await.expect("alerting");
    tablet.alerting(&world, call).await.expect("alerting");
    assert_eq!(
        alice.told(),
        ["call:ringing v2 bob", "call:updated v3 ringing"]
    );

    world.take(&bob, call).await;
    assert_eq!(alice.told(), ["call:participant-joined v4 bob accepted"]);
    assert_eq!(bob.told(), ["call:participant-joined v4 bob accepted"]);
    assert_eq!(tablet.told(), ["call:ended v4 answered_elsewhere"]);

    alice.offer(&world, call, "bob").expect("relay");
    assert_eq!(bob.told(), ["call:offer v=0"]);
    bob.signal(&world, call, "alice", 1).expect("relay");
    assert_eq!(alice.told(), ["call:ice-candidate candidate:1"]);

    bob.connected(&world, call).await.expect("connected");
    alice.connected(&world, call).await.expect("connected");
    let expected = [
        "call:participant-joined v5 bob joined",
        "call:participant-joined v6 alice joined",
        "call:updated v6 active",
    ];
    assert_eq!(alice.told(), expected);
    assert_eq!(bob.told(), expected);

    let off = MediaChange {
        video: Some(false),
        ..MediaChange::default()
    };
    let view = world
        .engine
        .change_media(call, user("bob"), off)
        .await
        .expect("media");
    let wire = view.participant_to_wire(&user("bob")).expect("participant");
    assert!(wire.media.audio && !wire.media.video);
    assert_eq!(alice.told(), ["call:media-state-changed v7 bob"]);
    assert_eq!(bob.told(), ["call:media-state-changed v7 bob"]);

    world.clock.advance(Duration::from_secs(90));
    let ended = world
        .engine
        .end(call, user("alice"))
        .await
        .expect("end")
        .to_wire();
    assert_eq!(ended.duration_ms, Some(90_000));
    assert_eq!(alice.told(), ["call:ended v8 completed"]);
    assert_eq!(bob.told(), ["call:ended v8 completed"]);
    assert!(tablet.told().is_empty());
    assert_eq!(world.engine.live_calls(), 0);

    // Once more is no error and no news.
    world.engine.end(call, user("bob")).await.expect("end");
    assert!(alice.told().is_empty());
    let late = world
        .engine
        .answer(call, tablet.address.clone(), None)
        .await;
    assert!(matches!(late, Err(CommandError::Ended(_))), "{late:?}");
}

#[tokio::test]
async fn an_incoming_call_names_the_caller_and_the_call_names_the_called() {
    let world = World::new().await;
    let (alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let view = world.call(&alice, &["bob"]).await;
    let incoming = bob.wait_for("call:incoming").await;
    assert_eq!(incoming["from"]["userId"], "alice");
    assert_eq!(incoming["from"]["name"], "Name of alice");
    assert_eq!(
        view.to_wire().participants[1].name.as_deref(),
        Some("Name of bob")
    );
}

#[tokio::test]
async fn declining_ends_it_on_all_devices() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let mut tablet = world.phone("bob", "b2").await;
    let call = world.call(&alice, &["bob"]).await.call.id();
    for phone in [&mut alice, &mut bob, &mut tablet] {
        phone.drain();
    }
    world
        .engine
        .reject(call, user("bob"), RejectReason::Declined)
        .await
        .expect("reject");
    for phone in [&mut alice, &mut bob, &mut tablet] {
        assert_eq!(phone.told(), ["call:ended v2 declined"]);
    }
}

#[tokio::test]
async fn the_caller_gives_up_and_a_late_answer_comes_too_late() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    world.engine.end(call, user("alice")).await.expect("end");
    assert_eq!(alice.wait_for("call:ended").await["reason"], "cancelled");
    assert_eq!(bob.wait_for("call:ended").await["reason"], "cancelled");
    let late = world.engine.answer(call, bob.address.clone(), None).await;
    assert!(matches!(late, Err(CommandError::Ended(_))), "{late:?}");
    assert!(bob.told().is_empty());
}

#[tokio::test]
async fn a_moderator_ends_any_call() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    world
        .engine
        .end_by_moderator(call, user("mod"))
        .await
        .expect("end");
    for phone in [&mut alice, &mut bob] {
        let ended = phone.wait_for("call:ended").await;
        assert_eq!(
            (&ended["reason"], &ended["endedBy"]),
            (&"ended_by_moderator".into(), &"mod".into())
        );
    }
    let read = world.engine.call(call, &Reader::Admin).await.expect("read");
    assert!(read.call.is_ended());
}

#[tokio::test]
async fn nobody_answers() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    bob.alerting(&world, call).await.expect("alerting");
    world.clock.advance(Duration::from_millis(44_999));
    assert_eq!(world.end_reason(call).await, None);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(alice.wait_for("call:ended").await["reason"], "no_answer");
    let ended = bob.wait_for("call:ended").await;
    assert_eq!(ended["reason"], "no_answer");
    assert_eq!(ended["call"]["participants"][1]["status"], "missed");
    assert_eq!(world.engine.live_calls(), 0);
}

#[tokio::test]
async fn somebody_offline_is_unreachable_unless_a_device_comes_in_time() {
    let world = World::new().await;
    let mut alice = world.phone("alice", "a1").await;
    world.call(&alice, &["bob"]).await;
    world.clock.advance(Duration::from_secs(8));
    assert_eq!(alice.wait_for("call:ended").await["reason"], "unreachable");

    let call = world.call(&alice, &["bob"]).await.call.id();
    alice.drain();
    world.clock.advance(Duration::from_secs(7));
    let mut bob = Phone::off("bob", "b1");
    let calls = bob.connect(&world).await;
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (&calls[0]["id"], &calls[0]["version"]),
        (&call.to_string().into(), &2.into())
    );
    assert_eq!(bob.told(), ["session:ready", "call:incoming v2"]);
    assert_eq!(alice.told(), ["call:updated v2 created"]);

    world.clock.advance(Duration::from_secs(30));
    bob.alerting(&world, call).await.expect("still rings");
    assert_eq!(alice.told(), ["call:ringing v3 bob"]);
}

#[tokio::test]
async fn the_caller_is_lost_while_it_rings() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    alice.disconnect(&world).await;
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(bob.wait_for("call:ended").await["reason"], "caller_lost");
    assert_eq!(world.end_reason(call).await, Some("caller_lost"));
}

#[tokio::test]
async fn media_that_never_flows_ends_it() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    world.take(&bob, call).await;
    alice.connected(&world, call).await.expect("connected");
    world.clock.advance(Duration::from_secs(15));
    assert_eq!(
        alice.wait_for("call:ended").await["reason"],
        "connect_failed"
    );
    assert_eq!(bob.wait_for("call:ended").await["reason"], "connect_failed");
}

#[tokio::test]
async fn a_reload_never_ends_a_call_but_grace_does() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;

    alice.disconnect(&world).await;
    let updated = bob.wait_for("call:updated").await;
    assert_eq!(updated["call"]["participants"][0]["status"], "reconnecting");
    world.clock.advance(Duration::from_secs(29));
    let calls = alice.connect(&world).await;
    assert_eq!(calls[0]["participants"][0]["status"], "joined");
    let updated = bob.wait_for("call:updated").await;
    assert_eq!(updated["call"]["participants"][0]["status"], "joined");

    bob.disconnect(&world).await;
    world.clock.advance(Duration::from_secs(30));
    let ended = alice.wait_for("call:ended").await;
    assert_eq!(ended["reason"], "connection_lost");
    assert_eq!(ended["callId"], call.to_string());
}

#[tokio::test]
async fn a_newer_socket_of_the_same_device_is_no_loss() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    world.active_call(&mut alice, &mut bob).await;
    let mut again = Phone::off("alice", "a1");
    let calls = again.connect(&world).await;
    assert_eq!(calls[0]["status"], "active");
    // The old socket ends after the new one has begun.
    alice.disconnect(&world).await;
    assert!(bob.told().is_empty());
}

#[tokio::test]
async fn no_call_lasts_for_ever() {
    let policy = Policy {
        max_duration: Duration::from_mins(1),
        ..Policy::default()
    };
    let world = World::with(call_engine::EngineConfig { policy, ..config() }, |s| s).await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    world.active_call(&mut alice, &mut bob).await;
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(alice.wait_for("call:ended").await["reason"], "max_duration");
    assert_eq!(bob.wait_for("call:ended").await["reason"], "max_duration");
}

#[tokio::test]
async fn a_group_goes_on_without_those_who_leave_or_decline() {
    let world = World::new().await;
    let mut alice = world.phone("alice", "a1").await;
    let mut bob = world.phone("bob", "b1").await;
    let mut carol = world.phone("carol", "c1").await;
    let mut carols_tablet = world.phone("carol", "c2").await;
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    world.take(&bob, call).await;
    alice.connected(&world, call).await.expect("connected");
    bob.connected(&world, call).await.expect("connected");
    for phone in [&mut carol, &mut carols_tablet] {
        phone.drain();
    }

    world
        .engine
        .reject(call, user("carol"), RejectReason::Declined)
        .await
        .expect("reject");
    assert_eq!(carol.told(), ["call:ended v5 declined_elsewhere"]);
    assert_eq!(carols_tablet.told(), ["call:ended v5 declined_elsewhere"]);
    world.take(&carol, call).await;
    carol.connected(&world, call).await.expect("connected");

    world.engine.leave(call, user("bob")).await.expect("leave");
    assert_eq!(
        bob.told().last().map(String::as_str),
        Some("call:participant-left v8 bob left")
    );
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(alice.wait_for("call:ended").await["reason"], "completed");
    assert_eq!(world.end_reason(call).await, Some("completed"));
}

#[tokio::test]
async fn whoever_is_busy_is_not_rung() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let mut carol = world.phone("carol", "c1").await;
    world.active_call(&mut alice, &mut bob).await;
    let busy = world
        .initiate(&carol, &["bob"], CallType::Audio)
        .await
        .expect("initiate");
    assert_eq!(
        busy.call
            .to_wire()
            .end_reason
            .map(call_domain::EndReason::from),
        Some(call_domain::EndReason::Busy)
    );
    assert_eq!(carol.wait_for("call:ended").await["reason"], "busy");
    assert!(bob.told().is_empty());
    let second = world.initiate(&alice, &["carol"], CallType::Audio).await;
    assert!(
        matches!(second, Err(InitiateError::Refused(_))),
        "{second:?}"
    );
}

#[tokio::test]
async fn every_version_reaches_every_device_in_the_call() {
    let world = World::new().await;
    let mut alice = world.phone("alice", "a1").await;
    let mut bob = world.phone("bob", "b1").await;
    let mut carol = world.phone("carol", "c1").await;
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    let (engine, service) = (&world.engine, &world.service);
    let _ = service;
    bob.alerting(&world, call).await.expect("alerting");
    carol.alerting(&world, call).await.expect("alerting");
    world.take(&bob, call).await;
    world.take(&carol, call).await;
    let toggles = (0..20).map(|n| {
        let who = ["alice", "bob", "carol"][n % 3];
        let change = MediaChange {
            audio: Some(n / 3 % 2 == 1),
            ..MediaChange::default()
        };
        let engine = std::sync::Arc::clone(engine);
        tokio::spawn(async move { engine.change_media(call, user(who), change).await })
    });
    for toggle in toggles.collect::<Vec<_>>() {
        toggle.await.expect("task").expect("media");
    }
    engine.end(call, user("alice")).await.expect("end");
    for phone in [&mut alice, &mut bob, &mut carol] {
        let frames = phone.drain();
        let in_call: Vec<_> = frames
            .into_iter()
            .filter(|frame| kind(frame) != "call:incoming" && kind(frame) != "presence:changed")
            .collect();
        assert_gapless(&in_call, call);
        assert_eq!(in_call.last().map(kind), Some("call:ended"));
    }
}
