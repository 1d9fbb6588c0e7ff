use std::sync::Arc;
use std::time::Duration;

use call_domain::{RecordingFault, RecordingId};
use call_store::{AlertKind, JobKind, RecordingJob, RecordingUpdate, StoreError};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::Recordings;
use super::alert::News;
use super::job::{Trouble, Try};
use super::retention::retain;
use super::sweep::sweep_recordings;
use crate::Engine;
use crate::background::turned;
use crate::recording_config::RecordingConfig;

/// What each worker does. Files are closed soon after a call, whatever else there is; one mix at a time is made, which takes
/// processors for as long as the call was, and one recording at a time is uploaded.
const WORKERS: [&[JobKind]; 3] = [
    &[JobKind::Finish, JobKind::Delete],
    &[JobKind::Upload],
    &[JobKind::Mix],
];
/// For how long a job is leased; whoever crashed is not waited for any longer.
const LEASE: Duration = Duration::from_secs(30);
/// How often the lease is extended, and progress stored.
const BEAT: Duration = Duration::from_secs(2);
/// How often it is looked for work that nobody told of.
const LOOK: Duration = Duration::from_secs(5);
/// How often a job may be broken off, beside those tries that failed.
const MOST_CRASHES: u32 = 50;
/// The longest time from one try to the next.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Starts the workers; they end when `stopped` turns true, and what they are at is taken up by the next start.
pub(crate) fn start(engine: &Arc<Engine>, stopped: &watch::Sender<bool>) -> Vec<JoinHandle<()>> {
    let Some(config) = &engine.config.recording else {
        return Vec::new();
    };
    let (engine, config, stopped) = (Arc::clone(engine), config.clone(), stopped.clone());
    vec![tokio::spawn(async move {
        engine.take_over(&config).await;
        sweep_recordings(Arc::clone(&engine)).await;
        retain(Arc::clone(&engine)).await;
        let mut workers = JoinSet::new();
        for kinds in WORKERS {
            let worker = Worker {
                engine: Arc::clone(&engine),
                config: config.clone(),
                kinds,
                stopped: stopped.subscribe(),
                work: engine.recordings.work.subscribe(),
            };
            workers.spawn(worker.run());
        }
        while let Some(ended) = workers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker on recordings panicked");
            }
        }
    })]
}

struct Worker {
    engine: Arc<Engine>,
    config: RecordingConfig,
    kinds: &'static [JobKind],
    stopped: watch::Receiver<bool>,
    work: watch::Receiver<()>,
}

impl Worker {
    async fn run(mut self) {
        while !*self.stopped.borrow() {
            self.work.mark_unchanged();
            let now = self.engine.clock.now();
            match self
                .config
                .store
                .lease_job(self.kinds, now, now + LEASE)
                .await
            {
                Ok(Some(job)) => self.do_job(job).await,
                Ok(None) => self.rest().await,
                Err(error) => {
                    tracing::warn!(%error, "jobs could not be looked up");
                    self.rest().await;
                }
            }
        }
    }

    /// Until there may be something to do.
    async fn rest(&mut self) {
        let next = self.engine.clock.now() + LOOK;
        tokio::select! {
            () = self.engine.clock.sleep_until(next) => {}
            // Fails only when the engine is gone.
            _ = self.work.changed() => {}
            () = turned(&mut self.stopped) => {}
        }
    }

    /// Does a job, or leaves it for the next start when the engine stops.
    async fn do_job(&mut self, job: RecordingJob) {
        let engine = Arc::clone(&self.engine);
        let this = Arc::new(Try::new(job.clone(), self.config.clone()));
        // A task of its own: a panic ends the try, not the worker. Dropped, it is aborted.
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { engine.attempt(&this).await });
        let ended = tokio::select! {
            ended = tasks.join_next() => ended,
            () = turned(&mut self.stopped) => {
                tasks.shutdown().await;
                self.release(&job, Duration::ZERO).await;
                return;
            }
        };
        match ended {
            Some(Ok(Ok(()))) | None => self.engine.recordings.wake(),
            Some(Ok(Err(error))) => {
                tracing::warn!(recording = %job.recording, kind = %job.kind, %error, "what became of a job could not be stored");
                self.release(&job, LOOK).await;
                self.rest().await;
            }
            Some(Err(error)) => {
                tracing::error!(recording = %job.recording, kind = %job.kind, %error, "a job panicked");
                self.release(&job, LONGEST_PAUSE).await;
            }
        }
    }

    async fn release(&self, job: &RecordingJob, pause: Duration) {
        let at = self.engine.clock.now() + pause;
        if let Err(error) = self.config.store.retry_job(job, at).await {
            // Its lease runs out.
            tracing::warn!(recording = %job.recording, kind = %job.kind, %error, "a job could not be given back");
        }
    }
}

