//! Allocate (RFC 8656 section 7.2) and how allocations end.

use std::time::{Duration, Instant};

use chacha20::rand_core::Rng;

use super::allocation::{Allocation, Origin};
use super::client::Now;
use super::counters::add;
use super::machine::{Deadline, PortUse, Relay};
use super::opening::{Opening, Stage, next_higher};
use super::peers::{family, grant, lifetime};
use super::ports::{Family, Parity, RelayPort};
use super::quota::QuotaExceeded;
use super::request::{Reply, Request};
use super::transmit::{Command, Transmit};
use crate::stun::attribute::{
    ADDITIONAL_ADDRESS_FAMILY, EVEN_PORT, LIFETIME, REQUESTED_ADDRESS_FAMILY, REQUESTED_TRANSPORT,
    RESERVATION_TOKEN, XOR_MAPPED_ADDRESS, XOR_RELAYED_ADDRESS,
};
use crate::stun::{Code, Key, Message, Method};

/// How long a port is kept for who has its token (RFC 8656 section 7.2).
const RESERVATION_LIFETIME: Duration = Duration::from_secs(30);
/// The protocol number of UDP.
const UDP: u8 = 17;

/// What an Allocate request asks for.
struct Wish {
    family: Family,
    additional: Option<Family>,
    missing: Option<(Family, Code)>,
    parity: Parity,
    token: Option<[u8; 8]>,
    lifetime: u32,
}

