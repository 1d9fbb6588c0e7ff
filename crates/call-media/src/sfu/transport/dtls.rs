//! The DTLS server of a peer connection (RFC 6347, RFC 5763): the handshake and, after it, a way for SCTP.
//!
//! The handshake itself is `rtc-dtls`. Around it: messages are put together before it sees them ([`super::handshake`]), and
//! flights are repeated here, byte for byte, when the peer repeats its own or does not answer.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;

use super::certificate::{Certificate, Fingerprint};
use super::handshake::{ContentType, Inbox, Record, plain_record, records};
use super::srtp::{Srtp, SrtpProfile};

/// RFC 5764 section 4.2.
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";
/// The handshake knows one peer, wherever that is at the moment.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 1);
/// A handshake that takes longer has failed.
const HANDSHAKE_MAX: Duration = Duration::from_secs(30);
/// An unanswered flight is repeated after that, then after twice that, and so on.
const REPEAT_AFTER: Duration = Duration::from_millis(200);
const REPEAT_AFTER_MAX: Duration = Duration::from_millis(3200);
/// A peer that repeats itself gets the flight again at most so often.
const REPEAT_EVERY: Duration = Duration::from_millis(20);
/// Flights repeated at most, for any reason.
const REPEATS_MAX: u32 = 32;
/// Records of the new epoch, and changes to it, that may come before the handshake is over.
const EARLY_MAX: u32 = 32;

/// What came of it.
pub(super) enum DtlsEvent {
    /// The peer has proven the key of this certificate, and this is what media is encrypted with.
    Established(Box<Srtp>, Fingerprint),
    /// Bytes for SCTP.
    Data(BytesMut),
    /// No handshake with this peer, ever.
    Failed,
    /// The peer said goodbye.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Handshake,
    Established,
    Over,
}

/// One peer's server.
pub(super) struct Dtls {
    certificate: Arc<Certificate>,
    endpoint: Option<Endpoint>,
    stage: Stage,
    inbox: Inbox,
    /// Sequence numbers of the records that the handshake is given in epoch 0.
    plain_records: u64,
    early: u32,
    hellos: u32,
    /// Our latest flight.
    flight: Vec<Bytes>,
    repeat_at: Option<Instant>,
    repeat_after: Duration,
    repeated_at: Option<Instant>,
    repeats: u32,
    deadline: Option<Instant>,
    transmits: VecDeque<Bytes>,
    /// Records that were malformed or had no business here.
    pub(super) refused: u64,
}

impl Dtls {
    pub(super) fn new(certificate: Arc<Certificate>) -> Self {
        Self {
            certificate,
            endpoint: None,
            stage: Stage::Waiting,
            inbox: Inbox::default(),
            plain_records: 0,
            early: 0,
            hellos: 0,
            flight: Vec::new(),
            repeat_at: None,
            repeat_after: REPEAT_AFTER,
            repeated_at: None,
            repeats: 0,
            deadline: None,
            transmits: VecDeque::new(),
            refused: 0,
        }
    }

