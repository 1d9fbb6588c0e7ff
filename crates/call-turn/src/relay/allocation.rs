use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use call_domain::UserId;
use foldhash::{HashMap, HashMapExt};

use super::client::Client;
use super::ports::{Family, RelayPort};
use super::quota::Lease;
use crate::stun::{Code, Key, TransactionId};

/// RFC 8656 section 9.
pub(crate) const PERMISSION_LIFETIME: Duration = Duration::from_mins(5);
/// RFC 8656 section 12.
pub(crate) const CHANNEL_LIFETIME: Duration = Duration::from_mins(10);
/// Permissions, and channels, of one allocation at most.
const MAX_PEERS: usize = 256;

/// What a client holds: relayed addresses, permissions, channels (RFC 8656 section 3.2).
#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) client: Client,
    pub(crate) username: Box<str>,
    pub(crate) key: Key,
    pub(crate) lease: Lease,
    pub(crate) began: Instant,
    pub(crate) expires: Instant,
    pub(crate) ipv4: Option<RelayPort>,
    pub(crate) ipv6: Option<RelayPort>,
    /// How the Allocate request was answered, for its retransmissions.
    pub(crate) origin: Origin,
    pub(crate) bytes_from_client: u64,
    pub(crate) bytes_to_client: u64,
    permissions: HashMap<IpAddr, Instant>,
    channels: HashMap<u16, Channel>,
    channel_of: HashMap<SocketAddr, u16>,
}

/// The request that made an allocation, and what its answer says beside the relayed addresses.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) transaction: TransactionId,
    pub(crate) lifetime: u32,
    pub(crate) token: Option<[u8; 8]>,
    /// The family of ADDITIONAL-ADDRESS-FAMILY that could not be served, and why.
    pub(crate) missing: Option<(Family, Code)>,
}

/// A channel number bound to a peer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channel {
    pub(crate) peer: SocketAddr,
    expires: Instant,
}

/// There are as many permissions or channels as an allocation may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// Why a channel cannot be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BindError {
    /// The number has another peer, or the peer another number.
    Taken,
    TooMany,
}

/// The totals of an allocation that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocationSummary {
    /// Whose it was.
    pub user: UserId,
    /// Who held it.
    pub client: Client,
    /// How long it lived.
    pub duration: Duration,
    /// Data that went from the client to peers.
    pub bytes_from_client: u64,
    /// Data that went from peers to the client.
    pub bytes_to_client: u64,
}

impl Allocation {
    pub(crate) fn new(
        client: Client,
        username: Box<str>,
        key: Key,
        lease: Lease,
        origin: Origin,
        now: Instant,
    ) -> Self {
        let lifetime = Duration::from_secs(u64::from(origin.lifetime));
        Self {
            client,
            username,
            key,
            lease,
            began: now,
            expires: now + lifetime,
            ipv4: None,
            ipv6: None,
            origin,
            bytes_from_client: 0,
            bytes_to_client: 0,
            permissions: HashMap::new(),
            channels: HashMap::new(),
            channel_of: HashMap::new(),
        }
    }

    pub(crate) fn port(&self, family: Family) -> Option<RelayPort> {
        match family {
            Family::Ipv4 => self.ipv4,
            Family::Ipv6 => self.ipv6,
        }
    }

    pub(crate) fn ports(&self) -> impl Iterator<Item = RelayPort> + use<> {
        self.ipv4.into_iter().chain(self.ipv6)
    }

    pub(crate) fn has_permission(&self, ip: IpAddr, now: Instant) -> bool {
        self.permissions.get(&ip).is_some_and(|until| *until > now)
    }

    /// All or none (RFC 8656 section 10.2).
    pub(crate) fn permit(&mut self, ips: &[IpAddr], now: Instant) -> Result<(), TooMany> {
        if self.permissions.len() + ips.len() > MAX_PEERS {
            self.permissions.retain(|_, until| *until > now);
        }
        let known = |ip: &&IpAddr| self.permissions.contains_key(*ip);
        let new = ips.len() - ips.iter().filter(known).count();
        if self.permissions.len() + new > MAX_PEERS {
            return Err(TooMany);
        }
        let until = now + PERMISSION_LIFETIME;
        self.permissions.extend(ips.iter().map(|ip| (*ip, until)));
        Ok(())
    }

    /// To whom a channel leads.
    pub(crate) fn channel(&self, number: u16, now: Instant) -> Option<SocketAddr> {
        let channel = self.channels.get(&number)?;
        (channel.expires > now).then_some(channel.peer)
    }

    /// The channel over which data of a peer goes to the client.
    pub(crate) fn channel_of(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let number = *self.channel_of.get(&peer)?;
        // The number may have got another peer since.
        (self.channel(number, now)? == peer).then_some(number)
    }

    /// Binds a channel or binds it anew, and permits its peer (RFC 8656 section 12.2).
    pub(crate) fn bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        now: Instant,
    ) -> Result<(), BindError> {
        let other_peer = self.channel(number, now).is_some_and(|bound| bound != peer);
        let other_number = self
            .channel_of(peer, now)
            .is_some_and(|bound| bound != number);
        if other_peer || other_number {
            return Err(BindError::Taken);
        }
        if self.channels.len() >= MAX_PEERS {
            self.channels.retain(|_, channel| channel.expires > now);
        }
        if self.channels.len() >= MAX_PEERS && !self.channels.contains_key(&number) {
            return Err(BindError::TooMany);
        }
        self.permit(&[peer.ip()], now)
            .map_err(|TooMany| BindError::TooMany)?;
        let expires = now + CHANNEL_LIFETIME;
        self.channels.insert(number, Channel { peer, expires });
        self.channel_of.insert(peer, number);
        // Numbers that were bound anew leave their former peers behind.
        if self.channel_of.len() > MAX_PEERS {
            let channels = &self.channels;
            self.channel_of
                .retain(|peer, number| channels.get(number).is_some_and(|c| c.peer == *peer));
        }
        Ok(())
    }

    /// Gives up one of two relayed addresses; `None` if it has no such one.
    pub(crate) fn take_port(&mut self, family: Family) -> Option<RelayPort> {
        match family {
            Family::Ipv4 => self.ipv4.take(),
            Family::Ipv6 => self.ipv6.take(),
        }
    }

    pub(crate) fn summary(&self, now: Instant) -> AllocationSummary {
        AllocationSummary {
            user: self.lease.user().clone(),
            client: self.client,
            duration: now.saturating_duration_since(self.began),
            bytes_from_client: self.bytes_from_client,
            bytes_to_client: self.bytes_to_client,
        }
    }
}
