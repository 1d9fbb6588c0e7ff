//! Refresh, `CreatePermission` and `ChannelBind`: what one does with an allocation.

use std::net::{IpAddr, SocketAddr};

use super::allocation::{BindError, TooMany};
use super::client::plain;
use super::machine::{Deadline, Relay};
use super::policy::Verdict;
use super::ports::{Family, RelayPort};
use super::request::Request;
use super::transmit::Transmit;
use crate::stun::attribute::{
    CHANNEL_NUMBER, LIFETIME, REQUESTED_ADDRESS_FAMILY, XOR_PEER_ADDRESS,
};
use crate::stun::{ChannelData, Code, read_xor_address};

impl Relay {
    /// RFC 8656 section 8.2.
    pub(super) fn refresh(&mut self, request: &Request<'_, '_>) -> Transmit<'_> {
        match self.refreshed(request) {
            Ok(lifetime) => self.success(&request.reply, Some(&request.who.key), |answer| {
                answer.lifetime(lifetime);
            }),
            Err(code) => self.failure(&request.reply, &request.who.key, code),
        }
    }

    fn refreshed(&mut self, request: &Request<'_, '_>) -> Result<u32, Code> {
        let id = self.own_allocation(request)?;
        let allocation = self
            .allocations
            .get_mut(id)
            .ok_or(Code::AllocationMismatch)?;
        let family = match request.message.value(REQUESTED_ADDRESS_FAMILY) {
            Some(value) => Some(family(value)?),
            None => None,
        };
        if family.is_some_and(|family| allocation.port(family).is_none()) {
            return Err(Code::PeerAddressFamilyMismatch);
        }
        let asked = lifetime(request.message.value(LIFETIME))?;
        if asked == Some(0) {
            let both = allocation.ipv4.is_some() && allocation.ipv6.is_some();
            match family.filter(|_| both) {
                // One of two addresses is given up.
                Some(family) => {
                    if let Some(port) = allocation.take_port(family) {
                        self.close(port);
                    }
                }
                None => self.end(id, request.now),
            }
            return Ok(0);
        }
        let age = request.now.saturating_duration_since(allocation.began);
        let limits = &self.settings.limits;
        let left = limits.max_age.saturating_sub(age);
        let granted = grant(asked, limits.max_lifetime.min(left));
        let before = allocation.expires;
        allocation.expires = request.now + std::time::Duration::from_secs(u64::from(granted));
        let after = allocation.expires;
        self.deadlines.remove(&(before, Deadline::Allocation(id)));
        self.deadlines.insert((after, Deadline::Allocation(id)));
        Ok(granted)
    }

    /// RFC 8656 section 10.2: all peers or none.
    pub(super) fn create_permission(&mut self, request: &Request<'_, '_>) -> Transmit<'_> {
        match self.permitted(request) {
            Ok(()) => self.success(&request.reply, Some(&request.who.key), |_| {}),
            Err(code) => self.failure(&request.reply, &request.who.key, code),
        }
    }

    fn permitted(&mut self, request: &Request<'_, '_>) -> Result<(), Code> {
        let id = self.own_allocation(request)?;
        let mut ips: Vec<IpAddr> = Vec::new();
        let attributes = request.message.attributes();
        for attribute in attributes.filter(|attribute| attribute.kind == XOR_PEER_ADDRESS) {
            let peer = peer(attribute.value, request)?;
            self.check_family(id, peer)?;
            ips.push(peer.ip());
        }
        if ips.is_empty() {
            return Err(Code::BadRequest);
        }
        if !ips.iter().all(|ip| self.settings.policy.permission(*ip)) {
            return Err(Code::Forbidden);
        }
        ips.sort_unstable();
        ips.dedup();
        let allocation = self.allocations.get_mut(id);
        allocation
            .ok_or(Code::AllocationMismatch)?
            .permit(&ips, request.now)
            .map_err(|TooMany| Code::InsufficientCapacity)
    }

    /// RFC 8656 section 12.2.
    pub(super) fn channel_bind(&mut self, request: &Request<'_, '_>) -> Transmit<'_> {
        match self.bound(request) {
            Ok(()) => self.success(&request.reply, Some(&request.who.key), |_| {}),
            Err(code) => self.failure(&request.reply, &request.who.key, code),
        }
    }

    fn bound(&mut self, request: &Request<'_, '_>) -> Result<(), Code> {
        let id = self.own_allocation(request)?;
        let number = request.message.value(CHANNEL_NUMBER);
        let number = number.and_then(|value| value.first_chunk::<4>());
        let number = number.map(|value| u16::from_be_bytes([value[0], value[1]]));
        let number = number.filter(|number| ChannelData::CHANNELS.contains(number));
        let address = request.message.value(XOR_PEER_ADDRESS);
        let (Some(number), Some(address)) = (number, address) else {
            return Err(Code::BadRequest);
        };
        let peer = peer(address, request)?;
        self.check_family(id, peer)?;
        if !self.reachable(peer) {
            return Err(Code::Forbidden);
        }
        let allocation = self.allocations.get_mut(id);
        allocation
            .ok_or(Code::AllocationMismatch)?
            .bind(number, peer, request.now)
            .map_err(|error| match error {
                BindError::Taken => Code::BadRequest,
                BindError::TooMany => Code::InsufficientCapacity,
            })
    }

    /// Whether anything may be sent to a peer, now.
    pub(super) fn reachable(&self, peer: SocketAddr) -> bool {
        match self.settings.policy.peer(peer) {
            Verdict::Allowed => peer.port() != 0,
            Verdict::RelayedOnly => self.settings.ports.contains(RelayPort {
                family: Family::of(peer.ip()),
                port: peer.port(),
            }),
            Verdict::Refused => false,
        }
    }

    fn check_family(&self, id: usize, peer: SocketAddr) -> Result<(), Code> {
        let allocation = self.allocations.get(id).ok_or(Code::AllocationMismatch)?;
        match allocation.port(Family::of(peer.ip())) {
            Some(_) => Ok(()),
            None => Err(Code::PeerAddressFamilyMismatch),
        }
    }

    /// The allocation of a client, if it is the sender's.
    fn own_allocation(&self, request: &Request<'_, '_>) -> Result<usize, Code> {
        let id = self.clients.get(&request.reply.client);
        let id = *id.ok_or(Code::AllocationMismatch)?;
        let allocation = self.allocations.get(id).ok_or(Code::AllocationMismatch)?;
        if *allocation.username == *request.who.username {
            Ok(id)
        } else {
            Err(Code::WrongCredentials)
        }
    }
}

