//! A network that loses, delays, reorders and repeats, in a time of its own and by a dice that can be thrown again.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::sfu::transport::Path;

/// How bad a network is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quality {
    /// Datagrams lost and repeated, of a hundred.
    pub(super) lost: u64,
    pub(super) repeated: u64,
    /// The way takes at least and at most, in milliseconds.
    pub(super) delay: (u64, u64),
    pub(super) seed: u64,
}

impl Quality {
    pub(super) const PERFECT: Self = Self {
        lost: 0,
        repeated: 0,
        delay: (5, 5),
        seed: 1,
    };

    pub(super) fn bad(seed: u64) -> Self {
        Self {
            lost: 20,
            repeated: 10,
            delay: (5, 120),
            seed,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Towards {
    Server,
    Browser,
}

pub(super) struct Network {
    quality: Quality,
    dice: u64,
    count: u64,
    under_way: BTreeMap<(Instant, u64), (Towards, Path, Vec<u8>)>,
}

impl Network {
    pub(super) fn new(quality: Quality) -> Self {
        Self {
            quality,
            dice: quality.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            count: 0,
            under_way: BTreeMap::new(),
        }
    }

    pub(super) fn send(&mut self, now: Instant, towards: Towards, path: Path, datagram: &[u8]) {
        let copies = match self.throw(100) {
            luck if luck < self.quality.lost => 0,
            luck if luck < self.quality.lost + self.quality.repeated => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let (least, most) = self.quality.delay;
            let delay = least + self.throw(most - least + 1);
            self.count += 1;
            self.under_way.insert(
                (now + Duration::from_millis(delay), self.count),
                (towards, path, datagram.to_vec()),
            );
        }
    }

    /// What is lost is sent again and comes a second later.
    pub(super) fn send_surely(
        &mut self,
        now: Instant,
        towards: Towards,
        path: Path,
        datagram: &[u8],
    ) {
        let before = self.under_way.len();
        self.send(now, towards, path, datagram);
        if self.under_way.len() == before {
            self.send_surely(now + Duration::from_secs(1), towards, path, datagram);
        }
    }

    pub(super) fn next(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn receive(&mut self, now: Instant) -> Option<(Towards, Path, Vec<u8>)> {
        let first = self.under_way.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }

    /// xorshift64.
    fn throw(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }
}
