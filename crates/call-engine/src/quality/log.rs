use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use call_domain::{CallId, Quality, UserId};
use call_store::{CallStore, QualitySample, StoreError};
use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::summarise;

/// The most samples that wait for the store: about 100 s of 1,000 two-party calls.
const MOST_SAMPLES: usize = 100_000;
/// The most levels and the most ended calls that wait for the store.
const MOST_OTHERS: usize = 20_000;
/// Samples written at once.
const BATCH: usize = 1_000;
/// Levels and summaries written side by side, which a store can commit together.
const SIDE_BY_SIDE: usize = 32;

/// What was measured and is yet to be stored.
///
/// Measurements may be lost, calls may not: nothing here waits for the store, and when the store
/// does not keep up the oldest are dropped and counted.
#[derive(Debug, Default)]
pub(crate) struct QualityLog {
    waiting: Mutex<Waiting>,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    samples: VecDeque<QualitySample>,
    levels: BTreeMap<(CallId, UserId), Quality>,
    ended: VecDeque<CallId>,
}

impl QualityLog {
    /// Keeps a sample for the next flush.
    pub(crate) fn sample(&self, sample: QualitySample) {
        let mut waiting = self.waiting.lock();
        waiting.samples.push_back(sample);
        if waiting.samples.len() > MOST_SAMPLES {
            waiting.samples.pop_front();
            drop(waiting);
            self.count_dropped(1);
        }
    }

    /// Keeps the level of a participant for the next flush.
    pub(crate) fn level(&self, call: CallId, user: UserId, quality: Quality) {
        let mut waiting = self.waiting.lock();
        waiting.levels.insert((call, user), quality);
        if waiting.levels.len() > MOST_OTHERS {
            waiting.levels.pop_first();
            drop(waiting);
            self.count_dropped(1);
        }
    }

    /// Has a call summed up by the next flush, after its last samples.
    pub(crate) fn ended(&self, call: CallId) {
        let mut waiting = self.waiting.lock();
        waiting.ended.push_back(call);
        if waiting.ended.len() > MOST_OTHERS {
            waiting.ended.pop_front();
            drop(waiting);
            self.count_dropped(1);
        }
    }

    /// How much was dropped because the store did not keep up.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Stores what waits. What the store refuses waits for the next flush.
    pub(crate) async fn flush(&self, store: &Arc<dyn CallStore>) {
        if !self.flush_samples(store).await {
            return;
        }
        let levels = std::mem::take(&mut self.waiting.lock().levels);
        let failed = side_by_side(levels, |((call, user), quality)| {
            let store = Arc::clone(store);
            async move {
                let stored = store.record_quality(call, &user, quality).await;
                stored.map_err(|error| (error, ((call, user), quality)))
            }
        })
        .await;
        for (participant, quality) in failed {
            // A level reported meanwhile is newer.
            self.waiting
                .lock()
                .levels
                .entry(participant)
                .or_insert(quality);
        }
        let ended = std::mem::take(&mut self.waiting.lock().ended);
        let failed = side_by_side(ended, |call| {
            let store = Arc::clone(store);
            async move { sum_up(&*store, call).await.map_err(|error| (error, call)) }
        })
        .await;
        self.waiting.lock().ended.extend(failed);
    }

    async fn flush_samples(&self, store: &Arc<dyn CallStore>) -> bool {
        loop {
            let batch: Vec<_> = {
                let mut waiting = self.waiting.lock();
                let size = waiting.samples.len().min(BATCH);
                waiting.samples.drain(..size).collect()
            };
            if batch.is_empty() {
                return true;
            }
            if let Err(error) = store.add_quality_samples(batch.clone()).await {
                tracing::warn!(%error, "quality samples could not be stored");
                if !passes(&error) {
                    self.count_dropped(batch.len());
                    continue;
                }
                self.put_back(batch);
                return false;
            }
        }
    }

    fn put_back(&self, batch: Vec<QualitySample>) {
        let mut waiting = self.waiting.lock();
        let room = MOST_SAMPLES.saturating_sub(waiting.samples.len());
        let lost = batch.len().saturating_sub(room);
        for sample in batch.into_iter().skip(lost).rev() {
            waiting.samples.push_front(sample);
        }
        drop(waiting);
        self.count_dropped(lost);
    }

    fn count_dropped(&self, lost: usize) {
        self.dropped.fetch_add(lost as u64, Ordering::Relaxed);
    }
}

/// Whether the same write may succeed later.
fn passes(error: &StoreError) -> bool {
    match error {
        StoreError::Overloaded | StoreError::Unavailable(_) | StoreError::DiskFull => true,
        StoreError::Damaged(_)
        | StoreError::CorruptCall(_)
        | StoreError::Unstorable(_)
        | StoreError::DecisionPanicked
        | StoreError::Closed
        | StoreError::Database(_) => false,
    }
}

async fn sum_up(store: &dyn CallStore, call: CallId) -> Result<(), StoreError> {
    let samples = store.quality_samples(call).await?;
    match summarise(&samples).map(serde_json::to_value) {
        Some(Ok(summary)) => store.set_quality_stats(call, summary).await,
        // Nothing was measured. (A summary is always JSON.)
        Some(Err(_)) | None => Ok(()),
    }
}

/// Does something with each item, some at the same time; returns the items that failed.
async fn side_by_side<I, T, W, F>(items: I, mut work: W) -> Vec<T>
where
    I: IntoIterator,
    T: Send + 'static,
    W: FnMut(I::Item) -> F,
    F: Future<Output = Result<(), (StoreError, T)>> + Send + 'static,
{
    let mut items = items.into_iter();
    let mut working = JoinSet::new();
    let mut failed = Vec::new();
    loop {
        while working.len() < SIDE_BY_SIDE
            && let Some(item) = items.next()
        {
            working.spawn(work(item));
        }
        match working.join_next().await {
            None => return failed,
            Some(Ok(Ok(()))) => {}
            Some(Ok(Err((error, item)))) => {
                tracing::warn!(%error, "the quality of a call could not be stored");
                if passes(&error) {
                    failed.push(item);
                }
            }
            Some(Err(error)) => tracing::error!(%error, "storing the quality of a call panicked"),
        }
    }
}
