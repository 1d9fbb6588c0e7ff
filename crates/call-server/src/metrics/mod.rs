//! Numbers for Prometheus.

mod calls;
mod collectors;
mod recording;
mod sfu;
mod turn;

use std::time::Duration;

use call_media::sfu::SfuCounters;
use call_signal::HubCounts;
use call_turn::RelayStats;
use prometheus::{
    Encoder as _, HistogramVec, IntCounter, IntCounterVec, IntGauge, Registry, TextEncoder,
};

pub(crate) use calls::CallMetrics;
use collectors::Collectors;
pub(crate) use recording::RecordingFigures;
use recording::RecordingMetrics;
use sfu::SfuMetrics;
use turn::TurnMetrics;

/// The content type of [`Metrics::text`].
pub(crate) const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds for what should take milliseconds, in seconds.
const FAST: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// Everything that this server counts. One registry for each server, so that several can live in
/// one process. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    refused: IntCounterVec,
    store_seconds: HistogramVec,
    store_errors: IntCounterVec,
    sockets: IntGauge,
    frames: IntCounterVec,
    closes: IntCounterVec,
    dropped_measurements: IntCounter,
    turn: TurnMetrics,
    sfu: SfuMetrics,
    recording: RecordingMetrics,
    /// What becomes of calls.
    pub(crate) calls: CallMetrics,
}

impl Metrics {
    /// Fresh counters.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let collectors = Collectors(&registry);
        let metrics = Self {
            requests: collectors.counters(
                "call_http_requests_total",
                "HTTP requests answered.",
                &["method", "route", "status"],
            )?,
            request_seconds: collectors.histograms(
                "call_http_request_seconds",
                "How long requests took.",
                &FAST,
                &["method", "route"],
            )?,
            refused: collectors.counters(
                "call_refused_total",
                "Requests refused for their token, origin or rate.",
                &["reason"],
            )?,
            store_seconds: collectors.histograms(
                "call_store_seconds",
                "How long the store took.",
                &FAST,
                &["operation"],
            )?,
            store_errors: collectors.counters(
                "call_store_errors_total",
                "Failures of the store.",
                &["operation"],
            )?,
            sockets: collectors.gauge("call_sockets", "Open sockets.")?,
            frames: collectors.counters(
                "call_socket_frames_total",
                "Frames read from and written to sockets.",
                &["direction"],
            )?,
            closes: collectors.counters(
                "call_socket_closes_total",
                "Sockets closed, by close code.",
                &["code"],
            )?,
            dropped_measurements: collectors.counter(
                "call_measurements_dropped_total",
                "Quality measurements dropped because the store did not keep up.",
            )?,
            turn: TurnMetrics::new(&collectors)?,
            sfu: SfuMetrics::new(&collectors)?,
            recording: RecordingMetrics::new(&collectors)?,
            calls: CallMetrics::new(&collectors)?,
            registry,
        };
        // So that the first of each is seen as an increase.
        for reason in ["token", "origin", "rate"] {
            metrics.refused.with_label_values(&[reason]);
        }
        Ok(metrics)
    }

    /// Counts a request that was answered.
    pub(crate) fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Methods are the client's to choose; series are not.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        let labels = [method, route, &status.to_string()];
        self.requests.with_label_values(&labels).inc();
        let seconds = self.request_seconds.with_label_values(&labels[..2]);
        seconds.observe(took.as_secs_f64());
    }

    /// Counts a refusal: `token`, `origin` or `rate`.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Measures an operation of the store.
    pub(crate) fn stored(&self, operation: &'static str, took: Duration, failed: bool) {
        let seconds = self.store_seconds.with_label_values(&[operation]);
        seconds.observe(took.as_secs_f64());
        if failed {
            self.store_errors.with_label_values(&[operation]).inc();
        }
    }

    /// All numbers in the text format of Prometheus.
    pub(crate) fn text(
        &self,
        hub: &HubCounts,
        dropped: u64,
        relay: Option<&RelayStats>,
        sfu: Option<(&SfuCounters, u64)>,
        recording: Option<&RecordingFigures>,
    ) -> Result<String, prometheus::Error> {
        self.sockets
            .set(i64::try_from(hub.sockets).unwrap_or(i64::MAX));
        raise(&self.frames.with_label_values(&["in"]), hub.frames_in);
        raise(&self.frames.with_label_values(&["out"]), hub.frames_out);
        for (code, count) in &hub.closes {
            raise(&self.closes.with_label_values(&[&code.to_string()]), *count);
        }
        raise(&self.dropped_measurements, dropped);
        if let Some(stats) = relay {
            self.turn.refresh(stats);
        }
        if let Some((counters, overloads)) = sfu {
            self.sfu.refresh(counters, overloads);
        }
        if let Some(figures) = recording {
            self.recording.refresh(figures);
        }
        self.calls.refresh();
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Brings a counter to where somebody else has counted.
fn raise(counter: &IntCounter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}
