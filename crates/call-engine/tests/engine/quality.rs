//! What participants measure.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{CallId, Quality};
use call_signal::SignalService;
use call_signal::wire::{ClientCommand, Inbound, StatsSample};

use crate::support::faulty::{Fault, FaultyStore};
use crate::support::{Phone, World, config, user};

fn sample(peer: &str, lost: f64) -> StatsSample {
    let audio = Inbound {
        packets_received: 100.0 - lost,
        packets_lost: lost,
        jitter: 0.004,
        bytes_received: 8_000.0,
        concealed_samples: None,
        total_samples_received: None,
        frames_decoded: None,
        frames_per_second: None,
        frame_width: None,
        frame_height: None,
        freeze_count: None,
        total_freezes_duration: None,
    };
    StatsSample {
        peer_id: peer.into(),
        interval_ms: 2_000.0,
        round_trip_time: Some(0.05),
        available_outgoing_bitrate: None,
        candidate_type: None,
        relay_protocol: None,
        audio: Some(audio),
        video: None,
        outbound: None,
    }
}

async fn report(world: &World, who: &Phone, call: CallId, lost: f64) {
    let peer = if who.user() == "alice" {
        "bob"
    } else {
        "alice"
    };
    let samples = vec![sample(peer, lost), sample("stranger", 90.0)];
    let stats = ClientCommand::Stats { call, samples };
    world
        .service
        .command(&who.address, stats)
        .await
        .expect("stats");
}

#[tokio::test]
async fn changes_are_told_to_all_in_the_call_and_kept() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;

    report(&world, &alice, call, 0.0).await;
    assert_eq!(alice.told(), ["call:quality-changed alice excellent"]);
    assert_eq!(bob.told(), ["call:quality-changed alice excellent"]);
    report(&world, &alice, call, 40.0).await;
    assert!(bob.told().is_empty(), "one bad sample is no trend");
    report(&world, &alice, call, 40.0).await;
    let changed = bob.wait_for("call:quality-changed").await;
    assert_eq!(changed["reasons"], serde_json::json!(["packet_loss"]));
    let worse = changed["quality"].as_str().expect("quality").to_owned();
    assert_ne!(worse, "excellent");

    alice.drain();
    alice.sync(&world, call).await.expect("sync");
    let whole = alice.wait_for("call:updated").await;
    assert_eq!(
        whole["call"]["participants"][0]["connectionQuality"],
        worse.as_str()
    );

    world.engine.end(call, user("bob")).await.expect("end");
    world.engine.stop().await;
    let stored = world.stored(call).await;
    assert_eq!(
        stored
            .annotations
            .quality
            .get(&user("alice"))
            .copied()
            .map(Quality::as_str),
        Some(worse.as_str())
    );
    let samples = world.store.quality_samples(call).await.expect("samples");
    assert_eq!(samples.len(), 3, "nothing about strangers is kept");
    let stats = stored.annotations.quality_stats.expect("summed up");
    assert_eq!(stats["overall"]["samples"], 3);
    assert_eq!(
        stats["overall"]["worstQuality"],
        samples[1].quality.as_str()
    );
    let round_trip = stats["participants"]["alice"]["averageRoundTripTime"].as_f64();
    assert!(
        round_trip.is_some_and(|mean| (mean - 0.05).abs() < 1e-9),
        "{round_trip:?}"
    );
}

#[tokio::test]
async fn is_stored_every_few_seconds_and_summed_up_after_the_end() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    report(&world, &bob, call, 1.0).await;
    world.clock.advance(Duration::from_secs(2));
    while world
        .store
        .quality_samples(call)
        .await
        .expect("samples")
        .is_empty()
    {
        tokio::task::yield_now().await;
    }
    world.engine.end(call, user("bob")).await.expect("end");
    while world.stored(call).await.annotations.quality_stats.is_none() {
        world.clock.advance(Duration::from_secs(2));
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn waits_while_the_store_is_down() {
    let mut faulty = None;
    let world = World::with(config(), |store| {
        let store = Arc::new(FaultyStore::new(store));
        faulty = Some(Arc::clone(&store));
        store
    })
    .await;
    let store = faulty.expect("made");
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    store.set(Fault::Down);
    report(&world, &alice, call, 0.0).await;
    world.clock.advance(Duration::from_secs(2));
    report(&world, &alice, call, 0.0).await;
    store.set(Fault::None);
    world.engine.stop().await;
    assert_eq!(
        world
            .store
            .quality_samples(call)
            .await
            .expect("samples")
            .len(),
        2
    );
    assert_eq!(world.engine.dropped_measurements(), 0);
}

#[tokio::test]
async fn whoever_left_counts_no_more() {
    let world = World::new().await;
    let alice = world.phone("alice", "a1").await;
    let (bob, carol) = (
        world.phone("bob", "b1").await,
        world.phone("carol", "c1").await,
    );
    let mut watching = alice;
    let call = world.call(&watching, &["bob", "carol"]).await.call.id();
    for phone in [&bob, &carol] {
        world.take(phone, call).await;
    }
    let samples = vec![sample("alice", 0.0), sample("carol", 50.0)];
    let stats = ClientCommand::Stats { call, samples };
    world
        .service
        .command(&bob.address, stats)
        .await
        .expect("stats");
    let bad = watching.drain().last().expect("told")["quality"].clone();
    assert_ne!(bad, "excellent");
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    let better = watching.wait_for("call:quality-changed").await;
    assert_eq!(
        (&better["userId"], &better["quality"]),
        (&"bob".into(), &"excellent".into())
    );
}
