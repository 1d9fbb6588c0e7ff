use std::time::Instant;

use super::Room;
use super::down::DownState;
use super::receive::video_codec;
use super::session::Incoming;
use crate::sfu::bandwidth::Class;
use crate::sfu::rtcp::{Compound, Message, NackList, ReportBlocks, SenderInfo};
use crate::sfu::rtp::{
    Header, IncomingPacket, OutgoingExtensions, OutgoingHeader, PayloadInfo, write_rtx,
};
use crate::sfu::sdp::Codec;
use crate::sfu::shard::Output;

/// Packets that are sent again for one RTCP packet at most: a receiver that lost more needs a key frame.
const AGAIN_MAX: usize = 128;

impl Room {
    /// What a peer reports of what it sends and gets.
    pub(super) fn rtcp(
        &mut self,
        now: Instant,
        at: usize,
        compound: Compound<'_>,
        out: &mut Output,
    ) {
        let mut again = AGAIN_MAX;
        for message in compound {
            match message {
                Message::SenderReport { info, reports } => {
                    self.sender_report(now, at, &info);
                    self.receiver_report(now, at, reports);
                }
                Message::ReceiverReport { reports } => self.receiver_report(now, at, reports),
                Message::Nack { ssrc, packets } => {
                    out.counters.nacks_received += 1;
                    self.send_again(now, at, ssrc, packets, &mut again, out);
                }
                Message::KeyFrameRequest { ssrc } => {
                    out.counters.key_frame_requests_received += 1;
                    self.key_frame_requested(now, at, ssrc);
                }
                Message::TransportFeedback(feedback) => {
                    if let Some(peer) = self.peers.get_mut(at)
                        && let Some(feedback) = feedback.decode()
                    {
                        let session = &mut peer.session;
                        session.estimator.feedback(now, &feedback);
                        let estimate = session.estimator.estimate();
                        session.pacer.set_estimate(now, estimate);
                    }
                }
                Message::Goodbye { ssrc } => self.goodbye(at, ssrc),
            }
        }
    }

    fn sender_report(&mut self, now: Instant, at: usize, info: &SenderInfo) {
        let Some(peer) = self.peers.get(at) else {
            return;
        };
        let Some(Incoming { source, layer, .. }) = peer.session.incoming.get(&info.ssrc).copied()
        else {
            return;
        };
        let Some(feed_at) = peer.feeds[source.index()] else {
            return;
        };
        let feed = self.feeds.get_mut(feed_at);
        if let Some(stream) = feed.and_then(|feed| feed.stream_mut(layer))
            && stream.ssrc == info.ssrc
        {
            stream.reception.sender_report(info.ntp, info.rtp, now);
            self.copy_clock(now, feed_at, layer);
        }
    }

    /// A stream ends. Its line stays: another one may follow.
    fn goodbye(&mut self, at: usize, ssrc: u32) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let Some(ended) = peer.session.incoming.remove(&ssrc) else {
            return;
        };
        if !ended.repairs
            && let Some(feed) = peer.feeds[ended.source.index()]
        {
            self.stream_ended(feed, ended.layer);
        }
    }

    fn receiver_report(&mut self, now: Instant, at: usize, reports: ReportBlocks<'_>) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        for block in reports {
            let Some(down) = peer.session.by_ssrc.get(&block.ssrc) else {
                continue;
            };
            let Some(down) = peer.downs.get_mut(*down) else {
                continue;
            };
            if let Some(round_trip) = down.reports.reported(&block, now) {
                peer.session.round_trip = Some(round_trip);
                peer.session.estimator.round_trip_time(round_trip);
            }
            let lost = f64::from(block.fraction_lost) / 256.0;
            peer.session.estimator.receiver_report(now, lost);
        }
    }

    fn key_frame_requested(&mut self, now: Instant, at: usize, ssrc: u32) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let Some(down) = peer.session.by_ssrc.get(&ssrc) else {
            return;
        };
        let Some(down) = peer.downs.get_mut(*down) else {
            return;
        };
        down.key_frame_requests += 1;
        let layer = down.rewriter.waits_for().or(down.rewriter.current());
        if let Some(layer) = layer
            && let Some(feed) = self.feeds.get_mut(down.feed)
        {
            feed.want_key_frame(layer, now);
        }
    }

    fn send_again(
        &mut self,
        now: Instant,
        at: usize,
        ssrc: u32,
        packets: NackList<'_>,
        again: &mut usize,
        out: &mut Output,
    ) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let Some(down) = peer.session.by_ssrc.get(&ssrc) else {
            return;
        };
        let Some(down) = peer.downs.get_mut(*down) else {
            return;
        };
        down.nacks += 1;
        let (Some(rtx_ssrc), DownState::Accepted { ids, .. }) = (down.rtx_ssrc, down.state) else {
            return;
        };
        let Some(feed) = self.feeds.get(down.feed) else {
            return;
        };
        let Some(codec) = video_codec(feed.codec) else {
            return;
        };
        for number in packets {
            if *again == 0 {
                return;
            }
            let Some(original) = down.rewriter.lookup(number) else {
                continue;
            };
            let Some(stream) = feed.stream(original.layer) else {
                continue;
            };
            let Some(packet) = stream.cache.get(original.sequence, now) else {
                continue;
            };
            let Ok(header) = Header::parse(packet) else {
                continue;
            };
            let payload = header.payload(packet);
            let incoming = IncomingPacket {
                layer: original.layer,
                sequence: original.sequence,
                timestamp: header.timestamp,
                arrived: now,
                clock: stream.reception.clock(),
                payload: PayloadInfo::read(Some(codec), payload),
            };
            let Some(rewritten) = down.rewriter.rewrite_again(number, &incoming) else {
                continue;
            };
            *again -= 1;
            let start = out.buffer().len();
            let stamps = write_rtx(
                out.buffer(),
                OutgoingHeader {
                    payload_type: Codec::Rtx(codec).payload_type(),
                    marker: header.marker,
                    sequence_number: down.rtx_sequence,
                    timestamp: rewritten.timestamp,
                    ssrc: rtx_ssrc,
                },
                &OutgoingExtensions {
                    ids,
                    mid: down.mid.as_bytes(),
                    audio_level: None,
                },
                rewritten.sequence_number,
                payload,
                rewritten.patch,
            );
            down.rtx_sequence = down.rtx_sequence.wrapping_add(1);
            down.retransmitted += 1;
            out.counters.retransmitted_packets_sent += 1;
            let class = Class::Retransmission;
            if !peer.session.send(now, peer.lane, class, start, stamps, out) {
                return;
            }
        }
    }
}
