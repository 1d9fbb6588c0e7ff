use call_domain::{Call, CallId, CallStatus, Command, RejectReason, Step};
use call_store::{CallStore, CommitError, LoggedEvent, Placed, StoreError, StoredCall};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::*;

contract!(
    a_call_is_read_as_it_was_written,
    an_unknown_call_is_none,
    a_stale_version_is_refused,
    an_unknown_call_cannot_be_changed,
    of_two_who_commit_at_once_one_wins,
    a_step_that_changed_nothing_is_not_stored,
    the_log_keeps_the_order,
    live_calls_are_those_that_have_not_ended,
    calls_are_due_by_their_deadline,
    what_cannot_be_kept_is_refused,
    the_database_answers,
);

async fn a_call_is_read_as_it_was_written(store: TestStore) {
    let call = active(&store, "alice", "bob").await;
    assert_eq!(load(&store, call.id()).await, call);

    let call = step(&store, &call, end("alice"), after(60)).await;
    assert_eq!(call.status(), CallStatus::Ended);
    assert_eq!(load(&store, call.id()).await, call);
}

async fn an_unknown_call_is_none(store: TestStore) {
    let id = CallId::new(Uuid::now_v7());
    assert_eq!(store.load(id).await.unwrap(), None);
    assert_eq!(store.events(id).await.unwrap(), []);
}

async fn a_stale_version_is_refused(store: TestStore) {
    let call = placed(&store, "alice", &["bob"], START).await;
    let answered = step(&store, &call, answer("bob"), after(1)).await;

    let late = unstored(&call, end("alice"), after(2));
    let refused = store.commit(&late, call.version(), after(2)).await;
    assert!(matches!(refused, Err(CommitError::VersionConflict)));
    assert_eq!(load(&store, call.id()).await, answered);
    let versions = store.events(call.id()).await.unwrap();
    assert!(versions.iter().all(|event| event.version <= 2));
}

async fn an_unknown_call_cannot_be_changed(store: TestStore) {
    let call = placed(&store, "alice", &["bob"], START).await;
    let ended = unstored(&call, end("alice"), after(1));
    let mut parts = ended.call.into_parts();
    parts.id = CallId::new(Uuid::now_v7());
    let of_a_stranger = Step {
        call: Call::from_parts(parts).unwrap(),
        events: ended.events,
        effects: Vec::new(),
    };
    let refused = store.commit(&of_a_stranger, 1, after(1)).await;
    assert!(matches!(refused, Err(CommitError::VersionConflict)));
    assert_eq!(load(&store, call.id()).await, call);
}

async fn of_two_who_commit_at_once_one_wins(store: TestStore) {
    let mut call = placed(&store, "alice", &["bob", "carol", "dave"], START).await;
    for (second, name) in (1..).zip(["bob", "carol", "dave"]) {
        let mut rivals = JoinSet::new();
        for rival in 0..4 {
            let store = store.clone();
            let at = after(second);
            let step = match rival % 2 {
                0 => unstored(&call, answer(name), at),
                _ => unstored(
                    &call,
                    Command::Reject {
                        user: user(name),
                        reason: RejectReason::Declined,
                    },
                    at,
                ),
            };
            let expected = call.version();
            rivals.spawn(async move { (store.commit(&step, expected, at).await, step.call) });
        }
        let mut winners = Vec::new();
        while let Some(done) = rivals.join_next().await {
            match done.unwrap() {
                (Ok(()), call) => winners.push(call),
                (Err(CommitError::VersionConflict), _) => {}
                (Err(CommitError::Store(error)), _) => panic!("{error}"),
            }
        }
        assert_eq!(winners.len(), 1);
        call = winners.remove(0);
        assert_eq!(load(&store, call.id()).await, call);
    }
}

async fn a_step_that_changed_nothing_is_not_stored(store: TestStore) {
    let call = active(&store, "alice", "bob").await;
    let nothing = unstored(&call, connect("bob"), after(9));
    assert!(nothing.events.is_empty());
    // Not even a wrong version matters.
    store.commit(&nothing, 1, after(9)).await.unwrap();
    assert_eq!(load(&store, call.id()).await, call);
}

