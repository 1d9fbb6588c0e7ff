use std::time::Instant;

use super::super::{Layer, VideoCodec};
use super::payload::{DescriptorPatch, PayloadInfo};
use super::timeline::SenderClock;

/// Makes one outgoing stream of the layers of one source: a subscriber sees a single sender whose sequence numbers,
/// timestamps and picture ids never jump, whatever is switched, paused or dropped.
#[derive(Debug)]
pub(crate) struct Rewriter {
    codec: Option<VideoCodec>,
    clock_rate: u32,
}

/// A packet of one layer, as far as rewriting is concerned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IncomingPacket {
    /// Its layer; [`Layer::High`] for sound.
    pub(crate) layer: Layer,
    /// Extended, of the incoming stream.
    pub(crate) sequence: u64,
    /// Of the incoming stream.
    pub(crate) timestamp: u32,
    /// When it came.
    pub(crate) arrived: Instant,
    /// The latest Sender Report of the incoming stream.
    pub(crate) clock: Option<SenderClock>,
    /// What is in it.
    pub(crate) payload: PayloadInfo,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is sent, with this.
    Forward(Rewritten),
    /// It is not.
    Drop(DropReason),
}

/// Why a packet is not sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DropReason {
    /// Its layer is not the one that is sent, or nothing is.
    NotSelected,
    /// The stream waits for a key frame.
    WaitsForKeyFrame,
    /// It was sent before the layer was switched to, or too long ago to tell.
    Late,
    /// It was sent on already.
    Duplicate,
    /// Its temporal layer is not sent.
    TemporalLayer,
    /// There is nothing in it.
    Empty,
}

/// What a packet is sent with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rewritten {
    /// Of the outgoing stream.
    pub(crate) sequence_number: u16,
    /// Of the outgoing stream.
    pub(crate) timestamp: u32,
    /// For the payload.
    pub(crate) patch: DescriptorPatch,
    /// With this packet another layer than before is sent, or the first one at all.
    pub(crate) switched: bool,
}

/// Where an outgoing packet came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Original {
    /// The layer.
    pub(crate) layer: Layer,
    /// Its extended sequence number there.
    pub(crate) sequence: u64,
}

impl Rewriter {
    /// A stream that sends nothing yet. No codec: sound.
    pub(crate) fn new(codec: Option<VideoCodec>, clock_rate: u32) -> Self {
        Self { codec, clock_rate }
    }

    /// Sends this layer as soon as a key frame of it comes; until then, what is sent now goes on. Sound begins at once.
    pub(crate) fn switch_to(&mut self, _layer: Layer) {}

    /// Sends nothing any more, until [`Self::switch_to`].
    pub(crate) fn pause(&mut self) {}

    /// The incoming stream of a layer is another one now (new SSRC): what comes next continues it by a key frame.
    pub(crate) fn restarted(&mut self, _layer: Layer) {}

    /// Leaves out temporal layers above this one, where the payload tells them apart; none: sends all.
    pub(crate) fn limit_temporal(&mut self, _temporal_id: Option<u8>) {}

    /// The layer that is being sent.
    pub(crate) fn current(&self) -> Option<Layer> {
        None
    }

    /// The layer of which a key frame is waited for.
    pub(crate) fn waits_for(&self) -> Option<Layer> {
        None
    }

    /// Decides on a packet of any layer of the source.
    pub(crate) fn rewrite(&mut self, _packet: &IncomingPacket) -> Verdict {
        let _ = (self.codec, self.clock_rate);
        Verdict::Drop(DropReason::NotSelected)
    }

    /// Where an outgoing packet came from, or would have come from if it had not been lost on its way here.
    pub(crate) fn lookup(&self, _sequence_number: u16) -> Option<Original> {
        None
    }

    /// What a packet that was found by [`Self::lookup`] is sent again with.
    pub(crate) fn rewrite_again(
        &mut self,
        _sequence_number: u16,
        _packet: &IncomingPacket,
    ) -> Option<Rewritten> {
        None
    }

    /// The outgoing timestamp of a moment of a layer's incoming stream, for Sender Reports; none while it is not sent.
    pub(crate) fn map_timestamp(&self, _layer: Layer, _timestamp: u32) -> Option<u32> {
        None
    }
}