impl Relay {
    pub(super) fn allocate(&mut self, request: &Request<'_, '_>) -> Option<Transmit<'_>> {
        let (reply, key) = (request.reply, request.who.key);
        if let Some(id) = self.clients.get(&reply.client).copied() {
            let allocation = self.allocations.get(id)?;
            return if allocation.origin.transaction == reply.transaction
                && *allocation.username == *request.who.username
            {
                self.allocated(id, &reply)
            } else {
                Some(self.failure(&reply, &key, Code::AllocationMismatch))
            };
        }
        if self.openings.contains_key(&reply.client) {
            // Its answer is on the way.
            return None;
        }
        match self.open(request) {
            Ok(()) => None,
            Err(code) => Some(self.failure(&reply, &key, code)),
        }
    }

    /// Begins an allocation; its answer comes when its socket is open.
    fn open(&mut self, request: &Request<'_, '_>) -> Result<(), Code> {
        let wish = self.wish(request.message)?;
        let lease =
            self.settings
                .quotas
                .lease(&request.who.user)
                .map_err(|exceeded| match exceeded {
                    QuotaExceeded::User => Code::AllocationQuotaReached,
                    QuotaExceeded::Total => Code::InsufficientCapacity,
                })?;
        let mut opening = Opening {
            reply: request.reply,
            username: request.who.username.into(),
            key: request.who.key,
            lease,
            origin: Origin {
                transaction: request.reply.transaction,
                lifetime: wish.lifetime,
                token: None,
                missing: wish.missing,
            },
            parity: wish.parity,
            stage: Stage::First(RelayPort {
                family: wish.family,
                port: 0,
            }),
            first: None,
            additional: wish.additional,
            failures: 0,
        };
        opening.stage = match wish.token {
            Some(token) => {
                let port = self.settings.reservations.claim(token, request.now);
                Stage::Claimed(port.ok_or(Code::InsufficientCapacity)?)
            }
            None => Stage::First(self.draw(wish.family, wish.parity)?),
        };
        let client = opening.reply.client;
        self.bind_for(client, opening.stage.port());
        self.openings.insert(client, opening);
        Ok(())
    }

    /// Reads the request, in the order of RFC 8656 section 7.2.
    fn wish(&self, message: &Message<'_>) -> Result<Wish, Code> {
        let transport = message.value(REQUESTED_TRANSPORT).ok_or(Code::BadRequest)?;
        let transport = transport.first_chunk::<4>().ok_or(Code::BadRequest)?;
        if transport[0] != UDP {
            return Err(Code::UnsupportedTransportProtocol);
        }
        let requested = message.value(REQUESTED_ADDRESS_FAMILY);
        let additional = message.value(ADDITIONAL_ADDRESS_FAMILY);
        let even = message.value(EVEN_PORT);
        let token = message.value(RESERVATION_TOKEN);
        let parity = match even.map(|value| value.first().copied()) {
            None => Parity::Any,
            Some(Some(flags)) if flags & 0x80 == 0 => Parity::Even,
            Some(Some(_)) => Parity::EvenAndNext,
            Some(None) => return Err(Code::BadRequest),
        };
        let contradiction = (token.is_some()
            && (even.is_some() || requested.is_some() || additional.is_some()))
            || (requested.is_some() && additional.is_some())
            || (parity == Parity::EvenAndNext && additional.is_some());
        if contradiction {
            return Err(Code::BadRequest);
        }
        let token = match token {
            Some(value) => Some(<[u8; 8]>::try_from(value).map_err(|_| Code::BadRequest)?),
            None => None,
        };
        let have = |family| self.settings.address(family).is_some();
        let lacking = Code::AddressFamilyNotSupported;
        let mut wish = Wish {
            family: Family::Ipv4,
            additional: None,
            missing: None,
            parity,
            token,
            lifetime: grant(
                lifetime(message.value(LIFETIME))?,
                self.settings
                    .limits
                    .max_lifetime
                    .min(self.settings.limits.max_age),
            ),
        };
        if let Some(value) = additional {
            // Only IPv6 can be added (section 18.11).
            if family(value) != Ok(Family::Ipv6) {
                return Err(Code::BadRequest);
            }
            match (have(Family::Ipv4), have(Family::Ipv6)) {
                (true, true) => wish.additional = Some(Family::Ipv6),
                (true, false) => wish.missing = Some((Family::Ipv6, lacking)),
                (false, _) => {
                    wish.family = Family::Ipv6;
                    wish.missing = Some((Family::Ipv4, lacking));
                }
            }
        } else if let Some(value) = requested {
            wish.family = family(value)?;
        }
        if wish.token.is_none() && !have(wish.family) {
            return Err(lacking);
        }
        Ok(wish)
    }

    pub(super) fn draw(&mut self, family: Family, parity: Parity) -> Result<RelayPort, Code> {
        self.settings
            .ports
            .take(family, parity, &mut self.random)
            .ok_or(Code::InsufficientCapacity)
    }

    /// All sockets are open.
    pub(super) fn establish(
        &mut self,
        opening: Opening,
        additional: Option<RelayPort>,
        now: Instant,
    ) -> usize {
        let client = opening.reply.client;
        let mut origin = opening.origin;
        if let (Parity::EvenAndNext, Some(first)) = (opening.parity, opening.first) {
            origin.token = Some(self.reserve(next_higher(first), now));
        }
        let mut allocation = Allocation::new(
            client,
            opening.username,
            opening.key,
            opening.lease,
            origin,
            now,
        );
        for port in opening.first.into_iter().chain(additional) {
            match port.family {
                Family::Ipv4 => allocation.ipv4 = Some(port),
                Family::Ipv6 => allocation.ipv6 = Some(port),
            }
        }
        let ports = allocation.ports();
        let expires = allocation.expires;
        let traffic = self.counters.of(client.transport);
        add(&traffic.allocations, 1);
        add(&traffic.allocations_total, 1);
        let id = self.allocations.insert(allocation);
        for port in ports {
            self.ports.insert(port, PortUse::Allocated(id));
        }
        self.deadlines.insert((expires, Deadline::Allocation(id)));
        self.clients.insert(client, id);
        id
    }

    /// Keeps a port for who will have the token.
    fn reserve(&mut self, port: RelayPort, now: Instant) -> [u8; 8] {
        let mut token = [0; 8];
        self.random.fill_bytes(&mut token);
        let until = now + RESERVATION_LIFETIME;
        self.settings.reservations.keep(token, port, until);
        self.deadlines.insert((until, Deadline::Reservation(token)));
        token
    }

    /// The success answer, the same for every retransmission of the request.
    pub(super) fn allocated(&mut self, id: usize, reply: &Reply) -> Option<Transmit<'_>> {
        let allocation = self.allocations.get(id)?;
        let reply = Reply {
            client: allocation.client,
            method: Method::Allocate,
            transaction: allocation.origin.transaction,
            fingerprint: reply.fingerprint,
        };
        let key: Key = allocation.key;
        let relayed: [_; 2] = [allocation.ipv4, allocation.ipv6]
            .map(|port| port.and_then(|port| self.settings.relayed(port)));
        let (lifetime, token) = (allocation.origin.lifetime, allocation.origin.token);
        let missing = allocation.origin.missing;
        Some(self.success(&reply, Some(&key), |answer| {
            for address in relayed.into_iter().flatten() {
                answer.address(XOR_RELAYED_ADDRESS, address);
            }
            answer.lifetime(lifetime);
            if let Some(token) = token {
                answer.attribute(RESERVATION_TOKEN, &token);
            }
            if let Some((family, code)) = missing {
                answer.address_error(family.number(), code);
            }
            answer.address(XOR_MAPPED_ADDRESS, reply.client.address);
        }))
    }

    /// Ends an allocation.
    pub(super) fn end(&mut self, id: usize, now: Instant) {
        let Some(allocation) = self.allocations.try_remove(id) else {
            return;
        };
        self.deadlines
            .remove(&(allocation.expires, Deadline::Allocation(id)));
        self.clients.remove(&allocation.client);
        for port in allocation.ports() {
            self.close(port);
        }
        let summary = Box::new(allocation.summary(now));
        self.commands.push_back(Command::Ended(summary));
        let traffic = self.counters.of(allocation.client.transport);
        add(&traffic.allocations, 1_u64.wrapping_neg());
    }

    pub(super) fn close(&mut self, port: RelayPort) {
        self.forget(port);
        self.commands.push_back(Command::Close(port));
    }

    /// A port that has no socket is free again.
    pub(super) fn forget(&mut self, port: RelayPort) {
        self.ports.remove(&port);
        self.settings.ports.release(port);
    }

    /// Ends all allocations: the server stops.
    pub(crate) fn handle_shutdown(&mut self, now: Now) {
        let ids: Vec<usize> = self.allocations.iter().map(|(id, _)| id).collect();
        for id in ids {
            self.end(id, now.instant);
        }
    }
}
