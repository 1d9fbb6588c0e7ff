//! Numbers for Prometheus.

use std::time::Duration;

use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// The content type of [`Metrics::text`].
pub const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that this server counts. One registry for each server, so that several can live in
/// one process.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    request_seconds: HistogramVec,
    refused: IntCounterVec,
    live: IntGaugeVec,
}

impl Metrics {
    /// Fresh counters.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            requests: IntCounterVec::new(
                Opts::new("call_http_requests_total", "HTTP requests answered."),
                &["method", "route", "status"],
            )?,
            request_seconds: HistogramVec::new(
                HistogramOpts::new("call_http_request_seconds", "How long requests took.").buckets(
                    vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0],
                ),
                &["method", "route"],
            )?,
            refused: IntCounterVec::new(
                Opts::new("call_refused_total", "Requests refused before they reached a call."),
                &["reason"],
            )?,
            live: IntGaugeVec::new(
                Opts::new("call_live_calls", "Calls that have not ended, by status."),
                &["status"],
            )?,
            registry,
        };
        metrics.registry.register(Box::new(metrics.requests.clone()))?;
        metrics.registry.register(Box::new(metrics.request_seconds.clone()))?;
        metrics.registry.register(Box::new(metrics.refused.clone()))?;
        metrics.registry.register(Box::new(metrics.live.clone()))?;
        Ok(metrics)
    }

    /// Counts a request that was answered.
    pub fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        // Methods are the client's to choose; series are not.
        let method = match method {
            "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method,
            _ => "other",
        };
        self.requests.with_label_values(&[method, route, &status.to_string()]).inc();
        self.request_seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }

    /// Counts a refusal: `token`, `origin` or `rate`.
    pub fn refused(&self, reason: &'static str) {
        self.refused.with_label_values(&[reason]).inc();
    }

    /// All numbers in the text format of Prometheus.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
