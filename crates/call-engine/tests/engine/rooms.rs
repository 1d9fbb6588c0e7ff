//! Devices in a room: what they are offered, and what they are owed after a reconnect or a restart.

use std::sync::Arc;
use std::time::Duration;

use call_media::sfu::{
    Event, Layer, PausedReason, Refusal, RoomId, SessionId, Source, StreamState, WantedLayer,
};
use call_signal::wire::MediaCommand;
use serde_json::{Value, json};

use crate::support::plane::{FakePlane, of, world_with};
use crate::support::{Phone, World, kind, user};

fn of_kind(frames: &[Value], wanted: &str) -> Vec<Value> {
    let frames = frames.iter().filter(|frame| kind(frame) == wanted);
    frames.cloned().collect()
}

fn offers(phone: &mut Phone) -> Vec<String> {
    let offers = of_kind(&phone.drain(), "media:offer");
    let sdp = |offer: &Value| offer["sdp"].as_str().expect("sdp").to_owned();
    offers.iter().map(sdp).collect()
}

#[tokio::test]
async fn an_offer_goes_to_the_device_it_is_for() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let mut tablet = world.phone("bob", "b2").await;
    let (call, [mut alice, mut bob, _]) = world.three_in_a_room().await;
    tablet.drain();
    let room = world.room(call).await;
    world.offers(&room, &bob, "s1", 1);
    let told = bob.wait_for("media:offer").await;
    let expected = json!({
        "type": "media:offer", "callId": call.to_string(), "session": "s1", "revision": 1,
        "sdp": "v=0 s1/1",
        "publish": {"audio": "a", "video": "v", "screen": "s", "screenAudio": "sa"},
        "tracks": [{"mid": "0", "userId": "zoe", "source": "screenAudio"}],
    });
    assert_eq!(told, expected);
    assert!(offers(&mut alice).is_empty());
    assert!(offers(&mut tablet).is_empty());
}

#[tokio::test]
async fn an_offer_is_owed_until_it_is_answered() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_alice, mut bob, _carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    world.offers(&room, &bob, "s1", 1);
    assert_eq!(offers(&mut bob), ["v=0 s1/1"]);
    // Lost with the socket, perhaps.
    bob.disconnect(&world).await;
    bob.connect(&world).await;
    assert_eq!(offers(&mut bob), ["v=0 s1/1"]);
    bob.answers(&world, call, "s1", 1).await.expect("answer");
    assert_eq!(plane.asked(), of(&room, &["answer bob s1/1 v=0"]));
    bob.disconnect(&world).await;
    bob.connect(&world).await;
    assert!(offers(&mut bob).is_empty());
    // Made while nobody listened: only the last one counts.
    bob.disconnect(&world).await;
    world.offers(&room, &bob, "s1", 2);
    world.offers(&room, &bob, "s2", 1);
    bob.connect(&world).await;
    assert_eq!(offers(&mut bob), ["v=0 s2/1"]);
    assert!(plane.asked().is_empty());
}

#[tokio::test]
async fn who_answers_by_rest_alone_comes_in_with_the_socket() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let alice = world.phone("alice", "a1").await;
    let bob = world.phone("bob", "b1").await;
    let mut carol = Phone::off("carol", "c1");
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    world.take(&bob, call).await;
    world.take(&carol, call).await;
    let room = world.room(call).await;
    assert_eq!(plane.asked(), of(&room, &["join alice", "join bob"]));
    carol.connect(&world).await;
    assert_eq!(plane.asked(), of(&room, &["join carol"]));
}

#[tokio::test]
async fn after_a_restart_everybody_is_taken_in_again() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_alice, bob, _carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world.offers(&room, &bob, "old", 1);
    plane.asked();

    let world = world.crash_and_restart(Duration::from_secs(2)).await;
    assert!(plane.asked().is_empty());
    assert_eq!(world.room(call).await, room);
    let mut bob = Phone::off("bob", "b1");
    let calls = bob.connect(&world).await;
    assert_eq!(calls[0]["topology"], "sfu");
    assert_eq!(plane.asked(), of(&room, &["join bob -screen"]));
    let stale = bob.answers(&world, call, "old", 1).await;
    assert_eq!(stale.expect_err("refused").code.as_str(), "unknown_session");
    world.offers(&room, &bob, "new", 1);
    assert_eq!(offers(&mut bob), ["v=0 new/1"]);
    let mut alice = Phone::off("alice", "a1");
    alice.connect(&world).await;
    assert_eq!(plane.asked(), of(&room, &["join alice -screen"]));
}

