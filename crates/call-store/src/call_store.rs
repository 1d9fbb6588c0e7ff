use async_trait::async_trait;
use call_domain::{CallId, Quality, Step, Timestamp, UserId};
use serde_json::Value;

use crate::{
    CommitError, Decide, HistoryPage, HistoryQuery, IdempotencyKey, LoggedEvent, Placed,
    QualitySample, StoreError, StoredCall, TurnCredential,
};

/// Where calls are kept.
///
/// Object safe: use it as `Arc<dyn CallStore>`. When a method has returned `Ok`, what it wrote
/// survives a crash of the process and of the machine. A future that is dropped may or may not have
/// taken effect; nothing is ever half done.
#[async_trait]
pub trait CallStore: Send + Sync + 'static {
    /// Begins a call, or merges the wish into a live one, in one transaction.
    ///
    /// `users` are all whom the wish concerns, the caller and the called. While `decide` looks at
    /// their live calls and until its step is stored, nobody else can place a call with any of
    /// them, nor change one of those calls. `decide` runs on a thread of the store: it must be
    /// quick and do no I/O. It is not called at all when `key` was used before.
    ///
    /// `at` is the time that the log keeps, and that decides whether an old key still counts.
    async fn place(
        &self,
        users: &[UserId],
        key: Option<IdempotencyKey>,
        at: Timestamp,
        decide: Decide,
    ) -> Result<Placed, StoreError>;

    /// Stores a step, if the stored call still has the version `expected` that the step was made
    /// from; of several who try, exactly one succeeds. `at` is the time that the log keeps.
    ///
    /// A step without events changed nothing: it is `Ok` and nothing is stored.
    async fn commit(&self, step: &Step, expected: u64, at: Timestamp) -> Result<(), CommitError>;

    /// A call, live or ended; `None` if there is none with this id.
    async fn load(&self, id: CallId) -> Result<Option<StoredCall>, StoreError>;

    /// Every call that has not ended, oldest first.
    async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError>;

    /// The calls that have not ended and that this user belongs to in any way, oldest first.
    ///
    /// That includes those the user declined, missed or left: in a group call one may come back.
    async fn live_calls_of(&self, user: &UserId) -> Result<Vec<StoredCall>, StoreError>;

    /// The live calls with a deadline at or before `now`, the most urgent first, `limit` at most.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError>;

    /// A page of a user's calls, newest first.
    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError>;

    /// What happened to a call, in order; empty if there is no such call.
    async fn events(&self, id: CallId) -> Result<Vec<LoggedEvent>, StoreError>;

    /// Keeps how good a participant's connection is. No new version; unknown participants are
    /// passed over.
    async fn record_quality(
        &self,
        call: CallId,
        user: &UserId,
        quality: Quality,
    ) -> Result<(), StoreError>;

    /// Keeps samples for later charts. Samples of unknown calls are passed over.
    async fn add_quality_samples(&self, samples: Vec<QualitySample>) -> Result<(), StoreError>;

    /// The samples of a call, oldest first.
    async fn quality_samples(&self, call: CallId) -> Result<Vec<QualitySample>, StoreError>;

    /// Keeps a summary of a call's quality with the call. No new version; an unknown call is
    /// passed over.
    async fn set_quality_stats(&self, call: CallId, stats: Value) -> Result<(), StoreError>;

    /// Records that a TURN credential was issued.
    async fn record_turn_credential(&self, credential: TurnCredential) -> Result<(), StoreError>;

    /// Deletes TURN credentials that expired at or before `now`; says how many.
    async fn delete_expired_turn_credentials(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Deletes idempotency keys that expired at or before `now`; says how many.
    async fn delete_expired_idempotency_keys(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Is the database there? (A read; on SQLite it also proves that the writer lives.)
    async fn ping(&self) -> Result<(), StoreError>;
}
