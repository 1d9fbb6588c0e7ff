use call_domain::{RecordingId, Timestamp};
use serde_json::Value;

/// What is to be done about a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    /// Close its files, or repair what a crash left of them.
    Finish,
    /// Make the file of the whole call.
    Mix,
    /// Bring its files to where they are kept.
    Upload,
    /// Delete its files, and then all that is stored of it.
    Delete,
}

/// Work on a recording that somebody has leased, or may.
///
/// It is a proof of that lease for the methods that take it: once another has leased the job,
/// because this lease had run out, they change nothing and say so.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingJob {
    /// On which recording.
    pub recording: RecordingId,
    /// What is to be done.
    pub kind: JobKind,
    /// How often somebody began, this time included.
    pub attempts: u32,
    /// When it was due.
    pub run_at: Timestamp,
    /// Until when it is leased.
    pub lease_until: Option<Timestamp>,
    /// What an earlier attempt left to go on from.
    pub state: Option<Value>,
}

impl JobKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Finish, Self::Mix, Self::Upload, Self::Delete];

    /// The name in columns and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::Mix => "mix",
            Self::Upload => "upload",
            Self::Delete => "delete",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
    }
}

impl std::fmt::Display for JobKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
