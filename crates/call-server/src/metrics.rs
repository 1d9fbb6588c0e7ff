//! Numbers for Prometheus.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use call_domain::{Call, CallId, CallStatus, EndReason, Event, Step};
use call_signal::HubCounts;
use parking_lot::Mutex;
use prometheus::core::Collector;
use prometheus::{
    Encoder as _, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, TextEncoder,
};

/// The content type of [`Metrics::text`].
pub(crate) const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Upper bounds for what should take milliseconds, in seconds.
const FAST: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// Upper bounds for how long people and networks take, in seconds.
const SLOW: [f64; 10] = [0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0];

/// Upper bounds for how long people talk, in seconds.
const TALK: [f64; 8] = [10.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 7200.0, 43_200.0];

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
    calls_started: IntCounterVec,
    calls_ended: IntCounterVec,
    ring_seconds: Histogram,
    setup_seconds: Histogram,
    talk_seconds: Histogram,
    calls: IntGaugeVec,
    sockets: IntGauge,
    frames: IntCounterVec,
    closes: IntCounterVec,
    dropped_measurements: IntCounter,
    live: Arc<Mutex<HashMap<CallId, CallStatus>>>,
}

impl Metrics {
    /// Fresh counters.
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            requests: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("call_http_requests_total", "HTTP requests answered."),
                    &["method", "route", "status"],
                ),
            )?,
            request_seconds: add(
                &registry,
                HistogramVec::new(
                    histogram(
                        "call_http_request_seconds",
                        "How long requests took.",
                        &FAST,
                    ),
                    &["method", "route"],
                ),
            )?,
            refused: add(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "call_refused_total",
                        "Requests refused for their token, origin or rate.",
                    ),
                    &["reason"],
                ),
            )?,
            store_seconds: add(
                &registry,
                HistogramVec::new(
                    histogram("call_store_seconds", "How long the store took.", &FAST),
                    &["operation"],
                ),
            )?,
            store_errors: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("call_store_errors_total", "Failures of the store."),
                    &["operation"],
                ),
            )?,
            calls_started: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("calls_started_total", "Calls begun, by type."),
                    &["type"],
                ),
            )?,
            calls_ended: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("calls_ended_total", "Calls ended, by reason."),
                    &["reason"],
                ),
            )?,
            ring_seconds: add(
                &registry,
                Histogram::with_opts(histogram(
                    "call_ring_seconds",
                    "How long calls rang until they were taken.",
                    &SLOW,
                )),
            )?,
            setup_seconds: add(
                &registry,
                Histogram::with_opts(histogram(
                    "call_setup_seconds",
                    "From taking a call until media flowed.",
                    &SLOW,
                )),
            )?,
            talk_seconds: add(
                &registry,
                Histogram::with_opts(histogram(
                    "call_talk_seconds",
                    "How long people talked.",
                    &TALK,
                )),
            )?,
            calls: add(
                &registry,
                IntGaugeVec::new(
                    Opts::new("calls_live", "Calls that have not ended, by status."),
                    &["status"],
                ),
            )?,
            sockets: add(&registry, IntGauge::new("call_sockets", "Open sockets."))?,
            frames: add(
                &registry,
                IntCounterVec::new(
                    Opts::new(
                        "call_socket_frames_total",
                        "Frames read from and written to sockets.",
                    ),
                    &["direction"],
                ),
            )?,
            closes: add(
                &registry,
                IntCounterVec::new(
                    Opts::new("call_socket_closes_total", "Sockets closed, by close code."),
                    &["code"],
                ),
            )?,
            dropped_measurements: add(
                &registry,
                IntCounter::new(
                    "call_measurements_dropped_total",
                    "Quality measurements dropped because the store did not keep up.",
                ),
            )?,
            live: Arc::default(),
            registry,
        };
        // So that the first of each is seen as an increase.
        for reason in ["token", "origin", "rate"] {
            metrics.refused.with_label_values(&[reason]);
        }
        for reason in EndReason::ALL {
            metrics.calls_ended.with_label_values(&[reason.as_str()]);
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
        self.requests
            .with_label_values(&[method, route, &status.to_string()])
            .inc();
        self.request_seconds
            .with_label_values(&[method, route])
            .observe(took.as_secs_f64());
    }

    /// Counts a refusal: `token`, `origin` or `rate`.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// Measures an operation of the store.
    pub(crate) fn stored(&self, operation: &'static str, took: Duration, failed: bool) {
        self.store_seconds
            .with_label_values(&[operation])
            .observe(took.as_secs_f64());
        if failed {
            self.store_errors.with_label_values(&[operation]).inc();
        }
    }

    /// Notes a call that lives since before this server.
    pub(crate) fn live_call(&self, call: &Call) {
        self.live.lock().insert(call.id(), call.status());
    }

    /// Counts what a step that was stored did to a call.
    pub(crate) fn step(&self, step: &Step) {
        let call = &step.call;
        if step.events.is_empty() {
            return;
        }
        if call.is_ended() {
            self.live.lock().remove(&call.id());
        } else {
            self.live_call(call);
        }
        let mut answered = false;
        for event in &step.events {
            match event {
                Event::Created { call_type, .. } => {
                    self.calls_started
                        .with_label_values(&[call_type.as_str()])
                        .inc();
                }
                Event::Answered { .. } => answered = true,
                Event::Started => observe(&self.setup_seconds, call.parts().setup_duration()),
                Event::Ended { reason, .. } => {
                    self.calls_ended.with_label_values(&[reason.as_str()]).inc();
                    observe(&self.talk_seconds, call.parts().duration());
                }
                Event::Invited { .. }
                | Event::Offered { .. }
                | Event::Alerting { .. }
                | Event::Declined { .. }
                | Event::Busy { .. }
                | Event::Missed { .. }
                | Event::Unreachable { .. }
                | Event::Joined { .. }
                | Event::Disconnected { .. }
                | Event::Resumed { .. }
                | Event::MediaChanged { .. }
                | Event::Left { .. }
                | Event::Alone { .. } => {}
            }
        }
        // Of a group call the first answer counts; later ones come to a call that is on its way.
        if answered && call.status() == CallStatus::Connecting {
            observe(&self.ring_seconds, call.parts().ring_duration());
        }
    }

    /// All numbers in the text format of Prometheus.
    pub(crate) fn text(&self, hub: &HubCounts, dropped: u64) -> Result<String, prometheus::Error> {
        self.sockets
            .set(i64::try_from(hub.sockets).unwrap_or(i64::MAX));
        raise(&self.frames.with_label_values(&["in"]), hub.frames_in);
        raise(&self.frames.with_label_values(&["out"]), hub.frames_out);
        for (code, count) in &hub.closes {
            raise(&self.closes.with_label_values(&[&code.to_string()]), *count);
        }
        raise(&self.dropped_measurements, dropped);
        let mut by_status: HashMap<CallStatus, i64> = HashMap::new();
        for status in self.live.lock().values() {
            *by_status.entry(*status).or_default() += 1;
        }
        for status in CallStatus::ALL {
            if *status != CallStatus::Ended {
                let count = by_status.get(status).copied().unwrap_or_default();
                self.calls.with_label_values(&[status.as_str()]).set(count);
            }
        }
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> HistogramOpts {
    HistogramOpts::new(name, help).buckets(buckets.to_vec())
}

fn add<C: Collector + Clone + 'static>(
    registry: &Registry,
    made: Result<C, prometheus::Error>,
) -> Result<C, prometheus::Error> {
    let made = made?;
    registry.register(Box::new(made.clone()))?;
    Ok(made)
}

fn observe(histogram: &Histogram, duration: Option<Duration>) {
    if let Some(duration) = duration {
        histogram.observe(duration.as_secs_f64());
    }
}

/// Brings a counter to where somebody else has counted.
fn raise(counter: &IntCounter, total: u64) {
    counter.inc_by(total.saturating_sub(counter.get()));
}
