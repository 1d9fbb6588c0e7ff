use std::time::{Duration, Instant};

use super::Room;
use super::feed::Feed;
use crate::sfu::shard::Output;
use crate::sfu::{Event, Layer, Source, WantedLayer};

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(100);
/// How long less has to do before its owner is told: people page back and forth.
const LESS_AFTER: Duration = Duration::from_secs(4);
/// The same for a picture that has just come: who looks at it how is known in a moment.
const FIRST_AFTER: Duration = Duration::from_millis(400);

impl Room {
    /// Tells peers which layers of their pictures nobody looks at, so that they need not be encoded.
    pub(super) fn tick_wanted(&mut self, now: Instant, out: &mut Output) {
        if self.next_wanted.is_some_and(|next| now < next) {
            return;
        }
        self.next_wanted = Some(now + INTERVAL);
        let mut told = Vec::new();
        for (_, feed) in &mut self.feeds {
            if !feed.source.is_video() {
                continue;
            }
            let looks = |(peer, down): &(usize, usize)| {
                let down = self.peers.get(*peer)?.downs.get(*down)?;
                down.looked_at
            };
            // A recording is of the largest there is.
            let tapped = feed.taps.iter().flatten().next().map(|_| Layer::High);
            let wanted = feed
                .subscribers
                .iter()
                .filter_map(looks)
                .chain(tapped)
                .max();
            if feed.want(now, wanted.unwrap_or(Layer::Low)) && !told.contains(&feed.owner) {
                told.push(feed.owner);
            }
        }
        for owner in told {
            self.tell_wanted(owner, out);
        }
    }

    /// What of a peer's pictures is looked at.
    fn tell_wanted(&self, at: usize, out: &mut Output) {
        let Some(peer) = self.peers.get(at) else {
            return;
        };
        let stream = |source: Source| {
            let feed = self.feeds.get(peer.feeds[source.index()]?)?;
            Some(WantedLayer {
                source,
                layer: feed.wanted?,
            })
        };
        out.events.push(Event::Wanted {
            room: self.id.clone(),
            peer: peer.user.clone(),
            streams: [Source::Video, Source::Screen]
                .into_iter()
                .filter_map(stream)
                .collect(),
        });
    }
}

impl Feed {
    /// Takes note of the largest layer that is looked at; whether its owner is to be told: of more at once, of less after a while.
    fn want(&mut self, now: Instant, layer: Layer) -> bool {
        // What is not told of is taken for the largest.
        let told = self.wanted.unwrap_or(Layer::High);
        if layer == told && self.wanted.is_some() {
            self.less_since = None;
            return false;
        }
        if layer < told {
            let since = *self.less_since.get_or_insert(now);
            let patience = match self.wanted {
                Some(_) => LESS_AFTER,
                None => FIRST_AFTER,
            };
            if now.saturating_duration_since(since) < patience {
                return false;
            }
        }
        self.less_since = None;
        self.wanted = Some(layer);
        true
    }
}
