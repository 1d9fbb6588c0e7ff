use std::time::Instant;

use super::super::{Layer, VideoCodec};
use super::payload::{DescriptorPatch, PayloadInfo};
use super::renumbering::Renumbered;
use super::segment::Segment;
use super::sent::{SentPacket, SentPackets};
use super::timeline::{SenderClock, Shift, Timeline};

/// Packets that can be asked for again: some seconds of a picture.
const SENT_VIDEO: usize = 1_024;
/// The same for sound, with 20 to 60 ms in a packet.
const SENT_AUDIO: usize = 128;

/// Makes one outgoing stream of the layers of one source: a subscriber sees a single sender whose sequence numbers,
/// timestamps and picture ids never jump, whatever is switched, paused or dropped.
///
/// - What is missing of the incoming stream is missing of the outgoing one, what comes late comes late, so that the
///   receiver asks for it again; what is left out on purpose leaves no gap.
/// - One layer is sent at a time. Another one begins with a key frame; until it comes, the old one goes on.
#[derive(Debug)]
pub(crate) struct Rewriter {
    needs_key_frames: bool,
    target: Option<Layer>,
    temporal_max: u8,
    segment: Option<Segment>,
    timeline: Timeline,
    /// Shift of each layer when it was sent last, by [`Layer::index`].
    shifts: [Option<Shift>; 3],
    sent: SentPackets,
    pictures: Pictures,
}

