use std::collections::HashMap;
use std::time::Instant;

use call_domain::UserId;
use foldhash::fast::RandomState;
use slab::Slab;

use super::down::Down;
use super::session::Session;
use crate::sfu::shard::Lane;
use crate::sfu::{Publication, Source, StreamState, View};

/// Somebody in the room.
pub(super) struct Peer {
    pub(super) user: UserId,
    pub(super) lane: Lane,
    pub(super) session: Session,
    pub(super) publication: Publication,
    /// What it wants to see; none: it never said, and gets what fits.
    pub(super) views: Option<Vec<View>>,
    /// What it sends, by source.
    pub(super) feeds: [Option<usize>; Source::ALL.len()],
    /// What it gets.
    pub(super) downs: Slab<Down>,
    /// The down stream of a feed.
    pub(super) by_feed: HashMap<usize, usize, RandomState>,
    /// What it was told last of the pictures it wants.
    pub(super) told: Vec<StreamState>,
    /// When the pictures are to be divided anew.
    pub(super) divide_at: Instant,
    /// Bytes that it was refused as a sender of too many streams and the like.
    pub(super) refused_packets: u64,
}

impl Source {
    /// Its place among the sources: 0 to 3.
    pub(in crate::sfu) const fn index(self) -> usize {
        match self {
            Self::Audio => 0,
            Self::Video => 1,
            Self::Screen => 2,
            Self::ScreenAudio => 3,
        }
    }
}

impl Peer {
    pub(super) fn new(
        user: UserId,
        lane: Lane,
        session: Session,
        publication: Publication,
        now: Instant,
    ) -> Self {
        Self {
            user,
            lane,
            session,
            publication,
            views: None,
            feeds: [None; Source::ALL.len()],
            downs: Slab::new(),
            by_feed: HashMap::default(),
            told: Vec::new(),
            divide_at: now,
            refused_packets: 0,
        }
    }

    /// Takes the line of a feed's stream away. Whether there was one.
    pub(super) fn drop_down(&mut self, feed: usize) -> bool {
        let Some(at) = self.by_feed.remove(&feed) else {
            return false;
        };
        if let Some(down) = self.downs.try_remove(at) {
            self.session.lines.free(down.line);
            self.session.by_ssrc.remove(&down.ssrc);
            self.session.renegotiate();
        }
        true
    }
}
