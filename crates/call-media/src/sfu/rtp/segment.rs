use super::super::Layer;
use super::payload::{PayloadInfo, PictureId, Rise};
use super::renumbering::{Renumbered, Renumbering};
use super::rewrite::{DropReason, IncomingPacket, Pictures};
use super::sent::SentPackets;
use super::sequence::nearest;
use super::timeline::{SenderClock, Shift};

/// A layer's turn in an outgoing stream: from the packet that it begins with to the switch to another one.
#[derive(Debug)]
pub(super) struct Segment {
    layer: Layer,
    shift: Shift,
    clock: Option<SenderClock>,
    sequences: Renumbering,
    pictures: Option<Renumbering>,
    tl0_offset: u8,
    /// The highest temporal layer that is sent at the moment.
    temporal_max: u8,
    newest_timestamp: u32,
    newest_is_left_out: bool,
}

impl Segment {
    /// It begins with this packet, which gets that outgoing number; `before` is the latest picture sent.
    pub(super) fn new(
        packet: &IncomingPacket,
        number: u64,
        shift: Shift,
        temporal_max: u8,
        before: Pictures,
    ) -> Self {
        let mut segment = Self {
            layer: packet.layer,
            shift,
            clock: packet.clock,
            sequences: Renumbering::new(packet.sequence, number),
            pictures: None,
            tl0_offset: 0,
            temporal_max,
            newest_timestamp: packet.timestamp,
            newest_is_left_out: false,
        };
        segment.begin_pictures(&packet.payload, before);
        segment
    }

    pub(super) fn layer(&self) -> Layer {
        self.layer
    }

    pub(super) fn shift(&self) -> Shift {
        self.shift
    }

    /// The latest Sender Report.
    pub(super) fn clock(&self) -> Option<SenderClock> {
        self.clock
    }

    pub(super) fn note_clock(&mut self, clock: Option<SenderClock>) {
        self.clock = clock.or(self.clock);
    }

    /// The highest incoming number so far.
    pub(super) fn highest(&self) -> u64 {
        self.sequences.highest()
    }

    /// The outgoing number of an incoming one that is not higher than all before.
    pub(super) fn place_of(&self, sequence: u64) -> Renumbered {
        self.sequences.get(sequence)
    }

    /// The outgoing number of a packet that is higher than all before. What is missing in front of it gets its place in
    /// `sent`.
    pub(super) fn advance(
        &mut self,
        packet: &IncomingPacket,
        temporal_wanted: u8,
        latest: Pictures,
        sent: &mut SentPackets,
    ) -> Result<u64, DropReason> {
        let payload = &packet.payload;
        let expected = self.highest().saturating_add(1);
        let is_new_picture = packet.timestamp != self.newest_timestamp;
        if payload.is_empty {
            self.keep_places(expected, packet.sequence, sent);
            self.sequences.leave_out(packet.sequence, packet.sequence);
            return Err(DropReason::Empty);
        }
        if is_new_picture {
            self.follow(temporal_wanted, payload);
            self.newest_timestamp = packet.timestamp;
        }
        self.restart_pictures_if_needed(payload, latest);
        if payload
            .temporal_id
            .is_some_and(|temporal_id| temporal_id > self.temporal_max)
        {
            // What is missing inside a picture that is left out would be left out as well.
            let start = if self.newest_is_left_out && !is_new_picture {
                expected
            } else {
                self.keep_places(expected, packet.sequence, sent);
                packet.sequence
            };
            self.sequences.leave_out(start, packet.sequence);
            self.leave_out_picture(payload);
            self.newest_is_left_out = true;
            return Err(DropReason::TemporalLayer);
        }
        self.newest_is_left_out = false;
        self.keep_places(expected, packet.sequence, sent);
        Ok(self.sequences.advance(packet.sequence))
    }

    /// What the picture that a packet belongs to is called in the outgoing stream. None: it is left out.
    pub(super) fn picture(&mut self, payload: &PayloadInfo) -> Option<Pictures> {
        let id = match (payload.picture_id, &mut self.pictures) {
            (Some(id), Some(pictures)) => {
                let extended = extend(pictures, id);
                if extended > pictures.highest() {
                    Some(pictures.advance(extended))
                } else {
                    match pictures.get(extended) {
                        Renumbered::To(number) => Some(number),
                        Renumbered::LeftOut | Renumbered::Unknown => return None,
                    }
                }
            }
            (None, _) | (_, None) => None,
        };
        let tl0_index = payload
            .tl0_picture_index
            .map(|index| index.value.wrapping_add(self.tl0_offset));
        Some(Pictures { id, tl0_index })
    }

    /// The picture of this payload is called the next one after the latest.
    fn begin_pictures(&mut self, payload: &PayloadInfo, latest: Pictures) {
        if let Some(id) = payload.picture_id {
            // So that those that come late before it have a place too.
            let extended = 1 << 15 | u64::from(id.value);
            let number = latest.id.map_or(extended, |latest| latest + 1);
            self.pictures = Some(Renumbering::new(extended, number));
        }
        if let (Some(index), Some(latest)) = (payload.tl0_picture_index, latest.tl0_index) {
            self.tl0_offset = latest.wrapping_add(1).wrapping_sub(index.value);
        }
    }

    /// An encoder that starts anew, or one whose ids make no sense, does not make the outgoing ones jump.
    fn restart_pictures_if_needed(&mut self, payload: &PayloadInfo, latest: Pictures) {
        let Some(id) = payload.picture_id else {
            return;
        };
        let goes_on = self.pictures.as_ref().is_some_and(|pictures| {
            let extended = extend(pictures, id);
            extended > pictures.highest()
                || !payload.starts_key_frame && pictures.get(extended) != Renumbered::Unknown
        });
        if !goes_on {
            self.begin_pictures(payload, latest);
        }
    }

    fn leave_out_picture(&mut self, payload: &PayloadInfo) {
        if let (Some(id), Some(pictures)) = (payload.picture_id, &mut self.pictures) {
            let extended = extend(pictures, id);
            pictures.leave_out(extended, extended);
        }
    }

    /// Sends more temporal layers or fewer, as soon as that can be done with the picture that begins.
    fn follow(&mut self, wanted: u8, payload: &PayloadInfo) {
        let temporal_id = payload.temporal_id.unwrap_or(0);
        if wanted <= self.temporal_max || payload.starts_key_frame {
            self.temporal_max = wanted;
            return;
        }
        match payload.rise {
            Rise::Own if temporal_id == self.temporal_max + 1 && temporal_id <= wanted => {
                self.temporal_max = temporal_id;
            }
            Rise::Above if temporal_id <= self.temporal_max => self.temporal_max = wanted,
            Rise::No | Rise::Own | Rise::Above => {}
        }
    }

    /// The numbers from `from` up to `sequence` are missing.
    fn keep_places(&self, from: u64, sequence: u64, sent: &mut SentPackets) {
        let missing = sequence.saturating_sub(from);
        sent.keep_places(self.layer, from, self.sequences.next_is(from), missing);
    }
}

/// The picture id as a count that goes on.
fn extend(pictures: &Renumbering, id: PictureId) -> u64 {
    nearest(pictures.highest(), id.value, id.bits())
}
