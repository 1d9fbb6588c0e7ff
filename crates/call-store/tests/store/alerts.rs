//! What an operator should know of.

use call_domain::{CallId, RecordingFault};
use call_store::{Alert, AlertCursor, AlertKind, RecordingStore};
use uuid::Uuid;

use crate::support::*;

contract!(
    alerts_come_newest_first_and_page_by_page,
    an_alert_is_raised_once,
    alerts_outlive_what_they_are_about,
);

fn alert(kind: AlertKind, cause: RecordingFault, seconds: u64) -> Alert {
    Alert {
        id: Uuid::now_v7(),
        kind,
        call_id: Some(CallId::new(Uuid::now_v7())),
        recording_id: Some(new_recording_id()),
        cause,
        raised_at: after(seconds),
    }
}

async fn alerts_come_newest_first_and_page_by_page(store: TestStore) {
    let none = store.alerts(None, 10).await.unwrap();
    assert_eq!((none.items, none.next), (vec![], None));

    let mut expected = Vec::new();
    let kinds = AlertKind::ALL.iter().cycle();
    for (n, (cause, kind)) in (0..).zip(RecordingFault::ALL.iter().zip(kinds)) {
        // Two at each time, of which the later id is the newer.
        let raised = alert(*kind, *cause, n / 2);
        store.raise_alert(raised.clone()).await.unwrap();
        expected.insert(0, raised);
    }
    for limit in [1, 3, 7, 8, 9] {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.alerts(cursor, limit).await.unwrap();
            assert!(page.items.len() <= limit.try_into().unwrap());
            found.extend(page.items);
            let Some(next) = page.next else { break };
            assert_eq!(next.to_string().parse::<AlertCursor>(), Ok(next));
            cursor = Some(next);
        }
        assert_eq!(found, expected, "{limit} at a time");
    }
    // What comes meanwhile does not move the others.
    let first = store.alerts(None, 2).await.unwrap();
    let newer = alert(AlertKind::MixFailed, RecordingFault::MixFailed, 99);
    store.raise_alert(newer.clone()).await.unwrap();
    let second = store.alerts(first.next, 2).await.unwrap();
    assert_eq!(second.items, expected[2..4]);
    assert_eq!(store.alerts(None, 1).await.unwrap().items, [newer]);
}

async fn an_alert_is_raised_once(store: TestStore) {
    let mut once = alert(
        AlertKind::UploadFailed,
        RecordingFault::StorageUnreachable,
        1,
    );
    store.raise_alert(once.clone()).await.unwrap();
    let expected = once.clone();
    once.raised_at = after(2);
    store.raise_alert(once).await.unwrap();
    assert_eq!(store.alerts(None, 10).await.unwrap().items, [expected]);
}

async fn alerts_outlive_what_they_are_about(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let stored = recording(&store, id).await;
    let mut about = alert(AlertKind::RecordingFailed, RecordingFault::WriteFailed, 61);
    about.call_id = Some(stored.call_id);
    about.recording_id = Some(id);
    let mut nothing = alert(AlertKind::RecordingPartial, RecordingFault::Overloaded, 62);
    (nothing.call_id, nothing.recording_id) = (None, None);
    store.raise_alert(about.clone()).await.unwrap();
    store.raise_alert(nothing.clone()).await.unwrap();
    store.discard_recording(id, after(70)).await.unwrap();
    assert!(store.remove_recording(id).await.unwrap());
    assert_eq!(
        store.alerts(None, 10).await.unwrap().items,
        [nothing, about]
    );
}

#[test]
fn other_texts_are_no_cursors() {
    for text in ["", "0", &"0".repeat(47), &"g".repeat(48), &"0".repeat(49)] {
        assert!(text.parse::<AlertCursor>().is_err(), "{text}");
    }
}
