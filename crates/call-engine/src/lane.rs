use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;

use call_domain::CallId;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How many calls are worked on at the same time.
const LANES: usize = 64;
/// How many jobs wait in a lane before whoever brings the next one has to wait.
const QUEUE: usize = 256;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

enum Order {
    Run(Job),
    Close,
}

/// Does the jobs of one call one after the other, those of different calls side by side.
///
/// A job that was taken on is done to its end, even if whoever brought it has gone: a change that
/// was made durable is always told to everybody.
#[derive(Debug)]
pub(crate) struct Lanes {
    queues: Vec<mpsc::Sender<Order>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

/// Why a job was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotDone {
    /// The lanes are closed.
    Closed,
    /// The job panicked.
    Panicked,
}

impl Lanes {
    /// Opens the lanes on the current tokio runtime.
    pub(crate) fn open() -> Self {
        let (queues, tasks) = (0..LANES)
            .map(|_| {
                let (queue, orders) = mpsc::channel(QUEUE);
                (queue, tokio::spawn(work(orders)))
            })
            .unzip();
        Self {
            queues,
            tasks: Mutex::new(tasks),
        }
    }

    /// Does a job in the lane of a call; waits for a place in the queue, and for the result.
    pub(crate) async fn run<T, F>(&self, call: CallId, job: F) -> Result<T, NotDone>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let job = Box::pin(async move {
            // Nobody may be waiting any more.
            let _ = done.send(job.await);
        });
        self.queue(call)
            .send(Order::Run(job))
            .await
            .map_err(|_| NotDone::Closed)?;
        result.await.map_err(|_| NotDone::Panicked)
    }

    /// Puts a job into the lane of a call without waiting for anything; `false` if there is no
    /// place.
    pub(crate) fn try_start<F>(&self, call: CallId, job: F) -> bool
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.queue(call).try_send(Order::Run(Box::pin(job))).is_ok()
    }

    /// Takes no more jobs, and returns when all that were taken on are done.
    pub(crate) async fn close(&self) {
        for queue in &self.queues {
            // Fails only for a lane that is closed already.
            let _ = queue.send(Order::Close).await;
        }
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            let _ = task.await;
        }
    }

    fn queue(&self, call: CallId) -> &mpsc::Sender<Order> {
        let mut hasher = DefaultHasher::new();
        call.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % LANES as u64).unwrap_or(0);
        &self.queues[lane]
    }
}

async fn work(mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        match order {
            // A task of its own: a panic ends the job, not the lane.
            Order::Run(job) => {
                if let Err(error) = tokio::spawn(job).await {
                    tracing::error!(%error, "a job on a call panicked");
                }
            }
            // What is in the queue by now is still done.
            Order::Close => orders.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use uuid::Uuid;

    fn call(n: u128) -> CallId {
        CallId::new(Uuid::from_u128(n))
    }

    #[tokio::test]
    async fn jobs_of_one_call_are_done_in_order() {
        let lanes = Arc::new(Lanes::open());
        let log = Arc::new(Mutex::new(Vec::new()));
        let jobs: Vec<_> = (0..50)
            .map(|n| {
                let (log, lanes) = (Arc::clone(&log), Arc::clone(&lanes));
                async move {
                    lanes
                        .run(call(1), async move {
                            for _ in 0..n % 5 {
                                tokio::task::yield_now().await;
                            }
                            log.lock().push(n);
                        })
                        .await
                }
            })
            .collect();
        for job in jobs.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
            job.await.expect("task").expect("job");
        }
        assert_eq!(*log.lock(), (0..50).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_panic_does_not_stop_the_lane() {
        let lanes = Lanes::open();
        let bad = lanes.run(call(1), async { panic!("on purpose") }).await;
        assert_eq!(bad, Err(NotDone::Panicked));
        assert_eq!(lanes.run(call(1), async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn closing_finishes_what_was_taken_on_and_takes_no_more() {
        let lanes = Lanes::open();
        let (done, result) = oneshot::channel();
        assert!(lanes.try_start(call(1), async {
            tokio::task::yield_now().await;
            let _ = done.send(7);
        }));
        lanes.close().await;
        assert_eq!(result.await, Ok(7));
        assert_eq!(lanes.run(call(1), async {}).await, Err(NotDone::Closed));
        assert!(!lanes.try_start(call(1), async {}));
    }
}
