use serde::{Deserialize, Serialize};

use crate::name::names;
use crate::{Call, CallStatus, RecordingId, RecordingPolicy, Timestamp, TopologyPolicy, UserId};

/// The recording of a call while it runs: on the selective forwarding unit's path, so that whoever
/// records needs no seat in the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Which recording.
    pub id: RecordingId,
    /// What becomes of it when it has stopped.
    pub mode: RecordingMode,
    /// Whether people are asked before anything of theirs is kept.
    pub consent: RecordingConsent,
    /// Who started it; `None`: the policy did.
    pub started_by: Option<UserId>,
    /// When it started.
    pub started_at: Timestamp,
    /// What those who were asked have answered, in the order in which they were asked; empty where
    /// nobody is.
    pub consents: Vec<Consent>,
}

/// What becomes of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingMode {
    /// One file per participant and source.
    Tracks,
    /// These, and one file of the whole call made of them.
    Mixed,
}

/// Whether people are asked before anything of theirs is kept.
///
/// Stored policies that do not say come from servers that could not record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingConsent {
    /// They are told.
    #[default]
    Notify,
    /// They are asked; nothing of theirs is kept before they have said yes.
    Ask,
}

/// What one participant answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who was asked.
    pub user: UserId,
    /// The answer that counts now.
    pub state: ConsentState,
}

/// Where a participant's consent to a recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum ConsentState {
    /// Not answered.
    Asked,
    /// Yes.
    Given {
        /// Since when.
        at: Timestamp,
    },
    /// No, or no longer.
    Refused {
        /// Since when.
        at: Timestamp,
    },
}

/// What went wrong with a recording. It never harms the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFault {
    /// There was no room left where it is written.
    DiskFull,
    /// The place where files are kept could not be reached.
    StorageUnreachable,
    /// It could not be written for another reason.
    WriteFailed,
    /// Media came faster than it could be written: some of it is missing.
    Overloaded,
    /// The file of the whole call could not be made.
    MixFailed,
    /// There is nothing to make the file of the whole call with.
    MixingUnavailable,
    /// The server was down meanwhile.
    Interrupted,
    /// Media did not travel through the server (any more).
    SfuUnavailable,
}

/// Where a recording stands, from its start to its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingStatus {
    /// It runs.
    Recording,
    /// It has stopped, and its files are being made.
    Processing,
    /// All of it is there.
    Ready,
    /// Some of it is there.
    Partial,
    /// Nothing of it is there.
    Failed,
}

/// Where the file of the whole call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MixStatus {
    /// Nobody asked for one.
    None,
    /// It waits for its turn.
    Queued,
    /// It is being made.
    Running,
    /// It is there.
    Done,
    /// It could not be made.
    Failed,
    /// There is nothing to make it with.
    Unavailable,
}

/// What a file of a recording holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingFileKind {
    /// What one participant sent from one source.
    Track,
    /// The whole call.
    Mixed,
    /// Who, when and how the files belong together, as JSON.
    Manifest,
}

names!("recording mode", RecordingMode {
    Tracks => "tracks",
    Mixed => "mixed",
});

names!("recording consent", RecordingConsent {
    Notify => "notify",
    Ask => "ask",
});

names!("recording fault", RecordingFault {
    DiskFull => "disk_full",
    StorageUnreachable => "storage_unreachable",
    WriteFailed => "write_failed",
    Overloaded => "overloaded",
    MixFailed => "mix_failed",
    MixingUnavailable => "mixing_unavailable",
    Interrupted => "interrupted",
    SfuUnavailable => "sfu_unavailable",
});

names!("recording status", RecordingStatus {
    Recording => "recording",
    Processing => "processing",
    Ready => "ready",
    Partial => "partial",
    Failed => "failed",
});

names!("mix status", MixStatus {
    None => "none",
    Queued => "queued",
    Running => "running",
    Done => "done",
    Failed => "failed",
    Unavailable => "unavailable",
});

names!("recording file kind", RecordingFileKind {
    Track => "track",
    Mixed => "mixed",
    Manifest => "manifest",
});

impl Recording {
    /// What this user sends may be kept.
    pub fn may_record(&self, user: &UserId) -> bool {
        match self.consent {
            RecordingConsent::Notify => true,
            RecordingConsent::Ask => match self.consent_of(user) {
                Some(ConsentState::Given { .. }) => true,
                None | Some(ConsentState::Asked | ConsentState::Refused { .. }) => false,
            },
        }
    }

    /// What this user answered; `None` for somebody who was not asked.
    pub fn consent_of(&self, user: &UserId) -> Option<ConsentState> {
        let mut consents = self.consents.iter();
        consents.find(|c| c.user == *user).map(|c| c.state)
    }
}

impl ConsentState {
    /// The name in columns, on the wire and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Given { .. } => "given",
            Self::Refused { .. } => "refused",
        }
    }

    /// Since when the answer counts; `None` while there is none.
    pub const fn at(self) -> Option<Timestamp> {
        match self {
            Self::Asked => None,
            Self::Given { at } | Self::Refused { at } => Some(at),
        }
    }
}

impl RecordingStatus {
    /// There is more to come: it runs, or its files are being made.
    pub const fn is_unfinished(self) -> bool {
        match self {
            Self::Recording | Self::Processing => true,
            Self::Ready | Self::Partial | Self::Failed => false,
        }
    }
}

impl Call {
    /// The recording that runs, if one does.
    pub fn recording(&self) -> Option<&Recording> {
        self.parts.recording.as_ref()
    }

    /// The policy asks for a recording that nobody has begun yet.
    ///
    /// Once a recording has stopped while the call went on, because an administrator wanted that
    /// or because the recorder could not go on, the policy asks for no other.
    pub fn wants_recording(&self) -> bool {
        let policy = &self.parts.policy;
        policy.recording == RecordingPolicy::Force
            && policy.topology != TopologyPolicy::P2p
            && self.status() == CallStatus::Active
            && self.parts.recording.is_none()
            && !self.parts.was_recorded
    }
}
