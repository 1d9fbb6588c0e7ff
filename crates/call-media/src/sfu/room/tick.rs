use std::time::{Duration, Instant};

use super::Room;
use super::down::DownState;
use super::receive::video_codec;
use crate::sfu::Event;
use crate::sfu::rtcp::{ReportBlock, write_nack, write_pli, write_receiver_report};
use crate::sfu::rtp::{OutgoingExtensions, OutgoingHeader, SenderClock};
use crate::sfu::sdp::Codec;
use crate::sfu::shard::Output;

/// How often peers are told how their streams arrive, and what belongs together (RFC 3550 section 6.2: about once a second here).
const REPORTS: Duration = Duration::from_secs(1);

impl Room {
    /// Does what is due.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Output) {
        let everybody: Vec<usize> = self.peers.iter().map(|(at, _)| at).collect();
        for at in everybody {
            self.tick_connection(now, at, out);
            self.tick_incoming(now, at, out);
            self.tick_outgoing(now, at, out);
            self.tick_negotiation(now, at, out);
        }
        self.tick_speakers(now, out);
        self.tick_wanted(now, out);
        self.tick_taps(now, out);
    }

    fn tick_connection(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let transport = &mut peer.session.transport;
        if transport
            .poll_timeout()
            .is_some_and(|timeout| timeout <= now)
        {
            transport.handle_timeout(now);
            self.drain_transport(now, at, out);
        }
    }

    /// Asks a peer again for what was lost, for key frames, and tells it how its streams arrive.
    fn tick_incoming(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        if !peer.session.connected {
            return;
        }
        let own_ssrc = peer.session.own_ssrc;
        let round_trip = peer.session.round_trip_or_default();
        loop {
            let start = out.buffer().len();
            if !peer.session.feedback.poll(out.buffer(), own_ssrc, now) {
                out.buffer().truncate(start);
                break;
            }
            peer.session.send_rtcp(peer.lane, start, out);
        }
        for feed in peer.feeds.into_iter().flatten() {
            let Some(feed) = self.feeds.get_mut(feed) else {
                continue;
            };
            for stream in feed.layers.iter_mut().flatten() {
                let due = |deadline: Option<Instant>| deadline.is_some_and(|at| at <= now);
                let start = out.buffer().len();
                if due(stream.missing.next_deadline()) || stream.missing.gave_up() {
                    let round = stream.missing.poll(now, round_trip);
                    if !round.ask.is_empty() {
                        write_nack(out.buffer(), own_ssrc, stream.ssrc, round.ask);
                        stream.nacks_sent += 1;
                        out.counters.nacks_sent += 1;
                    }
                    if round.gave_up {
                        stream.key_frames.want(now);
                    }
                }
                if due(stream.key_frames.next_deadline()) && stream.key_frames.poll(now) {
                    write_pli(out.buffer(), own_ssrc, stream.ssrc);
                    stream.key_frame_requests_sent += 1;
                    out.counters.key_frame_requests_sent += 1;
                }
                peer.session.send_rtcp(peer.lane, start, out);
            }
        }
        if now < peer.session.next_report {
            return;
        }
        peer.session.next_report = now + REPORTS;
        let mut blocks: Vec<ReportBlock> = Vec::new();
        for feed in peer.feeds.into_iter().flatten() {
            let Some(feed) = self.feeds.get_mut(feed) else {
                continue;
            };
            for stream in feed.layers.iter_mut().flatten() {
                let before = stream.lost_told;
                blocks.extend(stream.reception.report(stream.ssrc, now));
                stream.lost_told = stream.reception.lost().max(0).unsigned_abs().max(before);
                out.counters.packets_lost += stream.lost_told - before;
            }
        }
        let start = out.buffer().len();
        write_receiver_report(out.buffer(), own_ssrc, &blocks, peer.session.id.as_str());
        peer.session.send_rtcp(peer.lane, start, out);
    }

    /// Sends what waited, what finds out how much more fits, and what keeps pictures and sound together.
    fn tick_outgoing(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        if !peer.session.connected {
            return;
        }
        let lane = peer.lane;
        if peer
            .session
            .pacer
            .next_deadline()
            .is_some_and(|at| at <= now)
        {
            peer.session.send_waiting(now, lane, out);
        }
        for (_, down) in &mut peer.downs {
            if now < down.next_report || !matches!(down.state, DownState::Accepted { .. }) {
                continue;
            }
            down.next_report = now + REPORTS;
            let Some(layer) = down.rewriter.current() else {
                continue;
            };
            let Some(feed) = self.feeds.get(down.feed) else {
                continue;
            };
            let Some(clock) = feed
                .stream(layer)
                .and_then(|stream| stream.reception.clock_at(now))
            else {
                continue;
            };
            let Some(rtp) = down.rewriter.map_timestamp(layer, clock.rtp) else {
                continue;
            };
            let clock = SenderClock {
                ntp: clock.ntp,
                rtp,
            };
            let start = out.buffer().len();
            down.reports
                .write(out.buffer(), down.ssrc, clock, &feed.stream_id, now);
            peer.session.send_rtcp(lane, start, out);
        }
        if peer
            .session
            .estimator
            .next_deadline()
            .is_some_and(|at| at <= now)
        {
            self.probe(now, at, out);
        }
    }

    fn probe(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let probe = peer.session.estimator.poll(now);
        let estimate = peer.session.estimator.estimate();
        peer.session.pacer.set_estimate(now, estimate);
        let Some(probe) = probe else {
            return;
        };
        // On the retransmission stream of a picture, sent or not: receivers take anything there.
        let carrier = peer.downs.iter_mut().find_map(|(_, down)| {
            let DownState::Accepted { ids, .. } = down.state else {
                return None;
            };
            let codec = video_codec(self.feeds.get(down.feed)?.codec)?;
            Some((down.rtx_ssrc?, ids, codec, down))
        });
        let Some((ssrc, ids, codec, down)) = carrier else {
            return;
        };
        let header = OutgoingHeader {
            payload_type: Codec::Rtx(codec).payload_type(),
            marker: false,
            sequence_number: down.rtx_sequence,
            timestamp: 0,
            ssrc,
        };
        let extensions = OutgoingExtensions {
            ids,
            mid: down.mid.as_bytes(),
            audio_level: None,
        };
        down.rtx_sequence =
            peer.session
                .send_padding(now, peer.lane, header, &extensions, probe.bytes, out);
    }

    fn tick_negotiation(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        if peer.divide_at <= now {
            self.serve(now, at, out);
        }
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        if peer.session.offer_is_due(now) {
            self.offer(at, out);
        }
    }

    fn tick_speakers(&mut self, now: Instant, out: &mut Output) {
        if self.speakers.next_deadline().is_none_or(|at| at > now) {
            return;
        }
        if !self.speakers.update(now) {
            return;
        }
        let users = self
            .speakers
            .active()
            .iter()
            .filter_map(|at| Some(self.peers.get(*at)?.user.clone()))
            .collect();
        out.events.push(Event::Speakers {
            room: self.id.clone(),
            users,
        });
    }
}
