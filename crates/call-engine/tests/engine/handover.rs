//! From peer to peer into a room of the media plane, and back.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{Policy, TopologyPolicy};
use call_signal::wire::Topology;

use crate::support::plane::{FakePlane, config_with, of, switched, world_with};
use crate::support::{Phone, World, assert_gapless, config, kind, user};

#[tokio::test]
async fn the_third_moves_everybody_into_a_room() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let mut alice = world.phone("alice", "a1").await;
    let bob = world.phone("bob", "b1").await;
    let carol = world.phone("carol", "c1").await;
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    world.take(&bob, call).await;
    assert!(plane.asked().is_empty());
    alice.drain();

    let view = world.take(&carol, call).await;
    let room = world.room(call).await;
    let joins = ["join alice", "join bob", "join carol"];
    assert_eq!(plane.asked(), of(&room, &joins));
    assert_eq!(view.to_wire().sfu_room_id.as_deref(), Some(room.as_str()));
    let frames = alice.drain();
    assert_gapless(&frames, call);
    let updated = frames.iter().rfind(|frame| kind(frame) == "call:updated");
    let told = &updated.expect("call:updated")["call"];
    assert_eq!(told["topology"], "sfu");
    assert_eq!(told["sfuRoomId"], room.as_str());

    for phone in [&alice, &bob, &carol] {
        phone.connected(&world, call).await.expect("connected");
    }
    assert!(plane.asked().is_empty());
}

#[tokio::test]
async fn whoever_leaves_leaves_the_room_and_two_go_back() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, mut bob, carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    assert_eq!(plane.asked(), of(&room, &["leave carol"]));
    let refused = carol.media(&world, call, switched(Topology::P2p)).await;
    assert!(refused.is_err());

    alice.drain();
    bob.drain();
    world.clock.advance(Duration::from_secs(10));
    let updated = bob.wait_for("call:updated").await;
    assert_eq!(updated["call"]["topology"], "p2p");
    assert!(updated["call"]["sfuRoomId"].is_null());
    assert!(plane.asked().is_empty());

    let to = Topology::P2p;
    bob.media(&world, call, switched(to)).await.expect("said");
    let told = alice.wait_for("media:switched").await;
    assert_eq!(
        (&told["userId"], &told["topology"]),
        (&"bob".into(), &"p2p".into())
    );
    assert!(plane.asked().is_empty());
    assert!(
        bob.drain()
            .iter()
            .all(|frame| kind(frame) != "media:switched")
    );
    alice.media(&world, call, switched(to)).await.expect("said");
    assert_eq!(plane.asked(), of(&room, &["close"]));
    // Late ones are heard all the same, and change nothing.
    bob.media(&world, call, switched(to)).await.expect("said");
    assert!(plane.asked().is_empty());
}

#[tokio::test]
async fn a_room_that_somebody_still_renders_is_closed_after_a_while() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, bob, _carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    world.clock.advance(Duration::from_secs(10));
    while alice.wait_for("call:updated").await["call"]["topology"] != "p2p" {}
    bob.media(&world, call, switched(Topology::P2p))
        .await
        .expect("said");
    plane.asked();
    world.clock.advance(Duration::from_millis(19_900));
    // Still there: what is said about it is passed on.
    world.offers(&room, &alice, "s1", 1);
    alice.answers(&world, call, "s1", 1).await.expect("answer");
    assert_eq!(plane.asked(), of(&room, &["answer alice s1/1 v=0"]));
    world.clock.advance(Duration::from_millis(100));
    plane.wait_for(&of(&room, &["close"])[0]).await;
}

#[tokio::test]
async fn a_third_who_comes_back_makes_another_room() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, bob, carol]) = world.three_in_a_room().await;
    let first = world.room(call).await;
    world.offers(&first, &bob, "s1", 1);
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    world.clock.advance(Duration::from_secs(10));
    while alice.wait_for("call:updated").await["call"]["topology"] != "p2p" {}
    plane.asked();

    let who = carol.address.clone();
    world.engine.join(call, who, None, &[]).await.expect("join");
    let second = world.room(call).await;
    assert_ne!(first, second);
    let joins = ["join alice", "join bob", "join carol"];
    assert_eq!(plane.asked(), of(&second, &joins));
    // Each session belongs to the room that offered it.
    world.offers(&second, &bob, "s2", 1);
    bob.answers(&world, call, "s1", 1).await.expect("answer");
    bob.answers(&world, call, "s2", 1).await.expect("answer");
    let mut answers = of(&first, &["answer bob s1/1 v=0"]);
    answers.extend(of(&second, &["answer bob s2/1 v=0"]));
    assert_eq!(plane.asked(), answers);
    for phone in [&alice, &bob] {
        phone
            .media(&world, call, switched(Topology::Sfu))
            .await
            .expect("said");
    }
    assert_eq!(plane.asked(), of(&first, &["close"]));
}

