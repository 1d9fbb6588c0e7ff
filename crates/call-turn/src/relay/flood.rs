use std::hash::BuildHasher;
use std::net::IpAddr;
use std::time::Instant;

use foldhash::quality::RandomState;

/// Counts the answers to unauthenticated requests by source, in memory that does not grow.
///
/// Sources share places of a table by a keyed hash: one that is caught in another's flood is
/// answered again in the next second.
#[derive(Debug)]
pub(crate) struct SourceLimit {
    hash: RandomState,
    began: Instant,
    per_second: u32,
    places: Box<[Place]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    second: u32,
    answers: u32,
}

const PLACES: usize = 4096;

impl SourceLimit {
    pub(crate) fn new(per_second: u32, began: Instant) -> Self {
        Self {
            hash: RandomState::default(),
            began,
            per_second,
            places: vec![Place::default(); PLACES].into_boxed_slice(),
        }
    }

    /// Counts one answer; `false` if the source had its share of this second.
    pub(crate) fn admit(&mut self, source: IpAddr, now: Instant) -> bool {
        let source = match source {
            IpAddr::V4(ip) => u64::from(ip.to_bits()),
            // A customer's /64 is one source.
            IpAddr::V6(ip) => u64::try_from(ip.to_bits() >> 64).unwrap_or(u64::MAX),
        };
        let second = now.saturating_duration_since(self.began).as_secs();
        let second = u32::try_from(second).unwrap_or(u32::MAX);
        let index = usize::try_from(self.hash.hash_one(source)).unwrap_or(0) % PLACES;
        let Some(place) = self.places.get_mut(index) else {
            return false;
        };
        if place.second != second {
            *place = Place { second, answers: 0 };
        }
        place.answers = place.answers.saturating_add(1);
        place.answers <= self.per_second
    }
}