fn peer(value: &[u8], request: &Request<'_, '_>) -> Result<SocketAddr, Code> {
    read_xor_address(value, &request.reply.transaction)
        .map(plain)
        .ok_or(Code::BadRequest)
}

/// REQUESTED-ADDRESS-FAMILY (RFC 8656 section 18.6).
pub(super) fn family(value: &[u8]) -> Result<Family, Code> {
    let number = value.first_chunk::<4>().ok_or(Code::BadRequest)?[0];
    Family::from_number(number).ok_or(Code::AddressFamilyNotSupported)
}

/// LIFETIME in seconds, if it is there.
pub(super) fn lifetime(value: Option<&[u8]>) -> Result<Option<u32>, Code> {
    let seconds = |value: &[u8]| value.try_into().map(u32::from_be_bytes);
    match value {
        Some(value) => seconds(value).map(Some).map_err(|_| Code::BadRequest),
        None => Ok(None),
    }
}

/// The lifetime granted: ten minutes unless more is asked for, and never more than `most`
/// (RFC 8656 section 7.2).
pub(super) fn grant(asked: Option<u32>, most: std::time::Duration) -> u32 {
    const DEFAULT_SECS: u32 = 600;
    let most = u32::try_from(most.as_secs()).unwrap_or(u32::MAX);
    asked.unwrap_or(DEFAULT_SECS).max(DEFAULT_SECS).min(most)
}
