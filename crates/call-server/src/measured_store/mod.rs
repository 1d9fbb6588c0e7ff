//! The store, with a measurement of everything that goes through it.

mod recordings;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use call_domain::{CallId, Quality, Step, Timestamp, UserId};
use call_store::{
    CallStore, CommitError, Decide, HistoryPage, HistoryQuery, IdempotencyKey, LoggedEvent, Placed,
    QualitySample, RecordingStore, StoreError, StoredCall, TurnCredential,
};
use serde_json::Value;

use crate::metrics::Metrics;

/// Passes everything on to a store; measures how long it takes, and what becomes of calls.
pub(crate) struct MeasuredStore {
    inner: Arc<dyn CallStore>,
    recordings: Arc<dyn RecordingStore>,
    metrics: Metrics,
}

impl MeasuredStore {
    pub(crate) fn new<S: CallStore + RecordingStore>(store: Arc<S>, metrics: Metrics) -> Self {
        Self {
            inner: Arc::clone(&store) as Arc<dyn CallStore>,
            recordings: store,
            metrics,
        }
    }

    async fn measure<T, E: IsFault>(
        &self,
        operation: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let outcome = work.await;
        let failed = outcome.as_ref().is_err_and(IsFault::is_fault);
        self.metrics.stored(operation, started.elapsed(), failed);
        outcome
    }
}

/// Whether an error says that the store is at fault.
trait IsFault {
    fn is_fault(&self) -> bool;
}

impl IsFault for StoreError {
    fn is_fault(&self) -> bool {
        !matches!(self, Self::Unstorable(_))
    }
}

impl IsFault for CommitError {
    fn is_fault(&self) -> bool {
        match self {
            Self::VersionConflict => false,
            Self::Store(error) => error.is_fault(),
        }
    }
}

#[async_trait]
impl CallStore for MeasuredStore {
    async fn place(
        &self,
        users: &[UserId],
        key: Option<IdempotencyKey>,
        at: Timestamp,
        decide: Decide,
    ) -> Result<Placed, StoreError> {
        let placed = self
            .measure("place", self.inner.place(users, key, at, decide))
            .await?;
        if let Placed::Stored { step, .. } = &placed {
            self.metrics.calls.step(step);
        }
        Ok(placed)
    }

    async fn commit(&self, step: &Step, expected: u64, at: Timestamp) -> Result<(), CommitError> {
        self.measure("commit", self.inner.commit(step, expected, at))
            .await?;
        self.metrics.calls.step(step);
        Ok(())
    }

    async fn load(&self, id: CallId) -> Result<Option<StoredCall>, StoreError> {
        self.measure("load", self.inner.load(id)).await
    }

    async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        let calls = self.measure("live_calls", self.inner.live_calls()).await?;
        for stored in &calls {
            self.metrics.calls.live(&stored.call);
        }
        Ok(calls)
    }

    async fn live_calls_of(&self, user: &UserId) -> Result<Vec<StoredCall>, StoreError> {
        self.measure("live_calls_of", self.inner.live_calls_of(user))
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError> {
        self.measure("due", self.inner.due(now, limit)).await
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.measure("history", self.inner.history(query)).await
    }

    async fn events(&self, id: CallId) -> Result<Vec<LoggedEvent>, StoreError> {
        self.measure("events", self.inner.events(id)).await
    }

    async fn record_quality(
        &self,
        call: CallId,
        user: &UserId,
        quality: Quality,
    ) -> Result<(), StoreError> {
        self.measure(
            "record_quality",
            self.inner.record_quality(call, user, quality),
        )
        .await
    }

    async fn add_quality_samples(&self, samples: Vec<QualitySample>) -> Result<(), StoreError> {
        self.measure(
            "add_quality_samples",
            self.inner.add_quality_samples(samples),
        )
        .await
    }

    async fn quality_samples(&self, call: CallId) -> Result<Vec<QualitySample>, StoreError> {
        self.measure("quality_samples", self.inner.quality_samples(call))
            .await
    }

    async fn set_quality_stats(&self, call: CallId, stats: Value) -> Result<(), StoreError> {
        self.measure(
            "set_quality_stats",
            self.inner.set_quality_stats(call, stats),
        )
        .await
    }

    async fn record_turn_credential(&self, credential: TurnCredential) -> Result<(), StoreError> {
        self.measure(
            "record_turn_credential",
            self.inner.record_turn_credential(credential),
        )
        .await
    }

    async fn delete_expired_turn_credentials(&self, now: Timestamp) -> Result<u64, StoreError> {
        let work = self.inner.delete_expired_turn_credentials(now);
        self.measure("delete_expired_turn_credentials", work).await
    }

    async fn delete_expired_idempotency_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        let work = self.inner.delete_expired_idempotency_keys(now);
        self.measure("delete_expired_idempotency_keys", work).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.measure("ping", self.inner.ping()).await
    }
}
