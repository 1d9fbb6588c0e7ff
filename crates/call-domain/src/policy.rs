use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::names;

/// The rules that a call lives by. A call keeps the policy that it began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long an invitee rings.
    pub ring_timeout: Duration,
    /// How long to look for any device of an invitee who is offline everywhere.
    pub unreachable_timeout: Duration,
    /// How long from taking the call until media must flow.
    pub connect_timeout: Duration,
    /// How long a lost connection may take to come back.
    pub reconnect_grace: Duration,
    /// How long a call rings on after its caller's connection was lost.
    pub caller_gone_timeout: Duration,
    /// How long somebody may wait alone in a group call.
    pub alone_timeout: Duration,
    /// The longest a call may last, from its creation.
    pub max_duration: Duration,
    /// What happens to an invitee who is in another call.
    pub busy: BusyPolicy,
    /// The most participants of a peer-to-peer mesh, the initiator included.
    pub mesh_max: u32,
}

/// What happens to an invitee who is in another call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusyPolicy {
    /// The invitee is not rung and counts as busy.
    Reject,
    /// The invitee is rung all the same (call waiting).
    Waiting,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ring_timeout: Duration::from_secs(45),
            unreachable_timeout: Duration::from_secs(8),
            connect_timeout: Duration::from_secs(15),
            reconnect_grace: Duration::from_secs(30),
            caller_gone_timeout: Duration::from_secs(10),
            alone_timeout: Duration::from_mins(1),
            max_duration: Duration::from_hours(12),
            busy: BusyPolicy::Reject,
            mesh_max: 5,
        }
    }
}

names!("busy policy", BusyPolicy {
    Reject => "reject",
    Waiting => "waiting",
});
