use std::time::{Duration, Instant};

use super::Room;
use super::down::{Down, DownState};
use super::feed::Feed;
use super::peer::Peer;
use crate::sfu::bandwidth::{Wish, allocate};
use crate::sfu::shard::Output;
use crate::sfu::{Event, Layer, PausedReason, Source, StreamState, View};

/// How often the pictures of a peer are divided anew without a reason of their own.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long a picture that got worse stays so, at least.
const RISE_AFTER: Duration = Duration::from_secs(2);
/// How long a picture that no longer fits goes on.
const PAUSE_AFTER: Duration = Duration::from_millis(1500);
/// What sound may take of a peer's way, for each voice heard, in bits per second.
const VOICE: u64 = 40_000;
/// Voices that are heard at a time, as far as the way is concerned.
const VOICES_MAX: u64 = 4;

/// A picture that a peer wants, on its way to a decision.
struct Candidate {
    view: View,
    feed: Option<usize>,
    down: Option<usize>,
    paused: Option<PausedReason>,
}

/// What a picture gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grant {
    layer: Option<Layer>,
    /// Only the base of its temporal layers: fewer frames, before there are none.
    base_only: bool,
}

impl Grant {
    /// Per cent of a layer that its temporal base takes, with what it may vary.
    const BASE: u64 = 60;

    /// What is left is for those who would get nothing.
    fn all(wishes: &[Wish], layers: &[Option<Layer>], mut left: u64) -> Vec<Self> {
        let mut grant = |(wish, layer): (&Wish, &Option<Layer>)| {
            let lowest = wish.layers[Layer::Low.index()];
            match (layer, lowest) {
                (None, Some(rate)) if rate.bitrate * Self::BASE / 100 <= left => {
                    left -= rate.bitrate * Self::BASE / 100;
                    Self {
                        layer: Some(Layer::Low),
                        base_only: true,
                    }
                }
                (layer, _) => Self {
                    layer: *layer,
                    base_only: false,
                },
            }
        };
        wishes.iter().zip(layers).map(&mut grant).collect()
    }
}

impl Room {
    /// Divides what a peer's way carries among the pictures that it wants.
    pub(super) fn serve(&mut self, now: Instant, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        peer.divide_at = now + INTERVAL;
        let mut candidates = self.candidates(at);
        self.leave_out(&mut candidates);
        for candidate in &mut candidates {
            self.find_down(now, at, candidate);
        }
        self.pause_the_rest(at, &candidates);
        let grants = self.allocate(now, at, &candidates);
        self.apply(now, at, &candidates, &grants);
        self.tell_streams(now, at, &candidates, out);
    }

    /// What a peer wants to see, and whether there is something of it.
    fn candidates(&self, at: usize) -> Vec<Candidate> {
        let Some(peer) = self.peers.get(at) else {
            return Vec::new();
        };
        let views = match &peer.views {
            Some(views) => views.clone(),
            None => self.everything(at),
        };
        let candidate = |view: View| {
            let owner = self.by_user.get(&view.user);
            let owner = owner.and_then(|owner| self.peers.get(*owner));
            let feed = owner.and_then(|owner| {
                let allowed = owner.publication.allows(view.source);
                owner.feeds[view.source.index()].filter(|_| allowed)
            });
            Candidate {
                view,
                feed,
                down: None,
                paused: feed.is_none().then_some(PausedReason::Muted),
            }
        };
        views.into_iter().map(candidate).collect()
    }

    /// What a peer gets that never said what it wants.
    fn everything(&self, at: usize) -> Vec<View> {
        let sent = self
            .feeds
            .iter()
            .filter(|(_, feed)| feed.owner != at && feed.source.is_video());
        sent.filter_map(|(_, feed)| {
            Some(View {
                user: self.peers.get(feed.owner)?.user.clone(),
                source: feed.source,
                width: 640,
                height: 360,
                pinned: false,
            })
        })
        .collect()
    }

