use call_store::{CallStore, StoreError, TurnCredential};
use uuid::Uuid;

use crate::support::*;

contract!(
    expired_credentials_are_deleted,
    a_credential_is_recorded_once,
);

pub(crate) fn credential(name: &str, expires_in: u64) -> TurnCredential {
    TurnCredential {
        id: Uuid::now_v7(),
        user_id: user(name),
        username: format!("{}:{name}", after(expires_in).as_secs()),
        issued_at: START,
        expires_at: after(expires_in),
    }
}

async fn expired_credentials_are_deleted(store: TestStore) {
    for seconds in [10, 20, 30] {
        store
            .record_turn_credential(credential("alice", seconds))
            .await
            .unwrap();
    }
    for (now, deleted) in [(9, 0), (20, 2), (20, 0), (30, 1)] {
        let count = store
            .delete_expired_turn_credentials(after(now))
            .await
            .unwrap();
        assert_eq!(count, deleted, "at {now}");
    }
}

async fn a_credential_is_recorded_once(store: TestStore) {
    let credential = credential("alice", 10);
    store
        .record_turn_credential(credential.clone())
        .await
        .unwrap();
    let again = store.record_turn_credential(credential).await;
    assert!(matches!(again, Err(StoreError::Database(_))), "{again:?}");
}
