use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use call_domain::{Call, CallId, CallStatus, EndReason, Event, Step, Topology};
use parking_lot::Mutex;
use prometheus::{Error, Histogram, IntCounterVec, IntGaugeVec};

use super::collectors::Collectors;

/// Upper bounds for how long people and networks take, in seconds.
const SLOW: [f64; 10] = [0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0];

/// Upper bounds for how long people talk, in seconds.
const TALK: [f64; 8] = [10.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 7200.0, 43_200.0];

/// What becomes of calls.
#[derive(Clone)]
pub(crate) struct CallMetrics {
    started: IntCounterVec,
    ended: IntCounterVec,
    ring_seconds: Histogram,
    setup_seconds: Histogram,
    talk_seconds: Histogram,
    topology_changes: IntCounterVec,
    by_status: IntGaugeVec,
    live: Arc<Mutex<HashMap<CallId, CallStatus>>>,
}

impl CallMetrics {
    pub(super) fn new(collectors: &Collectors<'_>) -> Result<Self, Error> {
        let metrics = Self {
            started: collectors.counters(
                "calls_started_total",
                "Calls begun, by type.",
                &["type"],
            )?,
            ended: collectors.counters(
                "calls_ended_total",
                "Calls ended, by reason.",
                &["reason"],
            )?,
            ring_seconds: collectors.histogram(
                "call_ring_seconds",
                "How long calls rang until they were taken.",
                &SLOW,
            )?,
            setup_seconds: collectors.histogram(
                "call_setup_seconds",
                "From taking a call until media flowed.",
                &SLOW,
            )?,
            talk_seconds: collectors.histogram(
                "call_talk_seconds",
                "How long people talked.",
                &TALK,
            )?,
            topology_changes: collectors.counters(
                "calls_topology_changes_total",
                "Calls that went over to another way for their media, by where they went.",
                &["to"],
            )?,
            by_status: collectors.gauges(
                "calls_live",
                "Calls that have not ended, by status.",
                &["status"],
            )?,
            live: Arc::default(),
        };
        // So that the first of each is seen as an increase.
        for reason in EndReason::ALL {
            metrics.ended.with_label_values(&[reason.as_str()]);
        }
        for topology in Topology::ALL {
            metrics
                .topology_changes
                .with_label_values(&[topology.as_str()]);
        }
        Ok(metrics)
    }

    /// Notes a call that lives since before this server.
    pub(crate) fn live(&self, call: &Call) {
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
            self.live(call);
        }
        for event in &step.events {
            self.event(call, event);
        }
        // Of a group call the first answer counts; later ones come to a call that is on its way.
        let answered = (step.events.iter()).any(|event| matches!(event, Event::Answered { .. }));
        if answered && call.status() == CallStatus::Connecting {
            observe(&self.ring_seconds, call.parts().ring_duration());
        }
    }

    fn event(&self, call: &Call, event: &Event) {
        match event {
            Event::Created { call_type, .. } => {
                self.started.with_label_values(&[call_type.as_str()]).inc();
            }
            Event::Started => observe(&self.setup_seconds, call.parts().setup_duration()),
            Event::Ended { reason, .. } => {
                self.ended.with_label_values(&[reason.as_str()]).inc();
                observe(&self.talk_seconds, call.parts().duration());
            }
            Event::Invited { .. }
            | Event::Offered { .. }
            | Event::Alerting { .. }
            | Event::Answered { .. }
            | Event::Declined { .. }
            | Event::Busy { .. }
            | Event::Missed { .. }
            | Event::Unreachable { .. }
            | Event::Joined { .. }
            | Event::Disconnected { .. }
            | Event::Resumed { .. }
            | Event::MediaChanged { .. }
            | Event::Left { .. }
            | Event::Alone { .. }
            | Event::Added { .. }
            | Event::Entered { .. }
            | Event::Removed { .. }
            | Event::Muted { .. }
            | Event::RoleChanged { .. }
            | Event::HandRaised { .. }
            | Event::HandLowered { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingStopped { .. }
            | Event::RecordingConsent { .. } => {}
            Event::TopologyChanged { topology, .. } => {
                self.topology_changes
                    .with_label_values(&[topology.as_str()])
                    .inc();
            }
        }
    }

    /// Brings the gauges up to date.
    pub(super) fn refresh(&self) {
        let mut counts: HashMap<CallStatus, i64> = HashMap::new();
        for status in self.live.lock().values() {
            *counts.entry(*status).or_default() += 1;
        }
        for status in CallStatus::ALL {
            if *status != CallStatus::Ended {
                let count = counts.get(status).copied().unwrap_or_default();
                self.by_status
                    .with_label_values(&[status.as_str()])
                    .set(count);
            }
        }
    }
}

fn observe(histogram: &Histogram, duration: Option<Duration>) {
    if let Some(duration) = duration {
        histogram.observe(duration.as_secs_f64());
    }
}
