use serde::{Deserialize, Serialize};

use crate::name::names;
use crate::{DeviceId, Timestamp};

/// One device of one participant, as far as this call is concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The device.
    pub device: DeviceId,
    /// Where it stands.
    pub state: LegState,
}

/// Where a leg stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LegState {
    /// The call was sent to the device.
    Offered,
    /// The device rings.
    Alerting,
    /// The device took the call; its media does not flow yet.
    Selected,
    /// Media flows.
    Connected,
    /// The device took the call and is not connected to the server: lost, or not opened yet.
    Reconnecting {
        /// Since when.
        since: Timestamp,
    },
    /// The device has nothing to do with the call any more.
    Closed {
        /// Why.
        reason: LegClosed,
    },
}

/// Why a leg was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegClosed {
    /// Another device of the user took the call.
    AnsweredElsewhere,
    /// The user declined, on this device or another.
    DeclinedElsewhere,
    /// Nobody took the call in time, or the caller gave up.
    NotAnswered,
    /// The participant left, or the call ended.
    Left,
    /// The connection was lost for good.
    Lost,
}

names!("leg closed", LegClosed {
    AnsweredElsewhere => "answered_elsewhere",
    DeclinedElsewhere => "declined_elsewhere",
    NotAnswered => "not_answered",
    Left => "left",
    Lost => "lost",
});

impl Leg {
    /// The most devices of one participant that are offered the call. One that takes it is
    /// recorded beyond that, so a legitimate answer never fails for it.
    pub const MAX_OFFERED: usize = 32;
}

impl LegState {
    /// The name in columns, on the wire and in logs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Offered => "offered",
            Self::Alerting => "alerting",
            Self::Selected => "selected",
            Self::Connected => "connected",
            Self::Reconnecting { .. } => "reconnecting",
            Self::Closed { .. } => "closed",
        }
    }

    /// The device took the call for its user.
    pub const fn is_selected(&self) -> bool {
        matches!(
            self,
            Self::Selected | Self::Connected | Self::Reconnecting { .. }
        )
    }

    /// The device still has to do with the call.
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Closed { .. })
    }
}
