use serde::{Deserialize, Serialize};

use crate::{CallType, DeviceId, EndReason, LeaveReason, MediaState, UserId};

/// What happened to a call: one line of its log. All events of one step share its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)] // fields are named as everywhere: user, device, reason
pub enum Event {
    /// The call was created.
    Created {
        by: UserId,
        device: DeviceId,
        call_type: CallType,
    },
    /// A user was invited.
    Invited { user: UserId },
    /// The call was sent to a device.
    Offered { user: UserId, device: DeviceId },
    /// A device rings.
    Alerting { user: UserId, device: DeviceId },
    /// A device took the call.
    Answered { user: UserId, device: DeviceId },
    /// A user declined.
    Declined { user: UserId },
    /// A user was, or said to be, busy.
    Busy { user: UserId },
    /// A user did not take the call in time.
    Missed { user: UserId },
    /// A user had no device online.
    Unreachable { user: UserId },
    /// Media flows for a user.
    Joined { user: UserId, device: DeviceId },
    /// Two participants have media.
    Started,
    /// A participant's connection was lost.
    Disconnected { user: UserId, device: DeviceId },
    /// A participant's connection is back.
    Resumed { user: UserId, device: DeviceId },
    /// A participant's media changed.
    MediaChanged { user: UserId, media: MediaState },
    /// A participant is out of the call.
    Left { user: UserId, reason: LeaveReason },
    /// One participant is alone in a group call.
    Alone { user: UserId },
    /// The call ended.
    Ended {
        reason: EndReason,
        by: Option<UserId>,
    },
}