/// The latest picture that was sent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pictures {
    /// Counted on beyond 15 bits.
    pub(super) id: Option<u64>,
    pub(super) tl0_index: Option<u8>,
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
        let size = match codec {
            Some(_) => SENT_VIDEO,
            None => SENT_AUDIO,
        };
        Self {
            needs_key_frames: codec.is_some(),
            target: None,
            temporal_max: u8::MAX,
            segment: None,
            timeline: Timeline::new(clock_rate),
            shifts: [None; 3],
            sent: SentPackets::new(size),
            pictures: Pictures::default(),
        }
    }

    /// Sends this layer as soon as a key frame of it comes; until then, what is sent now goes on. Sound begins at once.
    pub(crate) fn switch_to(&mut self, layer: Layer) {
        self.target = Some(layer);
    }

    /// Sends nothing any more, until [`Self::switch_to`].
    pub(crate) fn pause(&mut self) {
        self.target = None;
        self.end_segment();
    }

    /// The incoming stream of a layer is another one now (new SSRC): what comes next continues it by a key frame.
    pub(crate) fn restarted(&mut self, layer: Layer) {
        if self.current() == Some(layer) {
            self.end_segment();
        }
        if let Some(shift) = self.shifts.get_mut(layer.index()) {
            *shift = None;
        }
        self.sent.forget(layer);
    }

    /// Leaves out temporal layers above this one, where the payload tells them apart; none: sends all.
    pub(crate) fn limit_temporal(&mut self, temporal_id: Option<u8>) {
        self.temporal_max = temporal_id.unwrap_or(u8::MAX);
    }

    /// The layer that is being sent.
    pub(crate) fn current(&self) -> Option<Layer> {
        self.segment.as_ref().map(Segment::layer)
    }

    /// The layer of which a key frame is waited for.
    pub(crate) fn waits_for(&self) -> Option<Layer> {
        self.target.filter(|target| self.current() != Some(*target))
    }

    /// Decides on a packet of any layer of the source.
    pub(crate) fn rewrite(&mut self, packet: &IncomingPacket) -> Verdict {
        if self.current() == Some(packet.layer) {
            return self.go_on(packet);
        }
        if self.target != Some(packet.layer) {
            return Verdict::Drop(DropReason::NotSelected);
        }
        if packet.payload.is_empty {
            return Verdict::Drop(DropReason::Empty);
        }
        if self.needs_key_frames && !packet.payload.starts_key_frame {
            return Verdict::Drop(DropReason::WaitsForKeyFrame);
        }
        self.begin(packet)
    }

    /// Where an outgoing packet came from, or would have come from if it had not been lost on its way here.
    pub(crate) fn lookup(&self, sequence_number: u16) -> Option<Original> {
        let packet = self.sent.get(self.sent.extend(sequence_number)?)?;
        Some(Original {
            layer: packet.layer()?,
            sequence: packet.sequence,
        })
    }

    /// What a packet that was found by [`Self::lookup`] is sent again with. None: it is another one, or was sent ten times
    /// again already.
    pub(crate) fn rewrite_again(
        &mut self,
        sequence_number: u16,
        packet: &IncomingPacket,
    ) -> Option<Rewritten> {
        let number = self.sent.extend(sequence_number)?;
        let sent = *self.sent.get(number)?;
        if sent.layer() != Some(packet.layer) || sent.sequence != packet.sequence {
            return None;
        }
        if sent.was_sent() {
            return self.sent.take_again(number).then(|| Rewritten {
                sequence_number,
                timestamp: packet.timestamp.wrapping_add(sent.timestamp_offset),
                patch: packet
                    .payload
                    .patch(Some(sent.picture_id), Some(sent.tl0_picture_index)),
                switched: false,
            });
        }
        // It came before the key frame that it follows: its place is free.
        match self.rewrite(packet) {
            Verdict::Forward(rewritten) if rewritten.sequence_number == sequence_number => {
                Some(rewritten)
            }
            Verdict::Forward(_) | Verdict::Drop(_) => None,
        }
    }

    /// The outgoing timestamp of a moment of a layer's incoming stream, for Sender Reports; none while it is not sent.
    pub(crate) fn map_timestamp(&self, layer: Layer, timestamp: u32) -> Option<u32> {
        let segment = self.segment.as_ref()?;
        (segment.layer() == layer).then(|| timestamp.wrapping_add(segment.shift().offset))
    }

    /// The packet is the first one of its layer's turn.
    fn begin(&mut self, packet: &IncomingPacket) -> Verdict {
        self.end_segment();
        let before = self.shifts.get(packet.layer.index()).copied().flatten();
        let shift = self
            .timeline
            .begin(packet.timestamp, packet.clock, packet.arrived, before);
        let number = match self.sent.highest() {
            Some(highest) => highest + 1,
            // In the lower half, so that SRTP's roll-over counter is not in doubt if the first packets are lost
            // (RFC 3711 section 3.3.1).
            None => 1 << 16 | packet.sequence & 0x7fff,
        };
        self.segment = Some(Segment::new(
            packet,
            number,
            shift,
            self.temporal_max,
            self.pictures,
        ));
        self.forward(packet, number, true)
    }

    /// The packet is of the layer that is being sent.
    fn go_on(&mut self, packet: &IncomingPacket) -> Verdict {
        let Some(segment) = &mut self.segment else {
            return Verdict::Drop(DropReason::NotSelected);
        };
        segment.note_clock(packet.clock);
        if packet.sequence > segment.highest() {
            let number = segment.advance(packet, self.temporal_max, self.pictures, &mut self.sent);
            return match number {
                Ok(number) => self.forward(packet, number, false),
                Err(reason) => Verdict::Drop(reason),
            };
        }
        let number = match segment.place_of(packet.sequence) {
            Renumbered::To(number) => number,
            Renumbered::LeftOut => return Verdict::Drop(DropReason::TemporalLayer),
            Renumbered::Unknown => return Verdict::Drop(DropReason::Late),
        };
        if packet.payload.is_empty {
            return Verdict::Drop(DropReason::Empty);
        }
        match self.sent.get(number) {
            Some(place) if place.was_sent() => Verdict::Drop(DropReason::Duplicate),
            Some(_) => self.forward(packet, number, false),
            None => Verdict::Drop(DropReason::Late),
        }
    }

    fn forward(&mut self, packet: &IncomingPacket, number: u64, switched: bool) -> Verdict {
        let Some(segment) = &mut self.segment else {
            return Verdict::Drop(DropReason::NotSelected);
        };
        let is_newest = self.sent.highest().is_none_or(|highest| number > highest);
        let Some(picture) = segment.picture(&packet.payload) else {
            return Verdict::Drop(DropReason::TemporalLayer);
        };
        let offset = segment.shift().offset;
        let timestamp = packet.timestamp.wrapping_add(offset);
        if is_newest {
            self.timeline.sent(timestamp, packet.arrived);
            self.pictures.id = self.pictures.id.max(picture.id);
            self.pictures.tl0_index = picture.tl0_index.or(self.pictures.tl0_index);
        }
        // Lower 15 bits are what is sent.
        let picture_id = picture.id.map(|id| (id & 0x7fff) as u16);
        self.sent.record(
            number,
            SentPacket::sent(
                packet.layer,
                packet.sequence,
                offset,
                picture_id.unwrap_or(0),
                picture.tl0_index.unwrap_or(0),
            ),
        );
        Verdict::Forward(Rewritten {
            // Lower 16 bits are what is sent.
            sequence_number: (number & 0xffff) as u16,
            timestamp,
            patch: packet.payload.patch(picture_id, picture.tl0_index),
            switched,
        })
    }

    fn end_segment(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.timeline.end(segment.shift(), segment.clock());
            if let Some(shift) = self.shifts.get_mut(segment.layer().index()) {
                *shift = Some(segment.shift());
            }
        }
    }
}

#[cfg(test)]
mod tests;