    /// Takes a datagram of a path of the peer. Tells whether a part of it was authentic.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        datagram: &[u8],
        happened: &mut impl FnMut(DtlsEvent),
    ) -> bool {
        let mut is_authentic = false;
        for record in records(datagram) {
            match record {
                Ok(record) if self.stage != Stage::Over => {
                    is_authentic |= self.take(now, record, happened);
                }
                Ok(_) | Err(()) => self.refused += 1,
            }
        }
        is_authentic
    }

    /// Sends bytes of SCTP.
    pub(super) fn send(&mut self, now: Instant, data: &[u8]) {
        if let (Stage::Established, Some(endpoint)) = (self.stage, &mut self.endpoint) {
            // It only fails for a connection that is closed.
            let _ = endpoint.write(now, PEER, data);
            self.collect();
        }
    }

    /// Says goodbye.
    pub(super) fn close(&mut self, now: Instant) {
        if let (Stage::Established, Some(endpoint)) = (self.stage, &mut self.endpoint) {
            let _ = endpoint.close(now);
            self.collect();
        }
        self.end();
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmits.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        [self.deadline, self.repeat_at].into_iter().flatten().min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, happened: &mut impl FnMut(DtlsEvent)) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.end();
            happened(DtlsEvent::Failed);
        } else if self.repeat_at.is_some_and(|at| at <= now) {
            self.repeat_after = (self.repeat_after * 2).min(REPEAT_AFTER_MAX);
            self.repeat(now);
        }
    }

    fn take(
        &mut self,
        now: Instant,
        record: Record<'_>,
        happened: &mut impl FnMut(DtlsEvent),
    ) -> bool {
        let is_established = self.stage == Stage::Established;
        match (is_established, record.epoch, record.content_type) {
            (false, 0, ContentType::Handshake) => {
                // From the first word on, even if no hello ever comes of it.
                self.deadline.get_or_insert(now + HANDSHAKE_MAX);
                self.take_messages(now, record.body, happened);
                false
            }
            (false, 0, ContentType::ChangeCipherSpec)
                if *record.body == [1] && self.early < EARLY_MAX =>
            {
                self.early += 1;
                self.feed_plain(now, ContentType::ChangeCipherSpec, record.body, happened);
                false
            }
            (false, 1, ContentType::Handshake | ContentType::ApplicationData)
                if self.early < EARLY_MAX =>
            {
                self.early += 1;
                self.feed(now, record.whole, happened);
                self.stage == Stage::Established
            }
            // The peer repeats its last flight: ours was lost (RFC 6347 section 4.2.4).
            (true, 0 | 1, ContentType::Handshake) => {
                self.repeat_to_peer(now);
                false
            }
            (true, 0, ContentType::ChangeCipherSpec) => false,
            (true, 1, ContentType::ApplicationData | ContentType::Alert) => {
                self.feed(now, record.whole, happened)
            }
            // Plain alerts and data, unknown epochs: nobody in particular sent them.
            _ => {
                self.refused += 1;
                false
            }
        }
    }

    fn take_messages(&mut self, now: Instant, body: &[u8], happened: &mut impl FnMut(DtlsEvent)) {
        let taken = self.inbox.take(body);
        self.refused += u64::from(taken.is_refused);
        if taken.is_hello_repeated {
            self.repeat_to_peer(now);
        }
        for message in taken.messages {
            if message.is_hello() {
                self.hellos += 1;
                if self.endpoint.is_none() && !self.begin(now, &message.srtp_profiles()) {
                    self.end();
                    happened(DtlsEvent::Failed);
                    return;
                }
            }
            self.feed_plain(now, ContentType::Handshake, &message.bytes, happened);
        }
    }

    fn begin(&mut self, now: Instant, srtp_profiles: &[u16]) -> bool {
        let Some(config) = self.certificate.handshake(srtp_profiles) else {
            return false;
        };
        let config = Some(config.clone());
        self.endpoint = Some(Endpoint::new(PEER, TransportProtocol::UDP, config));
        self.stage = Stage::Handshake;
        self.deadline = Some(now + HANDSHAKE_MAX);
        true
    }

    fn feed_plain(
        &mut self,
        now: Instant,
        content_type: ContentType,
        body: &[u8],
        happened: &mut impl FnMut(DtlsEvent),
    ) {
        let record = plain_record(content_type, self.plain_records, body);
        self.plain_records += 1;
        self.feed(now, &record, happened);
    }

    /// Gives one record to the handshake. Tells whether it brought something authentic.
    fn feed(&mut self, now: Instant, record: &[u8], happened: &mut impl FnMut(DtlsEvent)) -> bool {
        let (Stage::Handshake | Stage::Established, Some(endpoint)) =
            (self.stage, &mut self.endpoint)
        else {
            self.refused += 1;
            return false;
        };
        let events = endpoint.read(now, PEER, None, BytesMut::from(record));
        let before = self.stage;
        let sent = self.collect();
        if before == Stage::Handshake && !sent.is_empty() {
            self.flight = sent;
            // A hello without a cookie is answered once: its sender has to ask again (RFC 6347 section 4.2.1).
            self.repeat_after = REPEAT_AFTER;
            self.repeat_at = (self.hellos > 1).then_some(now + REPEAT_AFTER);
        }
        let Ok(events) = events else {
            self.refused += 1;
            // After the handshake only an alert that the peer has signed is an error.
            self.end();
            happened(match before {
                Stage::Established => DtlsEvent::Closed,
                Stage::Waiting | Stage::Handshake | Stage::Over => DtlsEvent::Failed,
            });
            return false;
        };
        let is_authentic = !events.is_empty();
        // Not signed by the peer, or seen before.
        self.refused += u64::from(before == Stage::Established && !is_authentic);
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete => happened(self.establish()),
                EndpointEvent::ApplicationData(data) => happened(DtlsEvent::Data(data)),
                EndpointEvent::PeerClosed => {
                    self.end();
                    happened(DtlsEvent::Closed);
                }
                _ => {}
            }
        }
        is_authentic
    }

    fn establish(&mut self) -> DtlsEvent {
        let keys = self.keys();
        self.deadline = None;
        self.repeat_at = None;
        self.inbox = Inbox::default();
        if let Some((srtp, fingerprint)) = keys {
            self.stage = Stage::Established;
            DtlsEvent::Established(Box::new(srtp), fingerprint)
        } else {
            self.end();
            DtlsEvent::Failed
        }
    }

    fn keys(&self) -> Option<(Srtp, Fingerprint)> {
        let state = self.endpoint.as_ref()?.get_connection_state(PEER)?;
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => SrtpProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm => SrtpProfile::AeadAes256Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => SrtpProfile::Aes128CmSha1,
            _ => return None,
        };
        let exported = state
            .export_keying_material(EXPORTER, &[], profile.export_len())
            .ok()?;
        let provider = &**self.certificate.provider();
        let srtp = Srtp::new(profile, exported.as_ref(), provider.crypto()).ok()?;
        let fingerprint = Fingerprint::of(state.peer_certificates.first()?, provider)?;
        Some((srtp, fingerprint))
    }

    fn repeat_to_peer(&mut self, now: Instant) {
        let too_soon = self
            .repeated_at
            .is_some_and(|at| now.saturating_duration_since(at) < REPEAT_EVERY);
        if !too_soon {
            self.repeat(now);
        }
    }

    fn repeat(&mut self, now: Instant) {
        if self.repeats >= REPEATS_MAX {
            self.repeat_at = None;
            return;
        }
        self.repeats += 1;
        self.repeated_at = Some(now);
        self.repeat_at = self.repeat_at.map(|_| now + self.repeat_after);
        self.transmits.extend(self.flight.iter().cloned());
    }

    /// Takes over what the handshake wants to send.
    fn collect(&mut self) -> Vec<Bytes> {
        let endpoint = self.endpoint.as_mut();
        let sent: Vec<Bytes> = endpoint
            .into_iter()
            .flat_map(|endpoint| std::iter::from_fn(|| endpoint.poll_transmit()))
            .map(|transmit| transmit.message.freeze())
            .collect();
        self.transmits.extend(sent.iter().cloned());
        sent
    }

    /// Nothing is taken any more; what is to be sent still is.
    fn end(&mut self) {
        self.stage = Stage::Over;
        self.endpoint = None;
        self.inbox = Inbox::default();
        self.flight.clear();
        self.repeat_at = None;
        self.deadline = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_that_never_becomes_whole_is_not_waited_for_for_ever() {
        let certificate = Arc::new(Certificate::generate().unwrap());
        let mut dtls = Dtls::new(certificate);
        let now = Instant::now();
        // The first ten bytes of a client's hello of a hundred (RFC 6347 section 4.2.2).
        let mut part = vec![1, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 10];
        part.extend([7; 10]);
        let mut happened = Vec::new();
        let record = plain_record(ContentType::Handshake, 0, &part);
        dtls.handle(now, &record, &mut |event| happened.push(event));
        assert!(happened.is_empty());
        let deadline = dtls.poll_timeout().unwrap();
        assert_eq!(deadline, now + HANDSHAKE_MAX);
        dtls.handle_timeout(deadline, &mut |event| happened.push(event));
        assert!(matches!(happened[..], [DtlsEvent::Failed]));
        assert_eq!(dtls.poll_timeout(), None);
    }
}
