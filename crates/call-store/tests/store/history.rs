use std::collections::BTreeSet;

use call_domain::{Call, CallId, CallStatus, CallType, Command, RejectReason};
use call_store::{CallStore, Direction, HistoryCursor, HistoryQuery, Outcome};

use crate::support::*;

contract!(
    newest_calls_come_first,
    pages_are_stable_while_calls_begin,
    a_cursor_survives_its_text,
    every_filter_filters,
    outcomes_are_those_of_the_asking_user,
);

async fn ids(store: &TestStore, query: HistoryQuery) -> Vec<CallId> {
    let page = store.history(query).await.unwrap();
    page.items.iter().map(|item| item.call.call.id()).collect()
}

async fn newest_calls_come_first(store: TestStore) {
    let old = placed(&store, "alice", &["bob"], START).await;
    let old = step(&store, &old, end("alice"), after(1)).await;
    let new = placed(&store, "bob", &["alice"], after(2)).await;
    placed(&store, "carol", &["dave"], after(3)).await;

    let page = store
        .history(HistoryQuery::new(user("alice"), 50))
        .await
        .unwrap();
    let calls: Vec<&Call> = page.items.iter().map(|item| &item.call.call).collect();
    assert_eq!(calls, [&new, &old]);
    assert_eq!(page.next, None);
    assert_eq!(ids(&store, HistoryQuery::new(user("zoe"), 50)).await, []);
}

