//! What devices say about the media that goes through the media plane.

use std::sync::Arc;
use std::time::Duration;

use call_domain::CallId;
use call_signal::wire::{IceCandidate, MediaCommand, Topology, VideoSource, WantedView};
use serde_json::json;

use crate::support::plane::{FakePlane, of, switched, world_with};
use crate::support::{Phone, World, kind, user};

fn view(of: &str, source: VideoSource, width: u32) -> WantedView {
    WantedView {
        user: user(of),
        source,
        width,
        height: 90,
        pinned: false,
    }
}

/// One of each message.
fn everything() -> Vec<MediaCommand> {
    let session = || "s1".parse().expect("session");
    vec![
        MediaCommand::Answer {
            session: session(),
            revision: 1,
            sdp: "v=0".into(),
        },
        MediaCommand::Candidate {
            session: session(),
            candidate: None,
        },
        MediaCommand::Subscribe(vec![view("alice", VideoSource::Video, 160)]),
        MediaCommand::Restart(None),
        MediaCommand::Restart(Some(session())),
        switched(Topology::Sfu),
    ]
}

async fn codes(world: &World, phone: &Phone, call: CallId) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for command in everything() {
        let refused = phone.media(world, call, command).await;
        codes.push(refused.expect_err("refused").code.as_str());
    }
    codes
}

#[tokio::test]
async fn only_the_device_in_the_call_is_heard() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let eve = world.phone("eve", "e1").await;
    let tablet = world.phone("bob", "b2").await;
    let dave = world.phone("dave", "d1").await;
    let (call, [mut alice, bob, carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world.offers(&room, &bob, "s1", 1);
    let users = vec![user("dave")];
    world
        .engine
        .add_participants(call, user("bob"), users)
        .await
        .expect("add");
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    alice.drain();
    plane.asked();
    for stranger in [&eve, &tablet, &dave, &carol] {
        assert_eq!(codes(&world, stranger, call).await, ["not_in_call"; 6]);
    }
    // As for a call that never was.
    let never = CallId::new(uuid_of(7));
    assert_eq!(codes(&world, &bob, never).await, ["not_in_call"; 6]);
    assert!(plane.asked().is_empty());
    assert!(alice.drain().is_empty());

    world.engine.end(call, user("alice")).await.expect("end");
    plane.asked();
    assert_eq!(codes(&world, &bob, call).await, ["not_in_call"; 6]);
    assert!(plane.asked().is_empty());
}

fn uuid_of(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(n)
}

#[tokio::test]
async fn a_call_from_peer_to_peer_has_no_room_to_speak_of() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    for command in everything() {
        let told = matches!(command, MediaCommand::Switched(_));
        match bob.media(&world, call, command).await {
            // A matter between the two.
            Ok(()) => assert!(told),
            Err(refused) => assert_eq!(refused.code.as_str(), "not_on_sfu"),
        }
    }
    assert!(plane.asked().is_empty());
}

#[tokio::test]
async fn what_is_said_is_passed_on_in_order() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_, bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world.offers(&room, &bob, "s1", 1);
    plane.asked();
    bob.answers(&world, call, "s1", 1).await.expect("answer");
    let candidate = IceCandidate {
        candidate: "candidate:1".into(),
        sdp_mid: None,
        sdp_m_line_index: None,
        username_fragment: None,
    };
    for candidate in [Some(candidate), None] {
        let session = "s1".parse().expect("session");
        let command = MediaCommand::Candidate { session, candidate };
        bob.media(&world, call, command).await.expect("candidate");
    }
    let session = "s1".parse().expect("session");
    let restart = MediaCommand::Restart(Some(session));
    bob.media(&world, call, restart).await.expect("restart");
    let expected = [
        "answer bob s1/1 v=0",
        "candidate bob s1 candidate:1",
        "candidate bob s1 ",
        "restart bob s1",
    ];
    assert_eq!(plane.asked(), of(&room, &expected));

    let unknown = bob.answers(&world, call, "s2", 1).await;
    assert_eq!(
        unknown.expect_err("refused").code.as_str(),
        "unknown_session"
    );
    let session = "s2".parse().expect("session");
    let unknown = bob
        .media(&world, call, MediaCommand::Restart(Some(session)))
        .await;
    assert_eq!(
        unknown.expect_err("refused").code.as_str(),
        "unknown_session"
    );
    assert!(plane.asked().is_empty());
}

#[tokio::test]
async fn a_wish_for_a_new_session_that_crosses_its_offer_is_granted_already() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_, bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    let anew = async || {
        let wish = bob.media(&world, call, MediaCommand::Restart(None)).await;
        wish.expect("restart");
        plane.asked()
    };
    let restart = of(&room, &["restart bob"]);
    // The plane is still making it.
    assert!(anew().await.is_empty());
    world.offers(&room, &bob, "s1", 1);
    assert!(anew().await.is_empty());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(anew().await, restart);
    assert!(anew().await.is_empty());
    world.offers(&room, &bob, "s2", 1);
    bob.answers(&world, call, "s2", 1).await.expect("answer");
    plane.asked();
    assert_eq!(anew().await, restart);
    // A plane that does not offer is asked again, now and then.
    assert!(anew().await.is_empty());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(anew().await, restart);
}

#[tokio::test]
async fn pictures_of_no_size_are_not_asked_for() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_, mut bob, _]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    let views = vec![
        view("alice", VideoSource::Video, 160),
        view("carol", VideoSource::Screen, 320),
        view("carol", VideoSource::Video, 0),
    ];
    let wish = || MediaCommand::Subscribe(views.clone());
    bob.media(&world, call, wish()).await.expect("subscribe");
    let expected = of(&room, &["subscribe bob alice/video carol/screen"]);
    assert_eq!(plane.asked(), expected);
    let hidden = json!({"userId": "carol", "source": "video", "state": "paused", "reason": "hidden", "layer": null});
    let told = bob.wait_for("media:subscription").await;
    assert_eq!(told["streams"], json!([hidden]));
    // The same again is passed on, and is no news.
    bob.media(&world, call, wish()).await.expect("subscribe");
    assert_eq!(plane.asked(), expected);
    assert!(
        bob.drain()
            .iter()
            .all(|frame| kind(frame) != "media:subscription")
    );
}

#[tokio::test]
async fn a_device_whose_socket_is_lost_stays_in_the_room() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (_call, [_, mut bob, _]) = world.three_in_a_room().await;
    plane.asked();
    bob.disconnect(&world).await;
    bob.connect(&world).await;
    assert!(plane.asked().is_empty());
}
