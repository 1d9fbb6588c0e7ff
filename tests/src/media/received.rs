use std::time::{Duration, Instant};

use str0m::media::Mid;
use str0m::rtp::RtpPacket;

use super::picture;

/// What a participant has received.
#[derive(Debug, Default, Clone)]
pub struct Received {
    /// Packets of pictures.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets of sound.
    pub sounds: u64,
    /// How long each packet of a picture was on its way, since this was last emptied.
    pub delays: Vec<Duration>,
    /// When the first packet of a picture came.
    pub first: Option<Instant>,
    streams: Vec<Stream>,
    /// Lost in streams that are over.
    lost: u64,
}

/// One RTP stream, of pictures or sound.
#[derive(Debug, Clone, Copy)]
struct Stream {
    ssrc: u32,
    line: Option<Mid>,
    is_sound: bool,
    packets: u64,
    first: u64,
    highest: u64,
}

/// Streams that are remembered; of one that is as good as over only the loss is kept.
const STREAMS_MAX: usize = 256;

impl Received {
    /// Packets that never came, not even when they were asked for again: the gaps in the sequence numbers.
    pub fn lost(&self) -> u64 {
        self.lost + self.streams.iter().map(Stream::lost).sum::<u64>()
    }

    /// Streams that something came of.
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Packets that came on a line.
    pub fn on_line(&self, line: &str) -> u64 {
        let line = Some(Mid::from(line));
        let streams = self.streams.iter().filter(|stream| stream.line == line);
        streams.map(|stream| stream.packets).sum()
    }

    /// Whether the stream is known; if not, [`Received::add`] has to be told whose it is.
    pub(super) fn knows(&self, ssrc: u32) -> bool {
        self.streams.iter().any(|stream| stream.ssrc == ssrc)
    }

    pub(super) fn begin(&mut self, ssrc: u32, line: Option<Mid>, is_sound: bool) {
        if self.streams.len() == STREAMS_MAX {
            self.lost += self.streams.remove(0).lost();
        }
        self.streams.push(Stream {
            ssrc,
            line,
            is_sound,
            packets: 0,
            first: u64::MAX,
            highest: 0,
        });
    }

    /// A packet came; `began` is the epoch of the times in packets.
    pub(super) fn add(&mut self, packet: &RtpPacket, began: Instant, now: Instant) {
        let ssrc = *packet.header.ssrc;
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) else {
            return;
        };
        stream.packets += 1;
        stream.first = stream.first.min(*packet.seq_no);
        stream.highest = stream.highest.max(*packet.seq_no);
        if stream.is_sound {
            self.sounds += 1;
            return;
        }
        self.packets += 1;
        self.bytes += packet.payload.len() as u64;
        self.first.get_or_insert(now);
        self.delays
            .extend(picture::age(began, now, &packet.payload));
    }
}

impl Stream {
    fn lost(&self) -> u64 {
        (self.highest + 1)
            .saturating_sub(self.first)
            .saturating_sub(self.packets)
    }
}