#[tokio::test]
async fn another_device_of_a_user_takes_the_place_in_the_room() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let mut tablet = world.phone("bob", "b2").await;
    let (call, [_, mut phone, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world.offers(&room, &phone, "s1", 1);
    phone.drain();
    plane.asked();
    let who = tablet.address.clone();
    world.engine.join(call, who, None, &[]).await.expect("join");
    assert_eq!(plane.asked(), of(&room, &["leave bob", "join bob"]));
    tablet.drain();
    world.offers(&room, &tablet, "s2", 1);
    assert_eq!(offers(&mut tablet), ["v=0 s2/1"]);
    assert!(offers(&mut phone).is_empty());
    let refused = phone.answers(&world, call, "s1", 1).await;
    assert_eq!(refused.expect_err("refused").code.as_str(), "not_in_call");
    let refused = tablet.answers(&world, call, "s1", 1).await;
    assert_eq!(
        refused.expect_err("refused").code.as_str(),
        "unknown_session"
    );
    tablet.answers(&world, call, "s2", 1).await.expect("answer");
}

#[tokio::test]
async fn who_is_out_of_the_room_may_try_again() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_, mut bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    refuse(&world, &room, Refusal::Full);
    let error = bob.wait_for("error").await;
    assert_eq!(
        (&error["code"], &error["callId"]),
        (&"room_full".into(), &call.to_string().into())
    );
    assert_eq!(plane.asked(), of(&room, &["leave bob"]));
    bob.media(&world, call, MediaCommand::Restart(None))
        .await
        .expect("restart");
    assert_eq!(plane.asked(), of(&room, &["join bob"]));
    // The plane has lost him: he comes in anew, and learns nothing of it.
    refuse(&world, &room, Refusal::NotInRoom);
    assert_eq!(plane.asked(), of(&room, &["join bob"]));
    assert!(of_kind(&bob.drain(), "error").is_empty());
}

#[tokio::test]
async fn what_the_plane_refuses_the_device_is_told() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, mut bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    for (refusal, code) in [
        (Refusal::UnknownSession, "unknown_session"),
        (Refusal::StaleAnswer, "stale_answer"),
        (Refusal::BadSdp, "bad_sdp"),
        (Refusal::BadCandidate, "invalid_message"),
    ] {
        refuse(&world, &room, refusal);
        let error = bob.wait_for("error").await;
        assert_eq!(error["code"], code);
        assert!(error.get("id").is_none());
    }
    assert!(of_kind(&alice.drain(), "error").is_empty());
}

fn refuse(world: &World, room: &RoomId, refusal: Refusal) {
    world.engine.media_event(Event::Refused {
        room: room.clone(),
        peer: user("bob"),
        refusal,
    });
}

#[tokio::test]
async fn speakers_and_pictures_are_told_and_told_again_after_a_reconnect() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, mut bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world.engine.media_event(Event::Speakers {
        room: room.clone(),
        users: vec![user("carol"), user("alice")],
    });
    let speakers = json!({
        "type": "media:speakers", "callId": call.to_string(), "userIds": ["carol", "alice"],
    });
    assert_eq!(alice.drain(), std::slice::from_ref(&speakers));
    assert_eq!(bob.drain(), std::slice::from_ref(&speakers));

    let stream = |source, layer, paused| StreamState {
        user: user("alice"),
        source,
        layer,
        paused,
    };
    world.engine.media_event(Event::Streams {
        room: room.clone(),
        peer: user("bob"),
        streams: vec![
            stream(Source::Video, Some(Layer::Medium), None),
            stream(Source::Screen, None, Some(PausedReason::LastN)),
        ],
    });
    let pictures = json!({
        "type": "media:subscription", "callId": call.to_string(), "streams": [
            {"userId": "alice", "source": "video", "state": "active", "reason": null, "layer": "medium"},
            {"userId": "alice", "source": "screen", "state": "paused", "reason": "last_n", "layer": null},
        ],
    });
    assert_eq!(bob.drain(), std::slice::from_ref(&pictures));
    assert!(alice.drain().is_empty());

    bob.disconnect(&world).await;
    bob.connect(&world).await;
    let frames = bob.drain();
    assert_eq!(of_kind(&frames, "media:subscription"), [pictures]);
    assert_eq!(
        of_kind(&frames, "media:speakers"),
        std::slice::from_ref(&speakers)
    );

    // Whoever comes later hears who speaks once there is sound.
    let mut dave = world.phone("dave", "d1").await;
    let users = vec![user("dave")];
    world
        .engine
        .add_participants(call, user("alice"), users)
        .await
        .expect("add");
    world.take(&dave, call).await;
    dave.drain();
    world.engine.media_event(Event::Connected {
        room,
        peer: user("dave"),
        session: SessionId::new("s1"),
    });
    assert_eq!(dave.drain(), [speakers]);
}

