//! Calls that grow: adding, joining, hands, reactions, statistics.

use std::sync::Arc;

use call_domain::ConversationId;
use call_engine::{CommandError, ReadError, Reader};
use call_media::sfu::{InboundStats, Layer, OutboundStats, PeerStats, RoomStats, Source};
use call_signal::SignalService;
use call_signal::wire::{ClientCommand, Reaction, StatsSample};
use serde_json::json;

use crate::support::plane::{FakePlane, of, world_with};
use crate::support::{Phone, World, assert_gapless, kind, user, wish};

#[tokio::test]
async fn a_call_of_two_grows() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let mut carol = world.phone("carol", "c1").await;
    let call = world.active_call(&mut alice, &mut bob).await;
    let users = vec![user("carol"), user("alice")];
    let view = world
        .engine
        .add_participants(call, user("bob"), users)
        .await
        .expect("add");
    assert!(view.call.parts().group);
    let incoming = carol.wait_for("call:incoming").await;
    assert_eq!(incoming["call"]["id"], call.to_string());
    world.take(&carol, call).await;
    let room = world.room(call).await;
    assert_eq!(
        plane.asked(),
        of(&room, &["join alice", "join bob", "join carol"])
    );
    assert_gapless(&alice.drain(), call);
}

#[tokio::test]
async fn only_those_in_the_call_add_and_not_too_many() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let alice = world.phone("alice", "a1").await;
    let mut carol = world.phone("carol", "c1").await;
    let call = world.call(&alice, &["bob"]).await.call.id();
    let add = |by: &str, users: &[&str]| {
        let users = users.iter().map(|id| user(id)).collect();
        world.engine.add_participants(call, user(by), users)
    };
    let refused = add("eve", &["carol"]).await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotFound), "{refused:?}");
    let refused = add("bob", &["carol"]).await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotJoined), "{refused:?}");
    let crowd: Vec<_> = (0..10_000).map(|n| format!("u{n}")).collect();
    let crowd: Vec<_> = crowd.iter().map(String::as_str).collect();
    let refused = add("eve", &crowd).await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotFound), "{refused:?}");
    let refused = add("alice", &crowd).await.expect_err("refused");
    assert!(
        matches!(refused, CommandError::TooManyParticipants { max: 50 }),
        "{refused:?}"
    );
    assert!(
        carol
            .drain()
            .iter()
            .all(|frame| kind(frame) != "call:incoming")
    );
}

#[tokio::test]
async fn whoever_is_in_another_call_is_busy() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let (mut carol, mut dave) = (
        world.phone("carol", "c1").await,
        world.phone("dave", "d1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    world.active_call(&mut carol, &mut dave).await;
    let users = vec![user("carol")];
    let view = world
        .engine
        .add_participants(call, user("alice"), users)
        .await
        .expect("add");
    let status = view
        .call
        .participant(&user("carol"))
        .expect("carol")
        .status();
    assert_eq!(status.to_string(), "busy");
    assert!(
        carol
            .drain()
            .iter()
            .all(|frame| kind(frame) != "call:incoming")
    );
}

async fn conference(world: &World, alice: &Phone) -> call_domain::CallId {
    let mut wish = wish(alice, &["bob", "carol"], call_domain::CallType::Video);
    wish.conversation_id = Some("team".parse().expect("id"));
    let call = world
        .engine
        .initiate(wish)
        .await
        .expect("initiate")
        .call
        .call
        .id();
    for (user, device) in [("bob", "b1"), ("carol", "c1")] {
        let phone = world.phone(user, device).await;
        world.take(&phone, call).await;
    }
    call
}

#[tokio::test]
async fn strangers_join_by_the_conversation_only() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let alice = world.phone("alice", "a1").await;
    let eve = world.phone("eve", "e1").await;
    let call = conference(&world, &alice).await;
    let room = world.room(call).await;
    plane.asked();
    let ids = |ids: &[&str]| -> Vec<ConversationId> {
        ids.iter().map(|id| id.parse().expect("id")).collect()
    };
    for conversations in [ids(&[]), ids(&["other", "tea"])] {
        let who = eve.address.clone();
        let refused = world.engine.join(call, who, None, &conversations).await;
        assert!(
            matches!(refused, Err(CommandError::NotFound)),
            "{refused:?}"
        );
    }
    assert!(plane.asked().is_empty());
    let (who, mine) = (eve.address.clone(), ids(&["other", "team"]));
    let name = Some("Eve".to_owned());
    let view = world
        .engine
        .join(call, who, name, &mine)
        .await
        .expect("join");
    let eve_in = view.call.participant(&user("eve")).expect("eve");
    assert_eq!(
        (eve_in.status().as_str(), eve_in.name.as_deref()),
        ("accepted", Some("Eve"))
    );
    assert_eq!(plane.asked(), of(&room, &["join eve"]));
    // A call without a conversation belongs to nobody's.
    let (dave, mallory) = (
        world.phone("dave", "d1").await,
        world.phone("mallory", "m1").await,
    );
    let private = world.call(&dave, &["frank", "grace"]).await.call.id();
    let refused = world
        .engine
        .join(private, mallory.address.clone(), None, &mine)
        .await;
    assert!(
        matches!(refused, Err(CommandError::NotFound)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_device_joins_one_call_at_a_time() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let alice = world.phone("alice", "a1").await;
    let call = conference(&world, &alice).await;
    let (mut dave, mut eve) = (
        world.phone("dave", "d1").await,
        world.phone("eve", "e1").await,
    );
    let other = world.active_call(&mut dave, &mut eve).await;
    let team = vec!["team".parse().expect("id")];
    let who = eve.address.clone();
    let refused = world
        .engine
        .join(call, who, None, &team)
        .await
        .expect_err("refused");
    assert!(
        matches!(refused, CommandError::AlreadyInCall { call } if call == other),
        "{refused:?}"
    );
    let tablet = world.phone("eve", "e2").await;
    world
        .engine
        .join(call, tablet.address.clone(), None, &team)
        .await
        .expect("join");
}

#[tokio::test]
async fn hands_go_up_and_down() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, ..]) = world.three_in_a_room().await;
    let raise = |who: &str, up| world.engine.raise_hand(call, user(who), up);
    raise("bob", true).await.expect("raise");
    let told = alice.wait_for("call:updated").await;
    let bob = &told["call"]["participants"][1];
    assert_eq!(
        (&bob["userId"], bob["handRaisedAt"].is_string()),
        (&"bob".into(), true)
    );
    raise("bob", false).await.expect("lower");
    let told = alice.wait_for("call:updated").await;
    assert!(told["call"]["participants"][1]["handRaisedAt"].is_null());
    let refused = raise("eve", true).await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotFound), "{refused:?}");
}