async fn pages_are_stable_while_calls_begin(store: TestStore) {
    let mut expected = BTreeSet::new();
    // Several calls of one microsecond: the id decides between them.
    for n in 0..9 {
        let call = placed(&store, &format!("u{n}"), &["alice"], after(n / 4)).await;
        expected.insert(call.id());
    }
    let mut query = HistoryQuery::new(user("alice"), 2);
    let mut seen = Vec::new();
    loop {
        let page = store.history(query.clone()).await.unwrap();
        seen.extend(page.items.iter().map(|item| item.call.call.id()));
        let n = seen.len();
        placed(&store, &format!("late{n}"), &["alice"], after(100)).await;
        match page.next {
            Some(_) => query.cursor = page.next,
            None => break,
        }
    }
    assert_eq!(seen.len(), expected.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
}

async fn a_cursor_survives_its_text(store: TestStore) {
    for n in 0..3 {
        placed(&store, &format!("u{n}"), &["alice"], after(n)).await;
    }
    let mut query = HistoryQuery::new(user("alice"), 1);
    let page = store.history(query.clone()).await.unwrap();
    let cursor: HistoryCursor = page.next.unwrap().to_string().parse().unwrap();
    assert_eq!(Some(cursor), page.next);
    query.cursor = Some(cursor);
    assert_eq!(ids(&store, query).await.len(), 1);
    for text in ["", "0", &"g".repeat(48), &"é".repeat(24), &"0".repeat(49)] {
        assert!(text.parse::<HistoryCursor>().is_err(), "{text}");
    }
}

type Filter = fn(&mut HistoryQuery);

async fn every_filter_filters(store: TestStore) {
    let mut audio = request("alice", &["carol"]);
    audio.call_type = CallType::Audio;
    audio.device = "tablet".parse().unwrap();
    let out = placed(&store, "alice", &["bob"], START).await;
    let ended = placed(&store, "dave", &["alice", "bob"], after(1)).await;
    let ended = step(&store, &ended, end("dave"), after(2)).await;
    let audio_id = audio.id;
    try_place(&store, audio, None, after(3)).await;

    let cases: [(&str, Filter, Vec<CallId>); 12] = [
        ("all", |_| {}, vec![audio_id, ended.id(), out.id()]),
        (
            "status",
            |q| q.status = Some(CallStatus::Ended),
            vec![ended.id()],
        ),
        (
            "type",
            |q| q.call_type = Some(CallType::Audio),
            vec![audio_id],
        ),
        (
            "incoming",
            |q| q.direction = Some(Direction::Incoming),
            vec![ended.id()],
        ),
        (
            "outgoing",
            |q| q.direction = Some(Direction::Outgoing),
            vec![audio_id, out.id()],
        ),
        (
            "outcome",
            |q| q.outcome = Some(Outcome::Busy),
            vec![ended.id()],
        ),
        (
            "other outcome",
            |q| q.outcome = Some(Outcome::Missed),
            vec![],
        ),
        (
            "with",
            |q| q.with = Some(user("bob")),
            vec![ended.id(), out.id()],
        ),
        ("with a stranger", |q| q.with = Some(user("zoe")), vec![]),
        (
            "from is included",
            |q| q.from = Some(after(1)),
            vec![audio_id, ended.id()],
        ),
        ("to is not", |q| q.to = Some(after(1)), vec![out.id()]),
        (
            "together",
            |q| {
                q.with = Some(user("bob"));
                q.direction = Some(Direction::Incoming);
                q.outcome = Some(Outcome::Busy);
                q.status = Some(CallStatus::Ended);
                q.call_type = Some(CallType::Video);
                q.from = Some(START);
                q.to = Some(after(9));
            },
            vec![ended.id()],
        ),
    ];
    for (what, filter, expected) in cases {
        let mut query = HistoryQuery::new(user("alice"), 50);
        filter(&mut query);
        assert_eq!(ids(&store, query).await, expected, "{what}");
    }
}

async fn outcomes_are_those_of_the_asking_user(store: TestStore) {
    let reject = |name: &str, reason| Command::Reject {
        user: user(name),
        reason,
    };
    let outcomes = |call: &Call| {
        let id = call.id();
        let store = store.clone();
        async move {
            let mut outcomes = Vec::new();
            for name in ["alice", "bob"] {
                let page = store
                    .history(HistoryQuery::new(user(name), 200))
                    .await
                    .unwrap();
                let item = page
                    .items
                    .iter()
                    .find(|item| item.call.call.id() == id)
                    .unwrap();
                outcomes.push(item.outcome);
            }
            (outcomes[0], outcomes[1])
        }
    };

    let call = placed(&store, "alice", &["bob"], after(100)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Ongoing));
    let call = step(&store, &call, end("alice"), after(101)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Cancelled, Outcome::Missed));

    let call = placed(&store, "alice", &["bob"], after(200)).await;
    let declined = reject("bob", RejectReason::Declined);
    let call = step(&store, &call, declined, after(201)).await;
    assert_eq!(
        outcomes(&call).await,
        (Outcome::Declined, Outcome::Declined)
    );

    let call = placed(&store, "alice", &["bob"], after(300)).await;
    let call = step(&store, &call, reject("bob", RejectReason::Busy), after(301)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Busy, Outcome::Busy));

    let call = placed(&store, "alice", &["bob"], after(400)).await;
    let call = step(&store, &call, Command::Expire, after(500)).await;
    assert_eq!(outcomes(&call).await, (Outcome::NoAnswer, Outcome::Missed));

    let call = placed(&store, "alice", &["bob"], after(600)).await;
    let call = step(&store, &call, answer("bob"), after(601)).await;
    let failed = step(&store, &call, Command::Expire, after(700)).await;
    assert_eq!(outcomes(&failed).await, (Outcome::Failed, Outcome::Failed));

    let call = active(&store, "alice", "bob").await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Ongoing));
    let call = step(&store, &call, end("bob"), after(60)).await;
    assert_eq!(
        outcomes(&call).await,
        (Outcome::Answered, Outcome::Answered)
    );

    // A group call goes on without bob.
    let call = placed(&store, "alice", &["bob", "carol"], after(800)).await;
    let declined = reject("bob", RejectReason::Declined);
    let call = step(&store, &call, declined, after(801)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Declined));
    let call = step(&store, &call, answer("bob"), after(802)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Ongoing));

    // Put out before media flowed, bob has taken it all the same; called no longer, he has not.
    let remove = || Command::Remove {
        by: user("alice"),
        admin: false,
        user: user("bob"),
    };
    let call = step(&store, &call, remove(), after(803)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Answered));
    step(&store, &call, end("alice"), after(804)).await;
    let call = placed(&store, "alice", &["bob", "carol"], after(900)).await;
    let call = step(&store, &call, remove(), after(901)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Missed));

    // Alice leaves, and is called back.
    let call = step(&store, &call, answer("carol"), after(902)).await;
    let leave = Command::Leave {
        user: user("alice"),
    };
    let call = step(&store, &call, leave, after(903)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Answered, Outcome::Missed));
    let add = Command::Add {
        by: user("carol"),
        invitees: request("carol", &["alice"]).invitees,
        in_other_calls: Vec::new(),
    };
    let call = step(&store, &call, add, after(904)).await;
    assert_eq!(outcomes(&call).await, (Outcome::Ongoing, Outcome::Missed));
}
