use call_domain::RecordingFault;
use call_engine::AlertCount;
use call_store::{AlertKind, JobKind};
use prometheus::{CounterVec, Error, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts};

use super::collectors::Collectors;
use super::raise;
use crate::recording::RecordingCounts;

/// How a job came out that was done.
const DONE: &str = "done";

/// What recorders do, and what became of recordings.
#[derive(Clone)]
pub(super) struct RecordingMetrics {
    active: IntGauge,
    free_bytes: IntGauge,
    frames: IntCounter,
    bytes: IntCounter,
    lost: IntCounter,
    faults: IntCounterVec,
    jobs: IntCounterVec,
    job_seconds: CounterVec,
    running: IntGaugeVec,
    backlog: IntGaugeVec,
    alerts: IntCounterVec,
}

/// What others have counted of recordings.
pub(crate) struct RecordingFigures {
    pub(crate) counts: RecordingCounts,
    pub(crate) alerts: Vec<AlertCount>,
    /// Jobs that wait or run.
    pub(crate) backlog: Vec<(JobKind, u64)>,
}

impl RecordingMetrics {
    pub(super) fn new(collectors: &Collectors<'_>) -> Result<Self, Error> {
        let metrics = Self {
            active: collectors.gauge("call_recordings_active", "Calls that are recorded now.")?,
            free_bytes: collectors.gauge(
                "call_recording_free_bytes",
                "Bytes that are free on the disk of the folder of recordings.",
            )?,
            frames: collectors.counter(
                "call_recording_frames_total",
                "Frames written to recordings.",
            )?,
            bytes: collectors.counter(
                "call_recording_bytes_total",
                "Bytes of frames written to recordings.",
            )?,
            lost: collectors.counter(
                "call_recording_packets_lost_total",
                "Packets that no recorder got because it did not keep up.",
            )?,
            faults: collectors.counters(
                "call_recording_faults_total",
                "What went wrong while calls were recorded, by cause.",
                &["cause"],
            )?,
            jobs: collectors.counters(
                "call_recording_jobs_total",
                "Work on recordings that have stopped, by kind and by what came of it: done, or a cause.",
                &["kind", "outcome"],
            )?,
            job_seconds: collectors.registered(CounterVec::new(
                Opts::new(
                    "call_recording_job_seconds_total",
                    "How long that work took.",
                ),
                &["kind", "outcome"],
            )?)?,
            running: collectors.gauges(
                "call_recording_jobs_running",
                "Work on recordings that is being done now, by kind.",
                &["kind"],
            )?,
            backlog: collectors.gauges(
                "call_recording_jobs",
                "Work on recordings that waits or is being done, by kind.",
                &["kind"],
            )?,
            alerts: collectors.counters(
                "call_alerts_total",
                "What an operator has to look at, by kind and cause.",
                &["kind", "cause"],
            )?,
        };
        // So that the first of each is seen as an increase.
        for fault in RecordingFault::ALL {
            metrics.faults.with_label_values(&[fault.as_str()]);
        }
        for kind in JobKind::ALL {
            let labels = [kind.as_str(), DONE];
            metrics.jobs.with_label_values(&labels);
            metrics.job_seconds.with_label_values(&labels);
            metrics.running.with_label_values(&labels[..1]);
            metrics.backlog.with_label_values(&labels[..1]);
        }
        for kind in AlertKind::ALL {
            for fault in RecordingFault::ALL {
                let labels = [kind.as_str(), fault.as_str()];
                metrics.alerts.with_label_values(&labels);
            }
        }
        Ok(metrics)
    }

    /// Brings the numbers to where the recorder and the engine have counted.
    pub(super) fn refresh(&self, figures: &RecordingFigures) {
        let RecordingFigures {
            counts,
            alerts,
            backlog,
        } = figures;
        self.active.set(gauge(counts.active));
        if let Some(free) = counts.free_bytes {
            self.free_bytes.set(gauge(free));
        }
        raise(&self.frames, counts.frames);
        raise(&self.bytes, counts.bytes);
        raise(&self.lost, counts.lost_packets);
        for (cause, count) in &counts.faults {
            raise(&self.faults.with_label_values(&[cause]), *count);
        }
        for ((kind, outcome), jobs) in &counts.jobs {
            let labels = [kind, outcome];
            raise(&self.jobs.with_label_values(&labels), jobs.count);
            let seconds = self.job_seconds.with_label_values(&labels);
            seconds.inc_by((jobs.time.as_secs_f64() - seconds.get()).max(0.0));
        }
        for (kind, count) in &counts.running {
            let running = self.running.with_label_values(&[kind]);
            running.set(gauge(*count));
        }
        for (kind, count) in backlog {
            let waiting = self.backlog.with_label_values(&[kind.as_str()]);
            waiting.set(gauge(*count));
        }
        for alert in alerts {
            let labels = [alert.kind.as_str(), alert.cause.as_str()];
            raise(&self.alerts.with_label_values(&labels), alert.count);
        }
    }
}

fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
