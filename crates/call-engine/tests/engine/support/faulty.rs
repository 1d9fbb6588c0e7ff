//! A store that fails when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use call_domain::{CallId, Quality, Step, Timestamp, UserId};
use call_engine::ManualClock;
use call_store::{
    CallStore, CommitError, Decide, HistoryPage, HistoryQuery, IdempotencyKey, LoggedEvent, Placed,
    QualitySample, StoreError, StoredCall, TurnCredential,
};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// All is well.
    None,
    /// Nothing works.
    Down,
    /// Commits are made, but the answer is lost.
    AnswerLost,
    /// Every commit is in conflict.
    Conflict,
}

pub struct FaultyStore {
    inner: Arc<dyn CallStore>,
    fault: AtomicU8,
    /// So much time passes on that clock while a commit is made.
    slow: Option<(Arc<ManualClock>, Duration)>,
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn CallStore>) -> Self {
        Self {
            inner,
            fault: AtomicU8::new(0),
            slow: None,
        }
    }

    pub fn slow(inner: Arc<dyn CallStore>, clock: Arc<ManualClock>, commit: Duration) -> Self {
        Self {
            slow: Some((clock, commit)),
            ..Self::new(inner)
        }
    }

    pub fn set(&self, fault: Fault) {
        let fault = match fault {
            Fault::None => 0,
            Fault::Down => 1,
            Fault::AnswerLost => 2,
            Fault::Conflict => 3,
        };
        self.fault.store(fault, Ordering::SeqCst);
    }

    fn fault(&self) -> Fault {
        match self.fault.load(Ordering::SeqCst) {
            0 => Fault::None,
            1 => Fault::Down,
            2 => Fault::AnswerLost,
            _ => Fault::Conflict,
        }
    }

    fn up(&self) -> Result<&Arc<dyn CallStore>, StoreError> {
        if self.fault() == Fault::Down {
            Err(gone())
        } else {
            Ok(&self.inner)
        }
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("on purpose".into())
}

#[async_trait]
impl CallStore for FaultyStore {
    async fn place(
        &self,
        users: &[UserId],
        key: Option<IdempotencyKey>,
        at: Timestamp,
        decide: Decide,
    ) -> Result<Placed, StoreError> {
        let placed = self.up()?.place(users, key, at, decide).await?;
        if self.fault() == Fault::AnswerLost {
            Err(gone())
        } else {
            Ok(placed)
        }
    }

    async fn commit(&self, step: &Step, expected: u64, at: Timestamp) -> Result<(), CommitError> {
        if self.fault() == Fault::Conflict {
            return Err(CommitError::VersionConflict);
        }
        self.up()?.commit(step, expected, at).await?;
        if let Some((clock, commit)) = &self.slow {
            clock.advance(*commit);
        }
        if self.fault() == Fault::AnswerLost {
            Err(gone().into())
        } else {
            Ok(())
        }
    }

    async fn load(&self, id: CallId) -> Result<Option<StoredCall>, StoreError> {
        self.up()?.load(id).await
    }

    async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.up()?.live_calls().await
    }

    async fn live_calls_of(&self, user: &UserId) -> Result<Vec<StoredCall>, StoreError> {
        self.up()?.live_calls_of(user).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError> {
        self.up()?.due(now, limit).await
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.up()?.history(query).await
    }

    async fn events(&self, id: CallId) -> Result<Vec<LoggedEvent>, StoreError> {
        self.up()?.events(id).await
    }

    async fn record_quality(
        &self,
        call: CallId,
        user: &UserId,
        quality: Quality,
    ) -> Result<(), StoreError> {
        self.up()?.record_quality(call, user, quality).await
    }

    async fn add_quality_samples(&self, samples: Vec<QualitySample>) -> Result<(), StoreError> {
        self.up()?.add_quality_samples(samples).await
    }

    async fn quality_samples(&self, call: CallId) -> Result<Vec<QualitySample>, StoreError> {
        self.up()?.quality_samples(call).await
    }

    async fn set_quality_stats(&self, call: CallId, stats: Value) -> Result<(), StoreError> {
        self.up()?.set_quality_stats(call, stats).await
    }

    async fn record_turn_credential(&self, credential: TurnCredential) -> Result<(), StoreError> {
        self.up()?.record_turn_credential(credential).await
    }

    async fn delete_expired_turn_credentials(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.up()?.delete_expired_turn_credentials(now).await
    }

    async fn delete_expired_idempotency_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.up()?.delete_expired_idempotency_keys(now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.up()?.ping().await
    }
}
