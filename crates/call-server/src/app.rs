//! What every handler can reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use call_engine::Engine;
use call_signal::{Hub, SignalService};
use call_store::RecordingStore;

use crate::auth::Tokens;
use crate::http::security_headers::Policies;
use crate::http::{Origins, RateLimit};
use crate::metrics::Metrics;
use crate::recording::EmbeddedRecorder;
use crate::relay::EmbeddedRelay;
use crate::settings::Settings;
use crate::sfu::EmbeddedSfu;

/// What every handler can reach.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) sockets: Arc<dyn SignalService>,
    pub(crate) metrics: Metrics,
    pub(crate) relay: Option<EmbeddedRelay>,
    pub(crate) sfu: Option<Arc<EmbeddedSfu>>,
    pub(crate) recorder: Option<Arc<EmbeddedRecorder>>,
    pub(crate) recordings: Arc<dyn RecordingStore>,
    pub(crate) policies: Policies,
    pub(crate) origins: Origins,
    pub(crate) initiate_limit: RateLimit,
    pub(crate) draining: AtomicBool,
}

impl App {
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }
}
