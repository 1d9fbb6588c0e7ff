use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use call_store::RecordingStore;

use crate::RecordingPlane;

/// What an engine records with.
#[derive(Clone)]
pub struct RecordingConfig {
    /// Writes, and keeps what was written.
    pub plane: Arc<dyn RecordingPlane>,
    /// Where it is kept what became of it: the database of the calls.
    pub store: Arc<dyn RecordingStore>,
    /// How long it is kept, and shown.
    pub rules: RecordingRules,
}

/// How long recordings are kept, and how long their files can be opened by a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingRules {
    /// Recordings are deleted so long after they stopped; `None`: never.
    pub retention: Option<Duration>,
    /// The most bytes that recordings may take together: beyond it the oldest are deleted; `None`: without a bound.
    pub retention_bytes: Option<u64>,
    /// How long the URL of a file can be opened.
    pub url_ttl: Duration,
}

impl Default for RecordingRules {
    fn default() -> Self {
        Self {
            retention: None,
            retention_bytes: None,
            url_ttl: Duration::from_mins(5),
        }
    }
}

impl fmt::Debug for RecordingConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingConfig")
            .field("plane", &self.plane)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