async fn the_log_keeps_the_order(store: TestStore) {
    let request = request("alice", &["bob"]);
    let first = match try_place(&store, request, None, START).await {
        Placed::Stored { step, .. } => *step,
        other => panic!("{other:?}"),
    };
    let second = unstored(&first.call, answer("bob"), after(1));
    store.commit(&second, 1, after(1)).await.unwrap();
    let third = unstored(&second.call, end("bob"), after(2));
    store.commit(&third, 2, after(2)).await.unwrap();

    let log = store.events(first.call.id()).await.unwrap();
    let expected: Vec<_> = [(&first, START), (&second, after(1)), (&third, after(2))]
        .into_iter()
        .flat_map(|(step, at)| {
            let version = step.call.version();
            step.events.iter().map(move |event| LoggedEvent {
                version,
                at,
                event: event.clone(),
            })
        })
        .collect();
    assert_eq!(log, expected);
}

async fn live_calls_are_those_that_have_not_ended(store: TestStore) {
    let first = placed(&store, "alice", &["bob"], START).await;
    let second = placed(&store, "carol", &["bob", "dave"], after(1)).await;
    let ended = placed(&store, "erin", &["frank"], after(2)).await;
    step(&store, &ended, end("erin"), after(3)).await;

    let ids = |calls: Vec<StoredCall>| -> Vec<CallId> {
        calls.iter().map(|stored| stored.call.id()).collect()
    };
    let both = vec![first.id(), second.id()];
    assert_eq!(ids(store.live_calls().await.unwrap()), both);
    assert_eq!(ids(store.live_calls_of(&user("bob")).await.unwrap()), both);
    for (name, expected) in [
        ("dave", vec![second.id()]),
        ("erin", vec![]),
        ("zoe", vec![]),
    ] {
        assert_eq!(
            ids(store.live_calls_of(&user(name)).await.unwrap()),
            expected,
            "{name}"
        );
    }
    let whole = store.live_calls_of(&user("dave")).await.unwrap();
    assert_eq!(whole[0].call, second);
}

async fn calls_are_due_by_their_deadline(store: TestStore) {
    let early = placed(&store, "alice", &["bob"], START).await;
    let late = placed(&store, "carol", &["dave"], after(10)).await;
    let deadline = early.next_deadline().unwrap();
    let before = deadline - std::time::Duration::from_micros(1);

    assert_eq!(store.due(before, 10).await.unwrap(), []);
    assert_eq!(store.due(deadline, 10).await.unwrap(), [early.id()]);
    assert_eq!(
        store.due(after(600), 10).await.unwrap(),
        [early.id(), late.id()]
    );
    assert_eq!(store.due(after(600), 1).await.unwrap(), [early.id()]);

    step(&store, &early, Command::Expire, deadline).await;
    assert_eq!(store.due(after(600), 10).await.unwrap(), [late.id()]);
}

async fn what_cannot_be_kept_is_refused(store: TestStore) {
    let mut nul = request("alice", &["bob"]);
    nul.initiator_name = Some("A\0".into());
    let mut deep = request("alice", &["bob"]);
    let value = serde_json::json!([{"deep": ["\u{0}"]}]);
    deep.metadata.insert("key".into(), value);
    for request in [nul, deep] {
        let placed = store
            .place(
                &users(&["alice", "bob"]),
                None,
                START,
                decide(request, START),
            )
            .await;
        assert!(
            matches!(placed, Err(StoreError::Unstorable(_))),
            "{placed:?}"
        );
    }
    assert_eq!(store.live_calls().await.unwrap(), []);

    let mut escaped = request("alice", &["bob"]);
    let value = serde_json::json!({"\\u0000": "\\u0000 \u{1} \u{10ffff} 😀"});
    escaped.metadata.insert("key".into(), value);
    let id = escaped.id;
    let metadata = escaped.metadata.clone();
    try_place(&store, escaped, None, START).await;
    assert_eq!(load(&store, id).await.parts().metadata, metadata);
}

async fn the_database_answers(store: TestStore) {
    store.ping().await.unwrap();
}
