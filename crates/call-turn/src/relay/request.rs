//! Requests: who may ask, and how answers are written.

use std::time::Instant;

use super::auth::Authenticated;
use super::client::{Client, Now};
use super::counters::Refusal;
use super::machine::Relay;
use super::transmit::{Command, Target, Transmit};
use crate::stun::attribute::{NONCE, REALM, XOR_MAPPED_ADDRESS};
use crate::stun::{Class, Code, Key, Message, Method, TransactionId, Writer, message_type};

/// What an answer takes from its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply {
    pub(super) client: Client,
    pub(super) method: Method,
    pub(super) transaction: TransactionId,
    pub(super) fingerprint: bool,
}

/// A request that passed authentication.
pub(super) struct Request<'m, 'a> {
    pub(super) reply: Reply,
    pub(super) message: &'m Message<'a>,
    pub(super) who: Authenticated<'a>,
    pub(super) now: Instant,
}

impl Relay {
    pub(super) fn request(
        &mut self,
        client: Client,
        message: &Message<'_>,
        method: Option<Method>,
        now: Now,
    ) -> Option<Transmit<'_>> {
        // Send and Data are indications only; what is not known is not answered (RFC 8489
        // section 6.3).
        let method = method.filter(|m| !matches!(m, Method::Send | Method::Data))?;
        let reply = Reply {
            client,
            method,
            transaction: *message.transaction(),
            fingerprint: message.has_fingerprint(),
        };
        if method == Method::Binding {
            return self.binding(&reply, message, now.instant);
        }
        let who = match self.authenticate(&client, message, now) {
            Ok(who) => who,
            Err(code) => return self.challenge(&reply, message, code, now),
        };
        if message.unknown().next().is_some() {
            return Some(self.unknown_attribute(&reply, message, Some(&who.key)));
        }
        let request = Request {
            reply,
            message,
            who,
            now: now.instant,
        };
        match method {
            Method::Allocate => self.allocate(&request),
            Method::Refresh => Some(self.refresh(&request)),
            Method::CreatePermission => Some(self.create_permission(&request)),
            Method::ChannelBind => Some(self.channel_bind(&request)),
            Method::Binding | Method::Send | Method::Data => None,
        }
    }

    /// RFC 8489 section 2: what is my address?
    fn binding(
        &mut self,
        reply: &Reply,
        message: &Message<'_>,
        now: Instant,
    ) -> Option<Transmit<'_>> {
        if message.unknown().next().is_some() {
            self.unknown_attribute(reply, message, None);
        } else {
            self.success(reply, None, |answer| {
                answer.address(XOR_MAPPED_ADDRESS, reply.client.address);
            });
        }
        self.if_affordable(&reply.client, message, now)
    }

    /// Asks for credentials, or for better ones.
    fn challenge(
        &mut self,
        reply: &Reply,
        message: &Message<'_>,
        code: Code,
        now: Now,
    ) -> Option<Transmit<'_>> {
        self.refused(code);
        let nonce = self.nonces.issue(&reply.client, now.wall.as_secs());
        let mut answer = Self::begin(&mut self.answer, reply, Class::Error);
        answer.error(code);
        if code != Code::BadRequest {
            answer.attribute(REALM, self.settings.realm.as_bytes());
            answer.attribute(NONCE, &nonce);
        }
        if reply.fingerprint {
            answer.fingerprint();
        }
        self.if_affordable(&reply.client, message, now.instant)
    }

    /// The answer to somebody who proved nothing: over the cap only if it is no larger than what
    /// asked for it, so that forged sources are not worth their while.
    fn if_affordable(
        &mut self,
        client: &Client,
        message: &Message<'_>,
        now: Instant,
    ) -> Option<Transmit<'_>> {
        let admitted = self.sources.admit(client.address.ip(), now);
        if !admitted && self.answer.len() > message.bytes().len() {
            self.counters.refuse(Refusal::SourceLimit);
            if client.transport.is_stream() && !self.has_allocation(client) {
                self.commands.push_back(Command::CloseClient(*client));
            }
            return None;
        }
        Some(Transmit::plain(Target::Client(*client), &self.answer))
    }

    fn unknown_attribute(
        &mut self,
        reply: &Reply,
        message: &Message<'_>,
        key: Option<&Key>,
    ) -> Transmit<'_> {
        self.refused(Code::UnknownAttribute);
        let mut answer = Self::begin(&mut self.answer, reply, Class::Error);
        answer.error(Code::UnknownAttribute);
        answer.unknown(message.unknown());
        self.finish(reply, key)
    }

    /// An error answer to somebody authenticated.
    pub(super) fn failure(&mut self, reply: &Reply, key: &Key, code: Code) -> Transmit<'_> {
        self.refused(code);
        Self::begin(&mut self.answer, reply, Class::Error).error(code);
        self.finish(reply, Some(key))
    }

    pub(super) fn success(
        &mut self,
        reply: &Reply,
        key: Option<&Key>,
        fill: impl FnOnce(&mut Writer<'_>),
    ) -> Transmit<'_> {
        fill(&mut Self::begin(&mut self.answer, reply, Class::Success));
        self.finish(reply, key)
    }

    fn begin<'a>(out: &'a mut Vec<u8>, reply: &Reply, class: Class) -> Writer<'a> {
        let kind = message_type(class, reply.method.number());
        Writer::new(out, kind, reply.transaction)
    }

    fn finish(&mut self, reply: &Reply, key: Option<&Key>) -> Transmit<'_> {
        let mut answer = Writer::resume(&mut self.answer, reply.transaction);
        if let Some(key) = key {
            answer.integrity(key);
        }
        if reply.fingerprint {
            answer.fingerprint();
        }
        Transmit::plain(Target::Client(reply.client), &self.answer)
    }

    /// Counts a refusal by its code.
    pub(super) fn refused(&self, code: Code) {
        self.counters.refuse(match code {
            Code::BadRequest => Refusal::BadRequest,
            Code::Unauthenticated => Refusal::Unauthenticated,
            Code::Forbidden => Refusal::ForbiddenPeer,
            Code::UnknownAttribute => Refusal::UnknownAttribute,
            Code::AllocationMismatch => Refusal::AllocationMismatch,
            Code::StaleNonce => Refusal::StaleNonce,
            Code::AddressFamilyNotSupported | Code::PeerAddressFamilyMismatch => {
                Refusal::AddressFamily
            }
            Code::WrongCredentials => Refusal::WrongCredentials,
            Code::UnsupportedTransportProtocol => Refusal::UnsupportedTransport,
            Code::AllocationQuotaReached => Refusal::UserQuota,
            Code::InsufficientCapacity => Refusal::Capacity,
        });
    }
}
