use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::names;
use crate::{RecordingConsent, RecordingMode};

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
    /// The most people in a peer-to-peer mesh, the initiator included.
    pub mesh_max: u32,
    /// When a call goes through a selective forwarding unit (SFU).
    #[serde(default)]
    pub topology: TopologyPolicy,
    /// From how many people in the call it goes through the SFU, if the server may choose.
    #[serde(default = "default_sfu_from")]
    pub sfu_from: u32,
    /// How long a call must have had two people at most until it goes back to peer-to-peer.
    #[serde(default = "default_p2p_return_after")]
    pub p2p_return_after: Duration,
    /// The most people in a call that may use the SFU, the initiator included.
    #[serde(default = "default_max_participants")]
    pub max_participants: u32,
    /// Whether the call may, or must, be recorded.
    #[serde(default)]
    pub recording: RecordingPolicy,
    /// Whether people are asked before anything of theirs is kept.
    #[serde(default)]
    pub recording_consent: RecordingConsent,
    /// What becomes of a recording that the policy asks for.
    #[serde(default = "default_recording_mode")]
    pub recording_mode: RecordingMode,
}

/// Whether a call may, or must, be recorded.
///
/// Stored policies that do not say come from servers that could not record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordingPolicy {
    /// It may not.
    #[default]
    Forbid,
    /// Moderators start and stop recordings.
    Allow,
    /// From when two people have media; only an administrator may stop it.
    Force,
}

/// When a call goes through a selective forwarding unit (SFU).
///
/// The default is the one that needs none; stored policies that name none come from servers that
/// had none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopologyPolicy {
    /// As soon as enough people are in the call, and for as long as that is so.
    Auto,
    /// Never: there is none.
    #[default]
    P2p,
    /// As soon as two are in the call, and for good.
    Sfu,
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
            topology: TopologyPolicy::default(),
            sfu_from: default_sfu_from(),
            p2p_return_after: default_p2p_return_after(),
            max_participants: default_max_participants(),
            recording: RecordingPolicy::default(),
            recording_consent: RecordingConsent::default(),
            recording_mode: default_recording_mode(),
        }
    }
}

const fn default_sfu_from() -> u32 {
    3
}

const fn default_p2p_return_after() -> Duration {
    Duration::from_secs(10)
}

const fn default_max_participants() -> u32 {
    50
}

const fn default_recording_mode() -> RecordingMode {
    RecordingMode::Tracks
}

impl Policy {
    /// The most people who may be in a call, or be called to it, at the same time.
    pub const fn seats(&self) -> u32 {
        match self.topology {
            TopologyPolicy::P2p => self.mesh_max,
            TopologyPolicy::Auto | TopologyPolicy::Sfu => self.max_participants,
        }
    }

    /// So many people in a call are more than peer-to-peer is for; or it is recorded, which is done
    /// where media passes through the server.
    pub(crate) fn needs_sfu(&self, people: usize, recorded: bool) -> bool {
        let people = u32::try_from(people).unwrap_or(u32::MAX);
        match self.topology {
            TopologyPolicy::P2p => false,
            // With less than two there is nothing to forward.
            TopologyPolicy::Auto => {
                people >= 2 && (recorded || people >= self.sfu_from || people > self.mesh_max)
            }
            TopologyPolicy::Sfu => people >= 2,
        }
    }

    /// There is no SFU, and so few people can do without: at once, for they have no media until then.
    pub(crate) fn must_return_to_p2p(&self, people: usize) -> bool {
        match self.topology {
            TopologyPolicy::P2p => u32::try_from(people).is_ok_and(|n| n <= self.mesh_max),
            TopologyPolicy::Auto | TopologyPolicy::Sfu => false,
        }
    }

    /// So few people in a call are no reason to stay with the SFU.
    pub(crate) fn may_return_to_p2p(&self, people: usize, recorded: bool) -> bool {
        match self.topology {
            TopologyPolicy::Auto => people <= 2 && !recorded && !self.needs_sfu(people, recorded),
            TopologyPolicy::P2p | TopologyPolicy::Sfu => false,
        }
    }
}

names!("topology policy", TopologyPolicy {
    Auto => "auto",
    P2p => "p2p",
    Sfu => "sfu",
});

names!("recording policy", RecordingPolicy {
    Forbid => "forbid",
    Allow => "allow",
    Force => "force",
});

names!("busy policy", BusyPolicy {
    Reject => "reject",
    Waiting => "waiting",
});
