use std::time::Instant;

use crate::sfu::rtcp::SenderReports;
use crate::sfu::rtp::{ExtensionIds, Rewriter};
use crate::sfu::{Layer, PausedReason};

/// One stream to one peer: a source of somebody else.
pub(super) struct Down {
    pub(super) feed: usize,
    pub(super) line: usize,
    /// The line's name, as it is written into packets.
    pub(super) mid: String,
    pub(super) ssrc: u32,
    pub(super) rtx_ssrc: Option<u32>,
    pub(super) rtx_sequence: u16,
    pub(super) rewriter: Rewriter,
    pub(super) reports: SenderReports,
    pub(super) next_report: Instant,
    pub(super) state: DownState,
    /// The layer that it is to get.
    pub(super) target: Option<Layer>,
    pub(super) paused: Option<PausedReason>,
    /// The layer that would fill its picture on the peer's screen; none while it is on none.
    pub(super) looked_at: Option<Layer>,
    /// When it last was among what its peer wants to see.
    pub(super) wanted_at: Instant,
    /// Since when even its smallest layer does not fit.
    pub(super) unfit_since: Option<Instant>,
    /// When it last got less than before.
    pub(super) lowered_at: Option<Instant>,
    pub(super) retransmitted: u64,
    pub(super) nacks: u64,
    pub(super) key_frame_requests: u64,
}

/// What the peer said to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DownState {
    /// It is in no offer yet.
    New,
    /// It is in that offer, which is not answered yet.
    Offered(u32),
    /// The peer takes it.
    Accepted {
        /// The header extensions that it takes.
        ids: ExtensionIds,
        /// It takes redundant sound (RFC 2198).
        red: bool,
    },
    /// The peer does not take it.
    Rejected,
}
