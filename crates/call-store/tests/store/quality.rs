use call_domain::{CallId, Quality};
use call_store::{CallStore, QualitySample, StoreError};
use serde_json::json;
use uuid::Uuid;

use crate::support::*;

contract!(
    quality_is_kept_beside_the_call,
    samples_are_kept_in_order,
    samples_of_unknown_calls_are_passed_over,
    a_score_must_be_a_number,
);

async fn quality_is_kept_beside_the_call(store: TestStore) {
    let call = active(&store, "alice", "bob").await;
    let stats = json!({"score": 4.25, "samples": 12});
    store
        .record_quality(call.id(), &user("bob"), Quality::Fair)
        .await
        .unwrap();
    store
        .set_quality_stats(call.id(), stats.clone())
        .await
        .unwrap();
    // Unknown ones are passed over.
    store
        .record_quality(call.id(), &user("zoe"), Quality::Fair)
        .await
        .unwrap();
    let stranger = CallId::new(Uuid::now_v7());
    store
        .set_quality_stats(stranger, json!(null))
        .await
        .unwrap();

    // A step neither sees nor loses it.
    let call = step(&store, &call, end("alice"), after(60)).await;
    let stored = store.load(call.id()).await.unwrap().unwrap();
    assert_eq!(stored.call, call);
    assert_eq!(stored.annotations.quality_stats, Some(stats));
    let quality: Vec<_> = stored.annotations.quality.into_iter().collect();
    assert_eq!(quality, [(user("bob"), Quality::Fair)]);
}

fn sample(call_id: CallId, second: u64) -> QualitySample {
    QualitySample {
        call_id,
        user_id: user("alice"),
        peer_id: user("bob"),
        at: after(second),
        quality: Quality::Good,
        score: 4.1,
        round_trip_time: Some(0.043),
        jitter: None,
        packet_loss: Some(0.0),
        bitrate_in: Some(1_250_000.5),
        bitrate_out: None,
    }
}

async fn samples_are_kept_in_order(store: TestStore) {
    let call = active(&store, "alice", "bob").await;
    let samples: Vec<_> = (0..5).map(|second| sample(call.id(), second)).collect();
    let mut shuffled = samples.clone();
    shuffled.swap(0, 3);
    store.add_quality_samples(shuffled).await.unwrap();
    store.add_quality_samples(Vec::new()).await.unwrap();
    assert_eq!(store.quality_samples(call.id()).await.unwrap(), samples);
}

async fn samples_of_unknown_calls_are_passed_over(store: TestStore) {
    let call = active(&store, "alice", "bob").await;
    let stranger = CallId::new(Uuid::now_v7());
    let known = sample(call.id(), 1);
    let mixed = vec![sample(stranger, 0), known.clone(), sample(stranger, 2)];
    store.add_quality_samples(mixed).await.unwrap();
    assert_eq!(store.quality_samples(call.id()).await.unwrap(), [known]);
    assert_eq!(store.quality_samples(stranger).await.unwrap(), []);
}

async fn a_score_must_be_a_number(store: TestStore) {
    let call = active(&store, "alice", "bob").await;
    let mut bad = sample(call.id(), 1);
    bad.score = f64::NAN;
    let refused = store.add_quality_samples(vec![bad]).await;
    assert!(matches!(refused, Err(StoreError::Unstorable("score"))));

    let mut odd = sample(call.id(), 1);
    odd.jitter = Some(f64::INFINITY);
    store.add_quality_samples(vec![odd]).await.unwrap();
    let kept = store.quality_samples(call.id()).await.unwrap();
    assert_eq!(
        kept,
        [sample(call.id(), 1)],
        "what is no number is not known"
    );
}