    /// Where more cameras are wanted than anybody gets, those stay that spoke last.
    fn leave_out(&self, candidates: &mut [Candidate]) {
        let mut cameras: Vec<usize> = (0..candidates.len())
            .filter(|at| {
                let candidate = &candidates[*at];
                candidate.view.source == Source::Video && candidate.paused.is_none()
            })
            .collect();
        let last_n = self.context.config.last_n;
        if cameras.len() <= last_n {
            return;
        }
        let recent = self.speakers.recent();
        cameras.sort_by_key(|at| {
            let view = &candidates[*at].view;
            let spoke = self.by_user.get(&view.user);
            let place = spoke.and_then(|peer| recent.iter().position(|other| other == peer));
            (!view.pinned, place.unwrap_or(usize::MAX))
        });
        for at in &cameras[last_n..] {
            candidates[*at].paused = Some(PausedReason::LastN);
        }
    }

    fn find_down(&mut self, now: Instant, at: usize, candidate: &mut Candidate) {
        let Some(feed_at) = candidate.feed else {
            return;
        };
        if candidate.paused.is_some() {
            return;
        }
        candidate.down = self.add_down(now, at, feed_at);
        let peer = self.peers.get_mut(at);
        let down = candidate.down.and_then(|down| peer?.downs.get_mut(down));
        let Some(down) = down else {
            // More lines than an offer has: what is not on the screen gives way next time.
            candidate.paused = Some(PausedReason::LastN);
            return;
        };
        down.wanted_at = now;
        candidate.paused = match down.state {
            DownState::Rejected => Some(PausedReason::Codec),
            DownState::New | DownState::Offered(_) | DownState::Accepted { .. } => {
                let sent = self
                    .feeds
                    .get(feed_at)
                    .is_some_and(|feed| feed.is_sent(now));
                (!sent).then_some(PausedReason::Muted)
            }
        };
    }