impl Engine {
    /// Where no other node works on the same store, those who leased jobs are gone: the jobs are free at once.
    async fn take_over(&self, config: &RecordingConfig) {
        if self.bus.is_shared() {
            return;
        }
        let now = self.clock.now();
        let freed = async {
            // No lease is longer. Held until all are found, so that none is found twice.
            let mut found = Vec::new();
            let (later, until) = (now + LEASE, now + LEASE + LEASE);
            while let Some(job) = config.store.lease_job(JobKind::ALL, later, until).await? {
                found.push(job);
            }
            for job in found {
                let at = job.run_at.max(now);
                config.store.retry_job(&job, at).await?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = freed.await {
            tracing::warn!(%error, "jobs of the last run could not be taken over before their leases run out");
        }
    }

    /// One try at a job, and what follows from how it ended.
    async fn attempt(&self, this: &Arc<Try>) -> Result<(), StoreError> {
        let _at_work = AtWork::on(&self.recordings, this);
        let job = &this.job;
        let crashed_often = job.attempts > this.failures().saturating_add(MOST_CRASHES);
        let ended = if crashed_often && may_be_given_up(job.kind) {
            tracing::error!(recording = %job.recording, kind = %job.kind, "a job was broken off too often");
            self.give_up(this, RecordingFault::Interrupted).await
        } else {
            let ended = self.with_heartbeat(this).await;
            match ended {
                Err(Trouble::Plane(fault)) => self.failed(this, fault).await,
                Ok(_) | Err(_) => ended,
            }
        };
        match ended {
            Ok(next) => {
                let now = self.clock.now();
                this.store().finish_job(job, &next, now).await?;
            }
            Err(Trouble::NotYet | Trouble::Plane(_)) => {
                let at = self.clock.now() + pause(this);
                this.store().retry_job(job, at).await?;
            }
            // The deletion of what was discarded waits for this; with the lease, it changes nothing.
            Err(Trouble::Lost) => {
                let now = self.clock.now();
                this.store().finish_job(job, &[], now).await?;
            }
            Err(Trouble::Store(error)) => return Err(error),
        }
        Ok(())
    }

    /// Does a job while its lease is extended. Lost, what was begun is dropped.
    async fn with_heartbeat(&self, this: &Arc<Try>) -> Result<Vec<JobKind>, Trouble> {
        let work = self.perform(this);
        tokio::pin!(work);
        loop {
            let next = self.clock.now() + BEAT;
            tokio::select! {
                ended = &mut work => return ended,
                () = self.clock.sleep_until(next) => self.beat(this).await?,
            }
        }
    }

    async fn beat(&self, this: &Try) -> Result<(), Trouble> {
        let until = self.clock.now() + LEASE;
        match this.store().extend_lease(&this.job, until).await {
            Ok(true) => {}
            Ok(false) => return Err(Trouble::Lost),
            // The work is worth more than its lease: what it leads to is stored only under one.
            Err(error) => {
                tracing::warn!(recording = %this.job.recording, %error, "a lease could not be extended");
            }
        }
        if this.kind() == JobKind::Delete {
            return Ok(());
        }
        // Discarded meanwhile, there is nothing more to do.
        if let Err(Trouble::Lost) = this.recording().await {
            return Err(Trouble::Lost);
        }
        if let Some(share) = this.news() {
            let update = RecordingUpdate {
                progress: Some(Some(share)),
                ..RecordingUpdate::default()
            };
            // The next one comes soon.
            let _ = this.update(update).await;
        }
        Ok(())
    }

    async fn perform(&self, this: &Arc<Try>) -> Result<Vec<JobKind>, Trouble> {
        match this.kind() {
            JobKind::Finish => self.finish_recording(this).await,
            JobKind::Mix => self.mix_recording(this).await,
            JobKind::Upload => self.upload_recording(this).await,
            JobKind::Delete => self.delete_files(this).await,
        }
    }

    /// The plane could not do a job: it is tried again later, or given up.
    async fn failed(&self, this: &Try, fault: RecordingFault) -> Result<Vec<JobKind>, Trouble> {
        let job = &this.job;
        let failures = this.failures() + 1;
        tracing::warn!(recording = %job.recording, kind = %job.kind, failures, %fault, "a job failed");
        let hopeless = fault == RecordingFault::MixingUnavailable;
        if hopeless || most_failures(job.kind).is_some_and(|most| failures >= most) {
            return self.give_up(this, fault).await;
        }
        match job.kind {
            JobKind::Finish => self.finish_delayed(this, fault).await?,
            JobKind::Mix => {
                this.count_failure(None).await?;
                self.mix_delayed(this, fault).await?;
            }
            JobKind::Upload => {
                this.conclude(&self.recordings).await;
                let recording = this.recording().await?;
                let blamed = recording.cause.is_none().then_some(fault);
                this.count_failure(blamed).await?;
                self.upload_failed(&recording, this, fault).await?;
            }
            JobKind::Delete => {
                this.count_failure(None).await?;
                self.report_delete(this, fault).await;
            }
        }
        Err(Trouble::Plane(fault))
    }

    /// A job is not tried any more; says what is to be done all the same.
    async fn give_up(&self, this: &Try, fault: RecordingFault) -> Result<Vec<JobKind>, Trouble> {
        match this.kind() {
            JobKind::Finish => self.finish_failed(this, fault).await,
            JobKind::Mix => self.mix_failed(this, fault).await,
            // Never: what there is has to get where it is kept, and what is to be gone has to go.
            JobKind::Upload | JobKind::Delete => Err(Trouble::Plane(fault)),
        }
    }

    async fn report_delete(&self, this: &Try, cause: RecordingFault) {
        self.raise(News {
            kind: AlertKind::DeleteFailed,
            call: None,
            recording: Some(this.job.recording),
            cause,
        });
        self.flush_alerts().await;
    }
}

/// How many failures end a job; `None`: none do, as what there is of a recording would be lost to whoever may see it.
const fn most_failures(kind: JobKind) -> Option<u32> {
    match kind {
        JobKind::Mix => Some(3),
        JobKind::Finish | JobKind::Upload | JobKind::Delete => None,
    }
}

/// Whether a job that takes the whole process down, again and again, is left alone.
const fn may_be_given_up(kind: JobKind) -> bool {
    match kind {
        JobKind::Finish | JobKind::Mix => true,
        JobKind::Upload | JobKind::Delete => false,
    }
}

/// How long until the next try: longer and longer.
fn pause(this: &Try) -> Duration {
    let first = match this.kind() {
        JobKind::Finish | JobKind::Upload | JobKind::Mix => Duration::from_secs(5),
        JobKind::Delete => Duration::from_secs(10),
    };
    let doublings = this.failures().saturating_sub(1).min(16);
    first.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
}

/// A mark that this process is at a job.
struct AtWork<'a> {
    recordings: &'a Recordings,
    this: &'a Try,
}

impl<'a> AtWork<'a> {
    fn on(recordings: &'a Recordings, this: &'a Try) -> Self {
        recordings.at_work.lock().push(this.what());
        Self { recordings, this }
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.this.ended();
        let what = self.this.what();
        self.recordings.at_work.lock().retain(|job| *job != what);
    }
}

impl Recordings {
    /// Whether this process is at another job of a recording.
    pub(super) fn is_at_another(&self, recording: RecordingId, kind: JobKind) -> bool {
        let at_work = self.at_work.lock();
        at_work
            .iter()
            .any(|(id, other)| *id == recording && *other != kind)
    }
}
