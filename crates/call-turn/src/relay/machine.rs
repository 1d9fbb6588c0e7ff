use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use foldhash::fast::RandomState;
use slab::Slab;

use super::allocation::Allocation;
use super::client::{Client, Now, plain};
use super::counters::{Counters, Refusal, add};
use super::flood::SourceLimit;
use super::nonce::Nonces;
use super::opening::Opening;
use super::policy::Verdict;
use super::ports::{Family, RelayPort};
use super::settings::Settings;
use super::transmit::{Command, Header, Target, Transmit};
use crate::stun::attribute::{DATA, XOR_PEER_ADDRESS, is_unknown};
use crate::stun::{
    self, ChannelData, Class, MAGIC_COOKIE, MAX_XOR_ADDRESS, Message, Method, read_xor_address,
    write_xor_address,
};

type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A STUN and TURN server without sockets, clock or randomness of its own.
///
/// Whoever drives it feeds what arrives, sends what comes back, carries out
/// [`next_command`](Self::next_command) after every call, and calls
/// [`handle_timeout`](Self::handle_timeout) at [`poll_timeout`](Self::poll_timeout).
pub struct Relay {
    pub(crate) settings: Arc<Settings>,
    pub(crate) counters: Arc<Counters>,
    pub(super) nonces: Nonces,
    pub(super) random: ChaCha20Rng,
    pub(super) sources: SourceLimit,
    pub(super) clients: HashMap<Client, usize>,
    pub(super) allocations: Slab<Allocation>,
    /// Allocate requests that wait for their sockets.
    pub(super) openings: HashMap<Client, Opening>,
    pub(super) ports: HashMap<RelayPort, PortUse>,
    pub(super) deadlines: BTreeSet<(Instant, Deadline)>,
    pub(super) commands: VecDeque<Command>,
    /// The last answer, written here to be sent from here.
    pub(super) answer: Vec<u8>,
}

/// What a port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortUse {
    /// For an Allocate request that waits.
    Opening(Client),
    Allocated(usize),
}

/// What ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deadline {
    Allocation(usize),
    Reservation([u8; 8]),
}

impl Relay {
    /// A relay that draws ports, nonces and tokens from `seed`, which must be secret and new.
    pub(crate) fn with_settings(
        settings: Arc<Settings>,
        counters: Arc<Counters>,
        seed: [u8; 32],
        now: Instant,
    ) -> Option<Self> {
        let mut random = ChaCha20Rng::from_seed(seed);
        let mut key = [0; 32];
        random.fill_bytes(&mut key);
        let per_source = settings.limits.unauthenticated_per_source;
        Some(Self {
            settings,
            counters,
            nonces: Nonces::new(&key)?,
            random,
            sources: SourceLimit::new(per_source, now),
            clients: HashMap::default(),
            allocations: Slab::new(),
            openings: HashMap::default(),
            ports: HashMap::default(),
            deadlines: BTreeSet::new(),
            commands: VecDeque::new(),
            answer: Vec::with_capacity(512),
        })
    }

