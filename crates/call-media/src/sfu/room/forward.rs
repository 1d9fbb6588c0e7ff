use std::time::Instant;

use super::Room;
use super::down::DownState;
use super::receive::video_codec;
use crate::sfu::bandwidth::Class;
use crate::sfu::rtp::{
    Header, IncomingPacket, OutgoingExtensions, OutgoingHeader, Verdict, write_packet,
};
use crate::sfu::sdp::{Codec, RED};
use crate::sfu::shard::Output;

/// A packet on its way to those who get it.
pub(super) struct Packet<'a> {
    pub(super) header: Header,
    pub(super) payload: &'a [u8],
    pub(super) incoming: IncomingPacket,
    /// Its audio level as it came.
    pub(super) level: Option<u8>,
}

impl Room {
    /// Sends a packet to everybody who gets its feed.
    pub(super) fn forward(
        &mut self,
        now: Instant,
        feed_at: usize,
        packet: &Packet<'_>,
        out: &mut Output,
    ) {
        let Some(feed) = self.feeds.get(feed_at) else {
            return;
        };
        let class = match video_codec(feed.codec) {
            Some(_) => Class::Video,
            None => Class::Audio,
        };
        let mut overrun = false;
        for (peer_at, down_at) in &feed.subscribers {
            let Some(peer) = self.peers.get_mut(*peer_at) else {
                continue;
            };
            if !peer.session.connected {
                continue;
            }
            let Some(down) = peer.downs.get_mut(*down_at) else {
                continue;
            };
            let DownState::Accepted { ids, red } = down.state else {
                continue;
            };
            let Verdict::Forward(rewritten) = down.rewriter.rewrite(&packet.incoming) else {
                continue;
            };
            let (payload_type, payload) = if packet.header.payload_type == RED && !red {
                (Codec::Opus.payload_type(), primary_of_red(packet.payload))
            } else {
                (packet.header.payload_type, packet.payload)
            };
            let buffer = out.buffer();
            let start = buffer.len();
            let stamps = write_packet(
                buffer,
                OutgoingHeader {
                    payload_type,
                    marker: packet.header.marker,
                    sequence_number: rewritten.sequence_number,
                    timestamp: rewritten.timestamp,
                    ssrc: down.ssrc,
                },
                &OutgoingExtensions {
                    ids,
                    mid: down.mid.as_bytes(),
                    audio_level: packet.level,
                },
                payload,
                rewritten.patch,
            );
            down.reports.sent(payload.len());
            if rewritten.switched {
                // The others may be told that it is seen now.
                peer.divide_at = now;
            }
            overrun |= !peer.session.send(now, peer.lane, class, start, stamps, out);
        }
        if overrun {
            self.recover_overrun(now);
        }
    }

    /// Pictures that waited for somebody's narrow way were given up: begin anew with key frames.
    fn recover_overrun(&mut self, now: Instant) {
        for (_, peer) in &mut self.peers {
            if !std::mem::take(&mut peer.session.overrun) {
                continue;
            }
            peer.divide_at = now;
            for (_, down) in &peer.downs {
                if let Some(layer) = down.rewriter.current()
                    && let Some(feed) = self.feeds.get_mut(down.feed)
                {
                    feed.want_key_frame(layer, now);
                }
            }
        }
    }
}

/// The newest block of redundant sound (RFC 2198): what a peer without redundancy gets.
pub(super) fn primary_of_red(payload: &[u8]) -> &[u8] {
    let mut redundant = 0;
    let mut rest = payload;
    loop {
        match rest {
            // Follow bit: four bytes of a block header with a 10-bit length.
            [first, _, high, low, after @ ..] if first & 0x80 != 0 => {
                redundant += (usize::from(high & 0x03) << 8) | usize::from(*low);
                rest = after;
            }
            [first, after @ ..] if first & 0x80 == 0 => {
                return after.get(redundant..).unwrap_or_default();
            }
            _ => return &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::primary_of_red;

    const OPUS: u8 = 0x6f;

    #[test]
    fn the_primary_block_is_what_comes_last() {
        // One redundant block of 3 bytes, 960 ticks old, then the primary.
        let red = [0x80 | OPUS, 0x0f, 0x00, 0x03, OPUS, 1, 2, 3, 9, 8, 7];
        assert_eq!(primary_of_red(&red), [9, 8, 7]);
        assert_eq!(primary_of_red(&[OPUS, 5, 6]), [5, 6]);
    }

    #[test]
    fn what_is_cut_short_has_no_primary_block() {
        assert_eq!(primary_of_red(&[]), [0; 0]);
        assert_eq!(primary_of_red(&[0x80 | OPUS, 0, 0]), [0; 0]);
        assert_eq!(primary_of_red(&[0x80 | OPUS, 0, 0, 200, OPUS, 1]), [0; 0]);
    }
}
