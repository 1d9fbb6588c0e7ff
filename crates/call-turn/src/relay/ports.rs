use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;

/// An address family (RFC 8656 section 18.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

impl Family {
    /// The family of an address.
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    /// What attributes call it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Ipv4 => 1,
            Self::Ipv6 => 2,
        }
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Ipv4),
            2 => Some(Self::Ipv6),
            _ => None,
        }
    }
}

/// A port of the relay's address of a family: one UDP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayPort {
    /// Of which of the relay's addresses.
    pub family: Family,
    /// The UDP port.
    pub port: u16,
}

/// The address that relayed addresses have, per family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayAddress {
    /// To which sockets are bound.
    pub local: IpAddr,
    /// What peers see of it: another one behind a 1:1 NAT.
    pub external: IpAddr,
}

/// Which ports are in use; shared by all relays of a server, without locks.
#[derive(Debug)]
pub(crate) struct Ports {
    range: RangeInclusive<u16>,
    ipv4: Bitmap,
    ipv6: Bitmap,
}

#[derive(Debug)]
struct Bitmap(Box<[AtomicU64]>);

impl Ports {
    pub(crate) fn new(range: RangeInclusive<u16>) -> Self {
        Self {
            range,
            ipv4: Bitmap::new(),
            ipv6: Bitmap::new(),
        }
    }

    pub(crate) fn contains(&self, port: RelayPort) -> bool {
        self.map(port.family).contains(port.port)
    }

    pub(crate) fn release(&self, port: RelayPort) {
        self.map(port.family).release(port.port);
    }

    /// Takes a free port that nobody can foresee.
    pub(crate) fn take(
        &self,
        family: Family,
        parity: Parity,
        random: &mut ChaCha20Rng,
    ) -> Option<RelayPort> {
        let map = self.map(family);
        let (first, last) = (u32::from(*self.range.start()), u32::from(*self.range.end()));
        let size = last.checked_sub(first)? + 1;
        // A range of 16,384 ports is seldom so full that this goes on; every port is tried.
        let start = random_below(random, size);
        for step in 0..size {
            let port = u16::try_from(first + (start + step) % size).ok()?;
            let even = port % 2 == 0;
            let taken = match parity {
                Parity::Any => map.take(port),
                Parity::Even => even && map.take(port),
                Parity::EvenAndNext => {
                    even && port < *self.range.end()
                        && map.take(port)
                        && (map.take(port + 1) || {
                            map.release(port);
                            false
                        })
                }
            };
            if taken {
                return Some(RelayPort { family, port });
            }
        }
        None
    }

    fn map(&self, family: Family) -> &Bitmap {
        match family {
            Family::Ipv4 => &self.ipv4,
            Family::Ipv6 => &self.ipv6,
        }
    }
}

/// EVEN-PORT (RFC 8656 section 18.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parity {
    Any,
    Even,
    /// Even, and the next higher port is to be kept.
    EvenAndNext,
}

impl Bitmap {
    fn new() -> Self {
        Self((0..1024).map(|_| AtomicU64::new(0)).collect())
    }

    fn place(&self, port: u16) -> Option<(&AtomicU64, u64)> {
        let word = self.0.get(usize::from(port / 64))?;
        Some((word, 1 << (port % 64)))
    }

    fn contains(&self, port: u16) -> bool {
        self.place(port)
            .is_some_and(|(word, bit)| word.load(Ordering::Relaxed) & bit != 0)
    }

    fn take(&self, port: u16) -> bool {
        self.place(port)
            .is_some_and(|(word, bit)| word.fetch_or(bit, Ordering::Relaxed) & bit == 0)
    }

    fn release(&self, port: u16) {
        if let Some((word, bit)) = self.place(port) {
            word.fetch_and(!bit, Ordering::Relaxed);
        }
    }
}

impl RelayAddress {
    /// The relayed address that a port makes, as peers see it.
    pub(crate) fn relayed(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.external, port)
    }
}

/// Even over all numbers, for what sizes are here (the bias is below 2⁻⁴⁸).
fn random_below(random: &mut ChaCha20Rng, size: u32) -> u32 {
    let wide = u128::from(random.next_u64()) * u128::from(size);
    u32::try_from(wide >> 64).unwrap_or(0)
}