#[tokio::test]
async fn the_end_closes_the_room() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [alice, ..]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    world.engine.end(call, user("alice")).await.expect("end");
    assert_eq!(plane.asked(), of(&room, &["close"]));
    // What the plane still had to say goes nowhere.
    world.offers(&room, &alice, "s9", 1);
}

#[tokio::test]
async fn a_call_that_always_uses_a_room_has_one_from_the_second_on_and_for_good() {
    let plane = Arc::new(FakePlane::default());
    let mut config = config_with(&plane);
    config.policy.topology = TopologyPolicy::Sfu;
    let world = World::with(config, |store| store).await;
    let (alice, bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    assert!(plane.asked().is_empty());
    world.take(&bob, call).await;
    let room = world.room(call).await;
    assert_eq!(plane.asked(), of(&room, &["join alice", "join bob"]));
}

#[tokio::test]
async fn without_a_media_plane_every_call_is_peer_to_peer() {
    let mut config = config();
    config.policy = Policy {
        topology: TopologyPolicy::Sfu,
        ..Policy::default()
    };
    let world = World::with(config, |store| store).await;
    let (call, [alice, ..]) = world.three_in_a_room().await;
    let parts = world.stored(call).await.call.into_parts();
    assert_eq!(parts.topology, call_domain::Topology::P2p);
    let refused = alice.answers(&world, call, "s1", 1).await;
    assert_eq!(refused.expect_err("refused").code.as_str(), "not_on_sfu");
}

#[tokio::test]
async fn a_call_that_comes_to_a_server_without_a_media_plane_returns_to_peer_to_peer() {
    let plane = Arc::new(FakePlane::default());
    let mut world = world_with(&plane).await;
    let (call, _phones) = world.three_in_a_room().await;
    world.config.media = None;
    let world = world.crash_and_restart(Duration::from_secs(2)).await;
    let mut bob = Phone::off("bob", "b1");
    let calls = bob.connect(&world).await;
    assert_eq!(calls[0]["topology"], "p2p");
    assert!(calls[0]["sfuRoomId"].is_null());
    let mut alice = Phone::off("alice", "a1");
    alice.connect(&world).await;
    alice.offer(&world, call, "bob").expect("relay");
    bob.wait_for("call:offer").await;
}

#[tokio::test]
async fn more_than_a_mesh_is_for_return_when_enough_have_left() {
    let plane = Arc::new(FakePlane::default());
    let mut config = config_with(&plane);
    config.policy.mesh_max = 2;
    let mut world = World::with(config, |store| store).await;
    let (call, _phones) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    world.config.media = None;
    let mut world = world.crash_and_restart(Duration::from_secs(2)).await;
    let mut bob = Phone::off("bob", "b1");
    assert_eq!(bob.connect(&world).await[0]["sfuRoomId"], room.as_str());
    // A server that has one again goes on as if nothing had been.
    world.config.media = Some(Arc::<FakePlane>::clone(&plane));
    let mut world = world.crash_and_restart(Duration::from_secs(2)).await;
    let mut alice = Phone::off("alice", "a1");
    alice.connect(&world).await;
    assert_eq!(plane.asked(), of(&room, &["join alice -screen"]));

    world.config.media = None;
    let world = world.crash_and_restart(Duration::from_secs(2)).await;
    bob.connect(&world).await;
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    let frames = bob.drain();
    let updated = frames.iter().rfind(|frame| kind(frame) == "call:updated");
    assert_eq!(updated.expect("call:updated")["call"]["topology"], "p2p");
}

#[tokio::test]
async fn a_call_that_rang_meanwhile_finds_no_media_plane_either() {
    let plane = Arc::new(FakePlane::default());
    let mut config = config_with(&plane);
    config.policy.topology = TopologyPolicy::Sfu;
    let mut world = World::with(config, |store| store).await;
    let alice = world.phone("alice", "a1").await;
    let call = world.call(&alice, &["bob"]).await.call.id();
    world.config.media = None;
    let world = world.crash_and_restart(Duration::from_secs(2)).await;
    // His own call to her answers hers.
    let bob = world.phone("bob", "b1").await;
    let answered = world.call(&bob, &["alice"]).await.call;
    assert_eq!(answered.id(), call);
    assert!(answered.answered_at().is_some());
    assert_eq!(answered.parts().topology, call_domain::Topology::P2p);
}
