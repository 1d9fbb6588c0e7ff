use call_domain::{CallStatus, CallType, PlacementRefusal};
use call_store::{Answer, CallStore, IdempotencyKey, Placed, StoreError};
use tokio::task::JoinSet;

use crate::support::*;

contract!(
    who_calls_each_other_at_once_is_in_one_call,
    who_calls_each_other_differently_is_refused,
    a_busy_callee_is_seen_by_all_who_call_at_once,
    a_refusal_stores_nothing,
    the_decision_sees_all_live_calls_and_no_others,
    a_panicking_decision_does_no_harm,
    the_same_request_gets_the_first_answer,
    a_merged_request_is_replayed_as_merged,
    another_request_with_the_key_conflicts,
    keys_of_different_users_never_meet,
    an_old_key_is_forgotten,
    of_one_request_sent_twice_at_once_one_begins_a_call,
);

fn key(name: &str, fingerprint: &str) -> IdempotencyKey {
    IdempotencyKey {
        user: user(name),
        key: "k1".into(),
        fingerprint: fingerprint.into(),
        expires_at: after(86_400),
    }
}

async fn who_calls_each_other_at_once_is_in_one_call(store: TestStore) {
    for round in 0..8 {
        let names = [format!("a{round}"), format!("b{round}")];
        let mut rivals = JoinSet::new();
        for (caller, called) in [(0, 1), (1, 0)] {
            let store = store.clone();
            let request = request(&names[caller], &[&names[called]]);
            rivals.spawn(async move { try_place(&store, request, None, START).await });
        }
        let mut answers = Vec::new();
        while let Some(placed) = rivals.join_next().await {
            match placed.unwrap() {
                Placed::Stored { step, answer } => answers.push((answer, step.call.id())),
                other => panic!("{other:?}"),
            }
        }
        answers.sort_by_key(|(answer, _)| *answer == Answer::Merged);
        assert_eq!(
            (answers[0].0, answers[1].0),
            (Answer::Created, Answer::Merged)
        );
        assert_eq!(answers[0].1, answers[1].1);

        let live = store.live_calls_of(&user(&names[0])).await.unwrap();
        assert_eq!(live.len(), 1);
        assert_eq!(live[0].call.status(), CallStatus::Connecting);
        assert_eq!(live[0].call.version(), 2);
    }
}

async fn who_calls_each_other_differently_is_refused(store: TestStore) {
    let call = placed(&store, "alice", &["bob"], START).await;
    let mut back = request("bob", &["alice"]);
    back.call_type = CallType::Audio;
    let refused = try_place(&store, back, None, after(1)).await;
    let glare = PlacementRefusal::Glare { call: call.id() };
    assert_eq!(refused, Placed::Refused(glare));
}

async fn a_busy_callee_is_seen_by_all_who_call_at_once(store: TestStore) {
    active(&store, "alice", "bob").await;
    let mut callers = JoinSet::new();
    for name in ["carol", "dave", "erin"] {
        let store = store.clone();
        callers
            .spawn(async move { try_place(&store, request(name, &["bob"]), None, after(5)).await });
    }
    while let Some(placed) = callers.join_next().await {
        match placed.unwrap() {
            Placed::Stored { step, .. } => {
                assert_eq!(step.call.end_reason(), Some(call_domain::EndReason::Busy));
                assert_eq!(load(&store, step.call.id()).await, step.call);
            }
            other => panic!("{other:?}"),
        }
    }
}

async fn a_refusal_stores_nothing(store: TestStore) {
    let refused = try_place(
        &store,
        request("alice", &["alice"]),
        Some(key("alice", "f")),
        START,
    );
    assert_eq!(refused.await, Placed::Refused(PlacementRefusal::SelfCalled));
    assert_eq!(store.live_calls().await.unwrap(), []);
    // The key is free.
    let again = try_place(
        &store,
        request("alice", &["bob"]),
        Some(key("alice", "g")),
        START,
    )
    .await;
    assert!(matches!(again, Placed::Stored { .. }));
}

async fn the_decision_sees_all_live_calls_and_no_others(store: TestStore) {
    let first = active(&store, "alice", "bob").await;
    let ended = placed(&store, "carol", &["dave"], START).await;
    step(&store, &ended, end("carol"), after(1)).await;
    let group = placed(&store, "erin", &["carol", "frank"], START).await;
    placed(&store, "grace", &["heidi"], START).await;

    let (seen, look) = std::sync::mpsc::channel();
    let placed = store
        .place(
            &users(&["bob", "carol", "carol", "dave"]),
            None,
            after(5),
            Box::new(move |live| {
                seen.send(live.to_vec()).unwrap();
                Err(PlacementRefusal::NobodyCalled)
            }),
        )
        .await;
    assert_eq!(
        placed.unwrap(),
        Placed::Refused(PlacementRefusal::NobodyCalled)
    );
    let mut seen = look.recv().unwrap();
    seen.sort_by_key(|call| call.id() != first.id());
    assert_eq!(seen, [first, group]);
}

