use std::collections::BTreeMap;

use call_domain::{Call, Event, Quality, Timestamp, UserId};
use serde_json::Value;

/// A call as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCall {
    /// The aggregate.
    pub call: Call,
    /// What is kept with it.
    pub annotations: Annotations,
}

/// What is kept with a call without being part of its life: it has no version.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotations {
    /// The quality last recorded for a participant.
    pub quality: BTreeMap<UserId, Quality>,
    /// A summary of the quality.
    pub quality_stats: Option<Value>,
    /// Where a recording is found.
    pub recording_url: Option<String>,
}

/// One line of a call's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The version of the call after the change; shared by all events of one change.
    pub version: u64,
    /// When the change was stored.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}
