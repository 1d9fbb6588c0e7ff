use std::fmt;
use std::str::FromStr;

use call_domain::{CallId, RecordingFault, RecordingId, Timestamp};
use uuid::Uuid;

use crate::{InvalidCursor, cursor};

/// Something that an operator should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Which alert. Version 7 UUIDs are expected, so that ids sort by time.
    pub id: Uuid,
    /// What happened.
    pub kind: AlertKind,
    /// In which call.
    pub call_id: Option<CallId>,
    /// To which recording; it may be gone by now.
    pub recording_id: Option<RecordingId>,
    /// Why.
    pub cause: RecordingFault,
    /// When.
    pub raised_at: Timestamp,
}

/// What an [`Alert`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertKind {
    /// Nothing of a recording could be kept.
    RecordingFailed,
    /// Some of a recording is missing.
    RecordingPartial,
    /// The file of a whole call could not be made.
    MixFailed,
    /// The files of a recording could not be brought to where they are kept.
    UploadFailed,
    /// The files of a recording could not be deleted.
    DeleteFailed,
}

/// One page of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPage {
    /// The alerts, newest first.
    pub items: Vec<Alert>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<AlertCursor>,
}

/// A place among the alerts. Opaque to clients, and stable: later alerts never move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCursor {
    pub(crate) raised_at: Timestamp,
    pub(crate) id: Uuid,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::RecordingFailed,
        Self::RecordingPartial,
        Self::MixFailed,
        Self::UploadFailed,
        Self::DeleteFailed,
    ];

    /// The name in columns, on the wire and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RecordingFailed => "recording_failed",
            Self::RecordingPartial => "recording_partial",
            Self::MixFailed => "mix_failed",
            Self::UploadFailed => "upload_failed",
            Self::DeleteFailed => "delete_failed",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cursor::write(f, self.raised_at, self.id)
    }
}

impl FromStr for AlertCursor {
    type Err = InvalidCursor;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (raised_at, id) = cursor::read(s)?;
        Ok(Self { raised_at, id })
    }
}
