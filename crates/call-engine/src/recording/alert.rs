use std::collections::{BTreeMap, VecDeque};

use call_domain::{CallId, RecordingFault, RecordingId};
use call_store::{Alert, AlertKind, RecordingStore, RecordingUpdate, StoreError};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::Engine;

/// The most alerts that wait for the store.
const MOST_WAITING: usize = 1_000;

/// How often something was raised since the engine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCount {
    /// What happened.
    pub kind: AlertKind,
    /// Why.
    pub cause: RecordingFault,
    /// How often.
    pub count: u64,
}

/// What operators are to be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct News {
    pub(crate) kind: AlertKind,
    /// `None`: all that is stored of the recording is that it is to be deleted.
    pub(crate) call: Option<CallId>,
    /// `None`: it could not even begin.
    pub(crate) recording: Option<RecordingId>,
    pub(crate) cause: RecordingFault,
}

/// What was raised, and is yet to be stored.
#[derive(Debug, Default)]
pub(crate) struct Alerts {
    waiting: Mutex<VecDeque<Waiting>>,
    counts: Mutex<BTreeMap<(&'static str, &'static str), AlertCount>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Waiting {
    alert: Alert,
    /// The fault is to be kept with the recording, which may still run.
    mark: bool,
}

impl Engine {
    /// Tells operators: the log now, the store with the next flush. The same news about the same recording is one alert.
    pub(crate) fn raise(&self, news: News) {
        self.keep_alert(news, false);
    }

    /// As [`Engine::raise`]; the recording will not be taken for complete any more.
    pub(crate) fn raise_and_mark(&self, news: News) {
        self.keep_alert(news, true);
    }

    /// How often what was raised since the start.
    pub fn alert_counts(&self) -> Vec<AlertCount> {
        let counts = self.recordings.alerts.counts.lock();
        counts.values().copied().collect()
    }

    /// Stores what was raised. What the store refuses waits for the next flush.
    pub(crate) async fn flush_alerts(&self) {
        let Some(config) = &self.config.recording else {
            return;
        };
        let alerts = &self.recordings.alerts;
        // Stays in the queue until it is stored: whoever comes here meanwhile stores it too, which does no harm.
        while let Some(next) = alerts.first() {
            if let Err(error) = keep(&*config.store, &next).await {
                tracing::warn!(%error, "an alert could not be stored");
                return;
            }
            alerts.stored(&next);
        }
    }

    fn keep_alert(&self, news: News, mark: bool) {
        let News {
            kind,
            call,
            recording,
            cause,
        } = news;
        let (of_call, id) = (
            call.map(tracing::field::display),
            recording.map(tracing::field::display),
        );
        tracing::error!(call = of_call, recording = id, %kind, %cause, "alert");
        let alerts = &self.recordings.alerts;
        let names = (kind.as_str(), cause.as_str());
        let mut counts = alerts.counts.lock();
        let count = counts.entry(names).or_insert(AlertCount {
            kind,
            cause,
            count: 0,
        });
        count.count += 1;
        drop(counts);
        let mut waiting = alerts.waiting.lock();
        if waiting.len() >= MOST_WAITING {
            tracing::error!("more alerts than can wait for the store: the oldest is dropped");
            waiting.pop_front();
        }
        waiting.push_back(Waiting {
            alert: Alert {
                id: alert_id(&news),
                kind,
                call_id: call,
                recording_id: recording,
                cause,
                raised_at: self.clock.now(),
            },
            mark,
        });
    }
}

impl Alerts {
    fn first(&self) -> Option<Waiting> {
        self.waiting.lock().front().cloned()
    }

    fn stored(&self, what: &Waiting) {
        let mut waiting = self.waiting.lock();
        if let Some(place) = waiting.iter().position(|other| other == what) {
            waiting.remove(place);
        }
    }
}

async fn keep(store: &dyn RecordingStore, next: &Waiting) -> Result<(), StoreError> {
    store.raise_alert(next.alert.clone()).await?;
    let Some(id) = next.alert.recording_id.filter(|_| next.mark) else {
        return Ok(());
    };
    // What went wrong first is the cause.
    if let Some(recording) = store.recording(id).await?
        && recording.cause.is_none()
        && recording.status.is_unfinished()
    {
        let update = RecordingUpdate {
            cause: Some(Some(next.alert.cause)),
            ..RecordingUpdate::default()
        };
        store.update_recording(id, update).await?;
    }
    Ok(())
}

/// The same for the same news, so that whoever raises it again after a crash does no harm. As a UUID of version 7
/// (RFC 9562) it keeps the time of what it is about.
fn alert_id(news: &News) -> Uuid {
    let recording = news.recording.map(RecordingId::as_uuid);
    let about = recording.or(news.call.map(CallId::as_uuid));
    let about = about.unwrap_or_default().as_u128();
    // The last bits of such a UUID are random: other ids do not differ in these alone.
    let mark = ((news.kind as u128) << 8) + news.cause as u128 + 1;
    Uuid::from_u128(about ^ mark)
}
