use serde::{Deserialize, Serialize};

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
    /// The device took the call and its connection to the server is lost.
    Reconnecting {
        /// When it was lost.
        since: Timestamp,
    },
    /// The device has nothing to do with the call any more.
    Closed {
        /// Why.
        reason: LegClosed,
    },
}

/// Why a leg was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
