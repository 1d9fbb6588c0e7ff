use std::time::Instant;

use super::Room;
use super::down::{Down, DownState};
use crate::sfu::rtcp::SenderReports;
use crate::sfu::rtp::Rewriter;
use crate::sfu::sdp::{Codec, LineCodec, OfferLines, SendLine, TransportParameters};
use crate::sfu::shard::Output;
use crate::sfu::{Event, Layer, Offer, PublishMids, Source, Track};

impl Room {
    /// Makes an offer of everything as it is now.
    pub(super) fn offer(&mut self, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let session = &mut peer.session;
        session.revision += 1;
        session.answered = false;
        session.offer_at = None;
        for (_, down) in &mut peer.downs {
            if down.state == DownState::New {
                down.state = DownState::Offered(session.revision);
            }
        }
        let local = session.transport.local_parameters();
        let fingerprint = local.fingerprint.split_whitespace().next_back();
        let transport = TransportParameters {
            ice_ufrag: local.ufrag,
            ice_pwd: local.pwd,
            fingerprint: fingerprint.unwrap_or_default().to_owned(),
            candidates: self.context.candidates.clone(),
        };
        let send = session.lines.to_send();
        let sdp = OfferLines {
            session_id: session.sdp_id,
            version: u64::from(session.revision),
            transport: &transport,
            video_codecs: &self.context.config.video_codecs,
            simulcast: self.context.config.simulcast,
            send: &send,
        }
        .to_sdp();
        let (id, revision) = (session.id.clone(), session.revision);
        let user = peer.user.clone();
        let tracks = self.tracks(at);
        out.events.push(Event::Offer {
            room: self.id.clone(),
            peer: user,
            offer: Offer {
                session: id,
                revision,
                sdp,
                publish: PublishMids {
                    audio: Source::Audio.mid().to_owned(),
                    video: Source::Video.mid().to_owned(),
                    screen: Source::Screen.mid().to_owned(),
                    screen_audio: Source::ScreenAudio.mid().to_owned(),
                },
                tracks,
            },
        });
    }

    /// What the lines of a peer carry.
    fn tracks(&self, at: usize) -> Vec<Track> {
        let Some(peer) = self.peers.get(at) else {
            return Vec::new();
        };
        let track = |(line, down): (usize, usize)| {
            let feed = self.feeds.get(peer.downs.get(down)?.feed)?;
            Some(Track {
                mid: line.to_string(),
                user: self.peers.get(feed.owner)?.user.clone(),
                source: feed.source,
            })
        };
        peer.session.lines.in_use().filter_map(track).collect()
    }

    /// Gives a peer a stream of a feed; it is sent once the peer took its line. None: there is no line left.
    pub(super) fn add_down(&mut self, now: Instant, at: usize, feed_at: usize) -> Option<usize> {
        let feed = self.feeds.get(feed_at)?;
        if let Some(down) = self.peers.get(at)?.by_feed.get(&feed_at) {
            return Some(*down);
        }
        let codec = match feed.codec {
            Codec::Opus | Codec::Red => LineCodec::Audio,
            Codec::Video(codec) => LineCodec::Video(codec),
            Codec::Rtx(_) => return None,
        };
        let track_id = format!("{}-{}", feed.stream_id, feed.source.as_str());
        let stream_id = feed.stream_id.clone();
        let peer = self.peers.get_mut(at)?;
        let ssrc = peer.session.take_ssrc();
        let rtx_ssrc = feed.source.is_video().then(|| peer.session.take_ssrc());
        let key = peer.downs.vacant_key();
        let send = SendLine {
            codec,
            active: true,
            ssrc,
            rtx_ssrc,
            cname: stream_id.clone(),
            stream_id,
            track_id,
        };
        let line = if let Some(line) = peer.session.lines.assign(key, send.clone()) {
            line
        } else {
            self.make_way(now, at)?;
            let peer = self.peers.get_mut(at)?;
            peer.session.lines.assign(key, send)?
        };
        let feed = self.feeds.get_mut(feed_at)?;
        let peer = self.peers.get_mut(at)?;
        let (video, clock_rate) = match codec {
            LineCodec::Audio => (None, feed.codec.clock_rate()),
            LineCodec::Video(video) => (Some(video), feed.codec.clock_rate()),
        };
        let mut rewriter = Rewriter::new(video, clock_rate);
        if video.is_none() {
            rewriter.switch_to(Layer::High);
        }
        let down = peer.downs.insert(Down {
            feed: feed_at,
            line,
            mid: line.to_string(),
            ssrc,
            rtx_ssrc,
            rtx_sequence: 0,
            rewriter,
            reports: SenderReports::default(),
            next_report: now,
            state: DownState::New,
            target: video.is_none().then_some(Layer::High),
            paused: None,
            looked_at: None,
            wanted_at: now,
            unfit_since: None,
            lowered_at: None,
            retransmitted: 0,
            nacks: 0,
            key_frame_requests: 0,
        });
        peer.by_feed.insert(feed_at, down);
        peer.session.by_ssrc.insert(ssrc, down);
        peer.session.renegotiate();
        feed.subscribers.push((at, down));
        Some(down)
    }

    /// Takes the line of the picture that was not looked at for longest.
    fn make_way(&mut self, now: Instant, at: usize) -> Option<()> {
        let peer = self.peers.get_mut(at)?;
        let (_, down) = peer
            .downs
            .iter()
            .filter(|(_, down)| down.rtx_ssrc.is_some() && down.wanted_at < now)
            .min_by_key(|(_, down)| down.wanted_at)?;
        let feed = down.feed;
        peer.drop_down(feed);
        if let Some(feed) = self.feeds.get_mut(feed) {
            feed.subscribers.retain(|(peer, _)| *peer != at);
        }
        Some(())
    }
}