#[tokio::test]
async fn which_pictures_are_looked_at_their_owner_is_told_and_told_again() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, mut bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    let wanted = |room: &RoomId, layers: &[(Source, Layer)]| {
        let layers = layers.iter();
        world.engine.media_event(Event::Wanted {
            room: room.clone(),
            peer: user("bob"),
            streams: layers
                .map(|&(source, layer)| WantedLayer { source, layer })
                .collect(),
        });
    };
    let both = [(Source::Video, Layer::Low), (Source::Screen, Layer::High)];
    wanted(&room, &both);
    let publication = json!({
        "type": "media:publication", "callId": call.to_string(), "streams": [
            {"source": "video", "layer": "low"}, {"source": "screen", "layer": "high"},
        ],
    });
    assert_eq!(bob.drain(), std::slice::from_ref(&publication));
    assert!(alice.drain().is_empty());
    bob.disconnect(&world).await;
    bob.connect(&world).await;
    assert_eq!(of_kind(&bob.drain(), "media:publication"), [publication]);
    // Somebody looked closely while he was away.
    bob.disconnect(&world).await;
    wanted(&room, &[(Source::Video, Layer::Medium)]);
    bob.connect(&world).await;
    let told = of_kind(&bob.drain(), "media:publication");
    let medium = json!([{"source": "video", "layer": "medium"}]);
    assert_eq!((told.len(), &told[0]["streams"]), (1, &medium));
    // It is nothing to another device, which begins anew.
    let mut tablet = world.phone("bob", "b2").await;
    let who = tablet.address.clone();
    world.engine.join(call, who, None, &[]).await.expect("join");
    tablet.disconnect(&world).await;
    tablet.connect(&world).await;
    assert!(of_kind(&tablet.drain(), "media:publication").is_empty());
}

#[tokio::test]
async fn events_about_what_is_not_there_are_passed_over() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, ..]) = world.three_in_a_room().await;
    plane.asked();
    let elsewhere = [
        RoomId::new("nowhere"),
        RoomId::new(""),
        RoomId::new(format!("{call}-999")),
        RoomId::new("01900000-0000-7000-8000-0000000000ab-3"),
    ];
    let here = world.room(call).await;
    let eve = Phone::off("eve", "e1");
    world.offers(&here, &eve, "s1", 1);
    for room in elsewhere {
        world.offers(&room, &alice, "s1", 1);
        refuse(&world, &room, Refusal::NotInRoom);
        world.engine.media_event(Event::Disconnected {
            room: room.clone(),
            peer: user("alice"),
            session: SessionId::new("s1"),
        });
        world.engine.media_event(Event::Speakers {
            room,
            users: vec![user("eve")],
        });
    }
    assert!(alice.drain().is_empty());
    assert!(plane.asked().is_empty());
}

/// A plane that answers as quickly as can be, from a thread of its own, races with the session
/// that is just being opened: the offer comes exactly once.
#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_races_with_the_session_comes_once() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, _phones) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    let world = Arc::new(world.crash_and_restart(Duration::from_secs(1)).await);
    let quick = {
        let (world, plane, room) = (Arc::clone(&world), Arc::clone(&plane), room.clone());
        std::thread::spawn(move || {
            let joined = &of(&room, &["join bob -screen"])[0];
            let begun = std::time::Instant::now();
            while !plane.asked().contains(joined) {
                assert!(begun.elapsed() < Duration::from_secs(20), "never joined");
                std::thread::yield_now();
            }
            world.offers(&room, &Phone::off("bob", "b1"), "s1", 1);
        })
    };
    let mut bob = Phone::off("bob", "b1");
    bob.connect(&world).await;
    quick.join().expect("thread");
    assert_eq!(offers(&mut bob), ["v=0 s1/1"]);
}