    /// Pictures that a peer no longer wants keep their line, for a while, and get nothing.
    fn pause_the_rest(&mut self, at: usize, candidates: &[Candidate]) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        for (key, down) in &mut peer.downs {
            let is_picture = down.rtx_ssrc.is_some();
            if is_picture && !candidates.iter().any(|wanted| wanted.down == Some(key)) {
                down.stop(None);
                down.looked_at = None;
            }
        }
    }

    fn allocate(&mut self, now: Instant, at: usize, candidates: &[Candidate]) -> Vec<Grant> {
        let Some(peer) = self.peers.get(at) else {
            return Vec::new();
        };
        let speakers = self.speakers.active();
        let wish = |candidate: &Candidate| {
            let view = &candidate.view;
            let owner = self.by_user.get(&view.user);
            let down = candidate.down.and_then(|down| peer.downs.get(down));
            let feed = candidate.feed.and_then(|feed| self.feeds.get(feed));
            let layers = match feed {
                Some(feed) if candidate.paused.is_none() => feed.rates(now),
                Some(_) | None => [None; 3],
            };
            Wish {
                width: view.width,
                height: view.height,
                pinned: view.pinned,
                screen: view.source == Source::Screen,
                speaker: owner
                    .and_then(|owner| speakers.iter().position(|speaker| speaker == owner)),
                layers,
                current: down.and_then(|down| down.rewriter.current()),
                may_rise: down.is_none_or(|down| {
                    down.lowered_at
                        .is_none_or(|lowered| now.saturating_duration_since(lowered) > RISE_AFTER)
                }),
            }
        };
        let wishes: Vec<Wish> = candidates.iter().map(wish).collect();
        let looked_at: Vec<Layer> = wishes.iter().map(Wish::largest).collect();
        let voices = (self.peers.len() as u64).saturating_sub(1).min(VOICES_MAX);
        let sound = voices * VOICE;
        let available = peer.session.estimator.estimate();
        let available = available.saturating_sub(sound);
        let allocation = allocate(available, &wishes);
        let Some(peer) = self.peers.get_mut(at) else {
            return Vec::new();
        };
        peer.session
            .estimator
            .want(now, allocation.wanted.saturating_add(sound));
        for (candidate, layer) in candidates.iter().zip(looked_at) {
            if let Some(down) = candidate.down.and_then(|down| peer.downs.get_mut(down)) {
                down.looked_at = Some(layer);
            }
        }
        let left = available.saturating_sub(allocation.used);
        Grant::all(&wishes, &allocation.layers, left)
    }

    fn apply(&mut self, now: Instant, at: usize, candidates: &[Candidate], grants: &[Grant]) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        for (candidate, grant) in candidates.iter().zip(grants) {
            let Some(down) = candidate.down.and_then(|down| peer.downs.get_mut(down)) else {
                continue;
            };
            if candidate.paused.is_some() {
                down.stop(candidate.paused);
                continue;
            }
            let grant = down.bear(now, *grant, self.feeds.get(down.feed));
            let Some(layer) = grant.layer else {
                // Only what was seen is lowered: what waits may begin as soon as it fits.
                if down.rewriter.current().is_some() {
                    down.lowered_at = Some(now);
                }
                down.stop(Some(PausedReason::Bandwidth));
                continue;
            };
            if down.rewriter.current().is_some_and(|before| layer < before)
                && down.target != Some(layer)
            {
                down.lowered_at = Some(now);
            }
            down.paused = None;
            down.rewriter.limit_temporal(grant.base_only.then_some(0));
            let waits = down.rewriter.waits_for() == Some(layer);
            if down.rewriter.current() != Some(layer) || down.rewriter.waits_for().is_some() {
                if !waits {
                    down.rewriter.switch_to(layer);
                }
                // Asked for again and again until it comes; what many ask for is asked for once.
                let accepted = matches!(down.state, DownState::Accepted { .. });
                if accepted
                    && peer.session.connected
                    && down.rewriter.waits_for().is_some()
                    && let Some(feed) = self.feeds.get_mut(down.feed)
                {
                    feed.want_key_frame(layer, now);
                }
            }
            down.target = Some(layer);
        }
    }

    /// Tells a peer of a change in what it gets.
    fn tell_streams(
        &mut self,
        _now: Instant,
        at: usize,
        candidates: &[Candidate],
        out: &mut Output,
    ) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        if peer.views.is_none() {
            return;
        }
        let streams: Vec<StreamState> = candidates
            .iter()
            .map(|candidate| state(peer, candidate))
            .collect();
        if streams == peer.told {
            return;
        }
        peer.told.clone_from(&streams);
        out.events.push(Event::Streams {
            room: self.id.clone(),
            peer: peer.user.clone(),
            streams,
        });
    }
}

fn state(peer: &Peer, candidate: &Candidate) -> StreamState {
    let down = candidate.down.and_then(|down| peer.downs.get(down));
    let paused = candidate
        .paused
        .or_else(|| down.and_then(|down| down.paused));
    StreamState {
        user: candidate.view.user.clone(),
        source: candidate.view.source,
        layer: match paused {
            Some(_) => None,
            None => down.and_then(|down| down.rewriter.current()),
        },
        paused,
    }
}

impl Down {
    /// What is shown goes on for a moment although it no longer fits, as little of it as can be: an estimate that falls is often back
    /// before anybody has seen it, and a picture that stops is always seen.
    fn bear(&mut self, now: Instant, grant: Grant, feed: Option<&Feed>) -> Grant {
        let Some(current) = self.rewriter.current() else {
            return grant;
        };
        if grant.layer.is_some() {
            self.unfit_since = None;
            return grant;
        }
        let since = *self.unfit_since.get_or_insert(now);
        let has_low = feed
            .and_then(|feed| feed.stream(Layer::Low))
            .is_some_and(|stream| stream.is_sent(now));
        if now.saturating_duration_since(since) > PAUSE_AFTER {
            return grant;
        }
        Grant {
            layer: Some(if has_low { Layer::Low } else { current }),
            base_only: true,
        }
    }

    fn stop(&mut self, why: Option<PausedReason>) {
        if self.target.is_some() || self.rewriter.current().is_some() {
            self.rewriter.pause();
        }
        self.target = None;
        self.paused = why;
    }
}
