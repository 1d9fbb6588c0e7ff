use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{EndReason, UnknownName};

/// Why somebody who had taken the call is out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// Hung up.
    Left,
    /// A moderator put the participant out.
    Removed,
    /// The connection did not come back.
    ConnectionLost,
    /// Media never flowed.
    ConnectFailed,
    /// The call ended for everyone. Made by `LeaveReason::from(end_reason)`, which gives the two
    /// reasons above where the call ended for them: one name, one value.
    CallEnded(EndReason),
}

impl LeaveReason {
    /// The name in columns, on the wire and in logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Removed => "removed",
            Self::ConnectionLost => "connection_lost",
            Self::ConnectFailed => "connect_failed",
            Self::CallEnded(reason) => reason.as_str(),
        }
    }
}

impl fmt::Display for LeaveReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LeaveReason {
    type Err = UnknownName;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "left" => Ok(Self::Left),
            "removed" => Ok(Self::Removed),
            _ => s.parse().map(EndReason::into).map_err(|_| UnknownName {
                what: "leave reason",
            }),
        }
    }
}

impl From<EndReason> for LeaveReason {
    /// Why somebody present is out of a call that ended for this reason.
    fn from(reason: EndReason) -> Self {
        match reason {
            EndReason::ConnectionLost => Self::ConnectionLost,
            EndReason::ConnectFailed => Self::ConnectFailed,
            EndReason::Completed
            | EndReason::Cancelled
            | EndReason::Declined
            | EndReason::NoAnswer
            | EndReason::Busy
            | EndReason::Unreachable
            | EndReason::CallerLost
            | EndReason::EndedByModerator
            | EndReason::MaxDuration
            | EndReason::Transferred
            | EndReason::Replaced
            | EndReason::ServerError => Self::CallEnded(reason),
        }
    }
}
