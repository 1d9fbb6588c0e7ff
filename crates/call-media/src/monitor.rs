use std::collections::{BTreeMap, BTreeSet};

use call_domain::{Quality, UserId};

use crate::assess::{Assessment, Reason};

/// Samples in a row that have to be worse before the level falls.
const WORSE_AFTER: usize = 2;
/// Samples in a row that have to be better before the level rises.
const BETTER_AFTER: usize = 3;
/// Peers that are remembered; a call has fewer, so more is an error of whoever reports.
const MAX_PEERS: usize = 64;

/// The quality of one participant's connections, without flicker.
///
/// Each peer has a level of its own. The first sample sets it. After that it falls when two
/// samples in a row are worse than it, to the better of the two; it rises when three in a row are
/// better, to the worst of the three. The participant's quality is the worst over the peers.
#[derive(Debug, Clone, Default)]
pub struct QualityMonitor {
    peers: BTreeMap<UserId, PeerLevel>,
    announced: Option<Quality>,
}

/// The quality of a participant changed.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityChange {
    /// The new level: the worst over the peers.
    pub quality: Quality,
    /// The lowest latest score among the peers at that level.
    pub score: f64,
    /// The latest reasons of the peers at that level, each once, in the order of [`Reason`].
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Clone)]
struct PeerLevel {
    level: Quality,
    /// The latest samples that all lie on one side of the level.
    streak: Vec<Quality>,
    latest: Assessment,
}

impl QualityMonitor {
    /// A monitor that knows no peer yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an assessment of the connection to `peer`; returns the new quality when this
    /// changed the participant's quality.
    pub fn observe(&mut self, peer: &UserId, assessment: &Assessment) -> Option<QualityChange> {
        if let Some(known) = self.peers.get_mut(peer) {
            known.observe(assessment);
        } else if self.peers.len() < MAX_PEERS {
            self.peers
                .insert(peer.clone(), PeerLevel::first(assessment));
        }
        self.announce()
    }

    /// Forgets a peer that left; returns the new quality when that changed it. When no peer is
    /// left there is nothing to say, and the next sample is news again.
    pub fn forget(&mut self, peer: &UserId) -> Option<QualityChange> {
        self.peers.remove(peer)?;
        self.announce()
    }

    /// The quality at the moment; `None` before the first sample.
    pub fn quality(&self) -> Option<Quality> {
        self.peers.values().map(|peer| peer.level).max()
    }

    fn announce(&mut self) -> Option<QualityChange> {
        let quality = self.quality();
        if quality == self.announced {
            return None;
        }
        self.announced = quality;
        let quality = quality?;
        let worst = || self.peers.values().filter(|peer| peer.level == quality);
        let reasons: BTreeSet<Reason> = worst()
            .flat_map(|peer| peer.latest.reasons.iter().copied())
            .collect();
        Some(QualityChange {
            quality,
            score: worst()
                .map(|peer| peer.latest.score)
                .fold(f64::INFINITY, f64::min),
            reasons: reasons.into_iter().collect(),
        })
    }
}

impl PeerLevel {
    fn first(assessment: &Assessment) -> Self {
        Self {
            level: assessment.quality,
            streak: Vec::new(),
            latest: assessment.clone(),
        }
    }

    fn observe(&mut self, assessment: &Assessment) {
        self.latest.clone_from(assessment);
        let quality = assessment.quality;
        let side = quality.cmp(&self.level);
        // A sample at the level, or on its other side, breaks the streak.
        self.streak.retain(|q| q.cmp(&self.level) == side);
        if side.is_eq() {
            return;
        }
        self.streak.push(quality);
        // `Quality` sorts worst last.
        let next = if side.is_gt() {
            self.streak
                .iter()
                .min()
                .filter(|_| self.streak.len() >= WORSE_AFTER)
        } else {
            self.streak
                .iter()
                .max()
                .filter(|_| self.streak.len() >= BETTER_AFTER)
        };
        if let Some(next) = next.copied() {
            self.level = next;
            self.streak.clear();
        }
    }
}