#[tokio::test]
async fn reactions_reach_the_others_in_the_call() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let mut tablet = world.phone("carol", "c2").await;
    let eve = world.phone("eve", "e1").await;
    let (call, [mut alice, mut bob, mut carol]) = world.three_in_a_room().await;
    tablet.drain();
    let reaction: Reaction = "🎉".parse().expect("emoji");
    let show = |reaction: Reaction| ClientCommand::Reaction { call, reaction };
    let who = &bob.address;
    world
        .service
        .command(who, show(reaction.clone()))
        .await
        .expect("react");
    let told = json!({
        "type": "call:reaction", "callId": call.to_string(), "userId": "bob", "reaction": "🎉",
    });
    assert_eq!(alice.drain(), std::slice::from_ref(&told));
    assert_eq!(carol.drain(), [told]);
    assert!(bob.drain().is_empty());
    assert!(tablet.drain().is_empty());
    for stranger in [&eve, &tablet] {
        let refused = world
            .service
            .command(&stranger.address, show(reaction.clone()))
            .await;
        assert_eq!(refused.expect_err("refused").code.as_str(), "not_in_call");
    }
    assert!(alice.drain().is_empty());
}

#[tokio::test]
async fn statistics_join_what_the_server_and_the_devices_see() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [_, bob, _]) = world.three_in_a_room().await;
    let sample = |peer: &str| StatsSample {
        peer_id: peer.into(),
        interval_ms: 2000.0,
        round_trip_time: Some(0.02),
        available_outgoing_bitrate: None,
        candidate_type: None,
        relay_protocol: None,
        audio: None,
        video: None,
        outbound: None,
    };
    let samples = vec![sample("alice"), sample("eve")];
    let command = ClientCommand::Stats { call, samples };
    world
        .service
        .command(&bob.address, command)
        .await
        .expect("stats");
    *plane.stats.lock() = RoomStats {
        peers: vec![PeerStats {
            user: user("alice"),
            connected: true,
            protocol: Some("tcp"),
            round_trip_time: Some(0.03),
            available_outgoing_bitrate: Some(1e6),
            inbound: vec![InboundStats {
                source: Source::Video,
                layer: Some(Layer::High),
                codec: "vp8",
                packets_received: 10,
                bytes_received: 1000,
                packets_lost: -1,
                jitter: 0.001,
                nack_count: 2,
                retransmitted_packets_received: 3,
                pli_count: 4,
                bitrate: 5e5,
            }],
            outbound: vec![OutboundStats {
                user: user("bob"),
                source: Source::ScreenAudio,
                layer: None,
                packets_sent: 6,
                bytes_sent: 600,
                retransmitted_packets_sent: 7,
                nack_count: 8,
                pli_count: 9,
                fraction_lost: Some(0.5),
            }],
        }],
    };
    let reader = Reader::User(user("carol"));
    let stats = world.engine.call_stats(call, &reader).await.expect("stats");
    let room = world.room(call).await;
    let at = "2026-11-01T00:00:00.000Z";
    let expected = json!({
        "callId": call.to_string(), "at": at, "topology": "sfu", "sfuRoomId": room.as_str(),
        "peers": [
            {"userId": "alice", "client": null, "server": {
                "connected": true, "protocol": "tcp", "roundTripTime": 0.03, "availableOutgoingBitrate": 1e6,
                "inbound": [{"source": "video", "layer": "high", "codec": "vp8", "packetsReceived": 10,
                    "bytesReceived": 1000, "packetsLost": -1, "jitter": 0.001, "nackCount": 2,
                    "retransmittedPacketsReceived": 3, "pliCount": 4, "bitrate": 5e5}],
                "outbound": [{"userId": "bob", "source": "screenAudio", "layer": null, "packetsSent": 6,
                    "bytesSent": 600, "retransmittedPacketsSent": 7, "nackCount": 8, "pliCount": 9,
                    "fractionLost": 0.5}]}},
            {"userId": "bob", "server": null, "client": {"at": at, "samples": [
                {"peerId": "alice", "intervalMs": 2000.0, "roundTripTime": 0.02}]}},
            {"userId": "carol", "server": null, "client": null},
        ],
    });
    assert_eq!(serde_json::to_value(stats).expect("json"), expected);

    let stranger = Reader::User(user("eve"));
    let refused = world.engine.call_stats(call, &stranger).await;
    assert!(matches!(refused, Err(ReadError::NotFound)), "{refused:?}");
    world.engine.end(call, user("alice")).await.expect("end");
    let ended = world
        .engine
        .call_stats(call, &Reader::Admin)
        .await
        .expect("stats");
    assert!(ended.peers.is_empty());
}
