use serde::{Deserialize, Serialize};

use crate::name::names;

/// How media travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// From each participant to each other one.
    P2p,
    /// Through a selective forwarding unit.
    Sfu,
}

names!("topology", Topology {
    P2p => "p2p",
    Sfu => "sfu",
});