async fn a_panicking_decision_does_no_harm(store: TestStore) {
    let failed = store
        .place(
            &users(&["alice"]),
            None,
            START,
            Box::new(|_| panic!("on purpose")),
        )
        .await;
    assert!(matches!(failed, Err(StoreError::DecisionPanicked)));
    placed(&store, "alice", &["bob"], START).await;
}

async fn the_same_request_gets_the_first_answer(store: TestStore) {
    let wish = request("alice", &["bob"]);
    let first = match try_place(&store, wish, Some(key("alice", "f")), START).await {
        Placed::Stored { step, .. } => step.call,
        other => panic!("{other:?}"),
    };
    step(&store, &first, answer("bob"), after(1)).await;

    let again = request("alice", &["bob"]);
    match try_place(&store, again, Some(key("alice", "f")), after(2)).await {
        Placed::Replayed { call, answer } => {
            assert_eq!(call.call, first, "as it was, not as it is");
            assert_eq!(answer, Answer::Created);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(store.live_calls().await.unwrap().len(), 1);
}

async fn a_merged_request_is_replayed_as_merged(store: TestStore) {
    placed(&store, "alice", &["bob"], START).await;
    let merged = try_place(
        &store,
        request("bob", &["alice"]),
        Some(key("bob", "f")),
        after(1),
    );
    let Placed::Stored { step, answer } = merged.await else {
        panic!("not merged");
    };
    assert_eq!(answer, Answer::Merged);
    let again = try_place(
        &store,
        request("bob", &["alice"]),
        Some(key("bob", "f")),
        after(2),
    );
    let Placed::Replayed { call, answer } = again.await else {
        panic!("not replayed");
    };
    assert_eq!((call.call, answer), (step.call, Answer::Merged));
}

async fn another_request_with_the_key_conflicts(store: TestStore) {
    try_place(
        &store,
        request("alice", &["bob"]),
        Some(key("alice", "f")),
        START,
    )
    .await;
    let other = try_place(
        &store,
        request("alice", &["carol"]),
        Some(key("alice", "g")),
        START,
    );
    assert_eq!(other.await, Placed::IdempotencyConflict);
}

async fn keys_of_different_users_never_meet(store: TestStore) {
    for name in ["alice", "carol"] {
        let other = try_place(
            &store,
            request(name, &["bob"]),
            Some(key(name, name)),
            START,
        )
        .await;
        assert!(matches!(other, Placed::Stored { .. }), "{other:?}");
    }
}

async fn an_old_key_is_forgotten(store: TestStore) {
    let first = request("alice", &["bob"]);
    try_place(&store, first, Some(key("alice", "f")), START).await;
    assert_eq!(
        store
            .delete_expired_idempotency_keys(after(86_399))
            .await
            .unwrap(),
        0
    );

    // Too old to count, whether it was cleaned up or not.
    let mut next = key("alice", "g");
    next.expires_at = after(2 * 86_400);
    let again = try_place(
        &store,
        request("dave", &["erin"]),
        Some(next),
        after(86_400),
    )
    .await;
    assert!(matches!(again, Placed::Stored { .. }), "{again:?}");
    assert_eq!(
        store
            .delete_expired_idempotency_keys(after(86_400))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store
            .delete_expired_idempotency_keys(after(2 * 86_400))
            .await
            .unwrap(),
        1
    );
}

async fn of_one_request_sent_twice_at_once_one_begins_a_call(store: TestStore) {
    let mut requests = JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        requests.spawn(async move {
            try_place(
                &store,
                request("alice", &["bob"]),
                Some(key("alice", "f")),
                START,
            )
            .await
        });
    }
    let mut ids = Vec::new();
    let mut begun = 0;
    while let Some(placed) = requests.join_next().await {
        match placed.unwrap() {
            Placed::Stored { step, .. } => {
                begun += 1;
                ids.push(step.call.id());
            }
            Placed::Replayed { call, .. } => ids.push(call.call.id()),
            other => panic!("{other:?}"),
        }
    }
    ids.dedup();
    assert_eq!((begun, ids.len()), (1, 1));
}
