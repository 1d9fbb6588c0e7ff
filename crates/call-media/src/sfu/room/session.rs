use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;

use super::RoomContext;
use super::lines::Lines;
use crate::sfu::bandwidth::{Estimator, Pacer};
use crate::sfu::rtcp::FeedbackBuilder;
use crate::sfu::rtp::Stamps;
use crate::sfu::transport::{Path, Transport};
use crate::sfu::{Layer, SessionId, Source};

/// A peer connection of a peer.
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) transport: Transport,
    pub(super) connected: bool,
    /// Times in packets (abs-send-time) count from here.
    pub(super) epoch: Instant,

    /// The latest offer; 0: none yet.
    pub(super) revision: u32,
    /// The latest offer is answered.
    pub(super) answered: bool,
    /// Something changed since the latest offer: when the next one is due.
    pub(super) offer_at: Option<Instant>,
    /// Names the session in SDP (`o=`).
    pub(super) sdp_id: u64,
    pub(super) lines: Lines,

    /// Whose the incoming streams are.
    pub(super) incoming: HashMap<u32, Incoming, RandomState>,
    /// Down streams by their SSRC.
    pub(super) by_ssrc: HashMap<u32, usize, RandomState>,
    /// SSRCs of ours count up from a random number.
    next_ssrc: u32,
    /// Sender of our RTCP.
    pub(super) own_ssrc: u32,

    pub(super) feedback: FeedbackBuilder,
    pub(super) next_report: Instant,
    pub(super) estimator: Estimator,
    pub(super) pacer: Pacer<Waiting>,
    pub(super) round_trip: Option<Duration>,
    /// Pictures that waited were forgotten: key frames are needed.
    pub(super) overrun: bool,

    /// What the shard knows to be this session's.
    pub(super) paths: Vec<Path>,
    pub(super) ufrags: Vec<String>,
}

/// A packet that waits to be sent, not encrypted yet.
pub(super) struct Waiting {
    pub(super) packet: Vec<u8>,
    pub(super) stamps: Stamps,
    pub(super) since: Instant,
}

/// Whose an incoming stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) source: Source,
    pub(super) layer: Layer,
    /// It repeats packets of the layer (RFC 4588).
    pub(super) repairs: bool,
}

/// How long changes are collected before an offer.
const BATCH: Duration = Duration::from_millis(20);
/// Incoming streams of a session at most: four sources, their layers and retransmissions, and what was before a restart.
pub(super) const INCOMING_MAX: usize = 32;

/// The system gave no random bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoRandomness;

impl Session {
    pub(super) fn new(
        context: &Arc<RoomContext>,
        shard: usize,
        now: Instant,
    ) -> Result<Self, NoRandomness> {
        let mut random = [0; 28];
        getrandom::fill(&mut random).map_err(|_| NoRandomness)?;
        let [id, sdp, ssrc] = [&random[..16], &random[16..24], &random[24..]];
        let name = id.iter().fold(String::new(), |name, byte| {
            use std::fmt::Write;
            let mut name = name;
            let _ = write!(name, "{byte:02x}");
            name
        });
        let sdp_id = sdp
            .iter()
            .fold(0, |id: u64, byte| id << 8 | u64::from(*byte));
        let ssrc = ssrc
            .iter()
            .fold(0, |ssrc: u32, byte| ssrc << 8 | u32::from(*byte));
        let transport = Transport::new(
            Arc::clone(&context.certificate),
            u16::try_from(shard).unwrap_or(0),
            now,
        );
        let estimator = Estimator::new(now);
        let pacer = Pacer::new(now, estimator.estimate());
        Ok(Self {
            id: SessionId::new(name),
            ufrags: vec![transport.local_parameters().ufrag],
            transport,
            connected: false,
            epoch: now,
            revision: 0,
            answered: true,
            offer_at: None,
            // SDP wants it below 2^63 (RFC 8829 section 5.2.1).
            sdp_id: sdp_id >> 2,
            lines: Lines::default(),
            incoming: HashMap::default(),
            by_ssrc: HashMap::default(),
            next_ssrc: ssrc,
            own_ssrc: ssrc.wrapping_sub(1).max(1),
            feedback: FeedbackBuilder::new(now),
            next_report: now,
            estimator,
            pacer,
            round_trip: None,
            overrun: false,
            paths: Vec::new(),
        })
    }

    /// An SSRC that this session has not used.
    pub(super) fn take_ssrc(&mut self) -> u32 {
        loop {
            let ssrc = self.next_ssrc;
            self.next_ssrc = ssrc.wrapping_add(1);
            if ssrc != 0 && ssrc != self.own_ssrc && !self.incoming.contains_key(&ssrc) {
                return ssrc;
            }
        }
    }

    /// Lines have changed: an offer is due, soon.
    pub(super) fn renegotiate(&mut self) {
        if self.offer_at.is_none() {
            self.offer_at = Some(self.epoch);
        }
    }

    /// Whether an offer is to be made now: changes are collected for a moment, and one offer is answered before the next.
    pub(super) fn offer_is_due(&mut self, now: Instant) -> bool {
        let Some(at) = self.offer_at.as_mut() else {
            return false;
        };
        if *at == self.epoch && self.revision > 0 {
            *at = now + BATCH;
        }
        (self.answered || self.revision == 0) && now >= *at
    }

    /// What a round trip takes, or may be taken to take until it was measured.
    pub(super) fn round_trip_or_default(&self) -> Duration {
        const UNKNOWN: Duration = Duration::from_millis(100);
        self.round_trip.unwrap_or(UNKNOWN)
    }
}