    /// What arrived from a client: one datagram, or one frame of a stream.
    pub fn handle_client_input<'a>(
        &'a mut self,
        client: Client,
        bytes: &'a [u8],
        now: Now,
    ) -> Option<Transmit<'a>> {
        let first = bytes.first()?;
        if ChannelData::FIRST_BYTES.contains(first) {
            return self.channel_data(&client, bytes, now.instant);
        }
        let Some(message) = Message::parse(bytes) else {
            self.counters.refuse(Refusal::Malformed);
            return None;
        };
        match (message.class(), message.method()) {
            (Class::Indication, Some(Method::Send)) => {
                self.send_indication(&client, &message, now.instant)
            }
            (Class::Request, method) => self.request(client, &message, method, now),
            // A Binding indication keeps the path open (RFC 8489 section 3); answers are not
            // expected here.
            (Class::Indication | Class::Success | Class::Error, _) => None,
        }
    }

    /// What arrived from a peer at one of the ports.
    pub fn handle_peer_input<'a>(
        &'a mut self,
        port: RelayPort,
        peer: SocketAddr,
        bytes: &'a [u8],
        now: Now,
    ) -> Option<Transmit<'a>> {
        let peer = self.settings.outward(plain(peer));
        match self.ports.get(&port) {
            Some(PortUse::Allocated(id)) => self.deliver(*id, peer, bytes, now.instant),
            Some(PortUse::Opening(_)) | None => None,
        }
    }

    /// The connection of a client closed: its allocation ends.
    pub fn handle_client_closed(&mut self, client: &Client, now: Now) {
        self.abandon_opening(client);
        if let Some(id) = self.clients.get(client).copied() {
            self.end(id, now.instant);
        }
    }

    /// Ends what is due.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some((_, deadline)) = self
            .deadlines
            .first()
            .filter(|(at, _)| *at <= now.instant)
            .copied()
        {
            match deadline {
                Deadline::Allocation(id) => self.end(id, now.instant),
                Deadline::Reservation(token) => {
                    self.deadlines.pop_first();
                    if let Some(port) = self.settings.reservations.forget(token) {
                        self.settings.ports.release(port);
                    }
                }
            }
        }
    }

    /// When something is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// What the sockets have to do, in this order.
    pub fn next_command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// Whether a client has an allocation.
    pub fn has_allocation(&self, client: &Client) -> bool {
        self.clients.contains_key(client)
    }

    /// RFC 8656 section 12.6.
    fn channel_data<'a>(
        &'a mut self,
        client: &Client,
        bytes: &'a [u8],
        now: Instant,
    ) -> Option<Transmit<'a>> {
        let Some(ChannelData { channel, data }) = ChannelData::parse(bytes) else {
            self.counters.refuse(Refusal::Malformed);
            return None;
        };
        let bound = self.clients.get(client).and_then(|id| {
            let peer = self.allocations.get(*id)?.channel(channel, now)?;
            Some((*id, peer))
        });
        let Some((id, peer)) = bound else {
            self.counters.refuse(Refusal::NoChannel);
            return None;
        };
        self.relay(id, peer, data, now)
    }

    /// RFC 8656 section 11.2: whatever is wrong, there is no answer.
    fn send_indication<'a>(
        &'a mut self,
        client: &Client,
        message: &Message<'a>,
        now: Instant,
    ) -> Option<Transmit<'a>> {
        let (mut peer, mut data) = (None, None);
        for attribute in message.attributes() {
            match attribute.kind {
                XOR_PEER_ADDRESS if peer.is_none() => {
                    peer = read_xor_address(attribute.value, message.transaction());
                }
                DATA if data.is_none() => data = Some(attribute.value),
                kind if is_unknown(kind) => {
                    self.counters.refuse(Refusal::UnknownAttribute);
                    return None;
                }
                _ => {}
            }
        }
        let (Some(peer), Some(data)) = (peer, data) else {
            self.counters.refuse(Refusal::Malformed);
            return None;
        };
        let id = *self.clients.get(client)?;
        if !self.allocations.get(id)?.has_permission(peer.ip(), now) {
            self.counters.refuse(Refusal::NoPermission);
            return None;
        }
        self.relay(id, peer, data, now)
    }

    /// From a client to a peer. Whatever was permitted before, the policy has the last word.
    fn relay<'a>(
        &'a mut self,
        id: usize,
        peer: SocketAddr,
        data: &'a [u8],
        now: Instant,
    ) -> Option<Transmit<'a>> {
        let family = Family::of(peer.ip());
        let there = RelayPort {
            family,
            port: peer.port(),
        };
        let own = self.settings.is_relay_ip(peer.ip());
        let reachable = match self.settings.policy.peer(peer) {
            Verdict::Allowed => peer.port() != 0,
            Verdict::RelayedOnly => own && self.settings.ports.contains(there),
            Verdict::Refused => false,
        };
        if !reachable {
            self.counters.refuse(Refusal::ForbiddenPeer);
            return None;
        }
        let allocation = self.allocations.get_mut(id)?;
        let from = allocation.port(family)?;
        if !allocation.lease.spend(data.len(), now) {
            self.counters.refuse(Refusal::Bandwidth);
            return None;
        }
        let bytes = u64::try_from(data.len()).unwrap_or(0);
        allocation.bytes_from_client += bytes;
        let traffic = self.counters.of(allocation.client.transport);
        add(&traffic.bytes_from_clients, bytes);
        add(&traffic.packets_from_clients, 1);
        // To another client of this relay it is not far: no socket is needed.
        if own && let Some(PortUse::Allocated(other)) = self.ports.get(&there) {
            let source = self.settings.relayed(from)?;
            return self.deliver(*other, source, data, now);
        }
        let target = Target::Peer {
            from,
            peer: self.settings.inward(peer),
        };
        Some(Transmit::plain(target, data))
    }

    /// From a peer to a client (RFC 8656 sections 11.3 and 12.7).
    fn deliver<'a>(
        &'a mut self,
        id: usize,
        peer: SocketAddr,
        data: &'a [u8],
        now: Instant,
    ) -> Option<Transmit<'a>> {
        let allocation = self.allocations.get_mut(id)?;
        if !allocation.has_permission(peer.ip(), now) {
            self.counters.refuse(Refusal::NoPermission);
            return None;
        }
        if !allocation.lease.spend(data.len(), now) {
            self.counters.refuse(Refusal::Bandwidth);
            return None;
        }
        let length = u16::try_from(data.len()).ok()?;
        allocation.bytes_to_client += u64::from(length);
        let traffic = self.counters.of(allocation.client.transport);
        add(&traffic.bytes_to_clients, u64::from(length));
        add(&traffic.packets_to_clients, 1);
        let mut header = Header::NONE;
        let padding = (4 - length % 4) % 4;
        let padded = if let Some(channel) = allocation.channel_of(peer, now) {
            header.push(&ChannelData::header(channel, length));
            allocation.client.transport.is_stream()
        } else {
            let mut transaction = [0; 12];
            self.random.fill_bytes(&mut transaction);
            data_indication(&mut header, peer, transaction, length)?;
            true
        };
        Some(Transmit {
            target: Target::Client(allocation.client),
            header,
            payload: data,
            padding: if padded {
                u8::try_from(padding).ok()?
            } else {
                0
            },
        })
    }
}

/// Everything of a Data indication but its data and padding. `None` for data that no STUN message
/// can hold.
fn data_indication(
    header: &mut Header,
    peer: SocketAddr,
    transaction: stun::TransactionId,
    length: u16,
) -> Option<()> {
    let mut address = [0; MAX_XOR_ADDRESS];
    let size = write_xor_address(&mut address, peer, &transaction);
    let padded = usize::from(length).next_multiple_of(4);
    let body = u16::try_from(4 + size + 4 + padded).ok()?;
    let kind = stun::message_type(Class::Indication, Method::Data.number());
    header.push(&kind.to_be_bytes());
    header.push(&body.to_be_bytes());
    header.push(&MAGIC_COOKIE.to_be_bytes());
    header.push(&transaction);
    header.push(&XOR_PEER_ADDRESS.to_be_bytes());
    header.push(&u16::try_from(size).ok()?.to_be_bytes());
    header.push(&address[..size]);
    header.push(&DATA.to_be_bytes());
    header.push(&length.to_be_bytes());
    Some(())
}
