//! The other end of a peer connection, of the component crates of webrtc-rs: a full ICE agent as far as it is seen from here,
//! the DTLS client, SRTP, SCTP.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Profile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::context::Context;
use rtc_srtp::crypto::{HashAlgorithm, RTCCryptoProvider, default_provider};
use rtc_srtp::protection_profile::ProtectionProfile;
use stun_types::message::{Message, MessageClass};

use super::check::{self, Check};
use super::path;
use super::sctp_client::SctpClient;
use crate::sfu::transport::demux::{DatagramKind, classify};
use crate::sfu::transport::{Fingerprint, LocalParameters, Path, RemoteParameters};

const SERVER: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 9)),
    7882,
);
const FLIGHT_AGAIN: Duration = Duration::from_millis(300);

/// What a browser does in other ways than most.
pub(super) struct Habits {
    pub(super) profiles: Vec<Profile>,
    pub(super) has_certificate: bool,
    /// Begins DTLS before its checks are answered, or without any.
    pub(super) sends_checks: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            profiles: vec![
                Profile::Srtp_Aes128_Cm_Hmac_Sha1_80,
                Profile::Srtp_Aead_Aes_256_Gcm,
                Profile::Srtp_Aead_Aes_128_Gcm,
            ],
            has_certificate: true,
            sends_checks: true,
        }
    }
}

pub(super) struct Browser {
    provider: Arc<dyn RTCCryptoProvider>,
    habits: Habits,
    ufrag: String,
    server: Option<LocalParameters>,
    certificate: Certificate,
    pub(super) path: Path,
    pub(super) priority: u32,
    pub(super) is_silent: bool,
    next_check: Instant,
    checks_answered: usize,
    dtls: Option<Endpoint>,
    flight: Vec<Bytes>,
    flight_again: Option<Instant>,
    pub(super) profile: Option<Profile>,
    seal: Option<Context>,
    open: Option<Context>,
    pub(super) sctp: Option<SctpClient>,
    out: VecDeque<(Path, Vec<u8>)>,
    pub(super) media: Vec<Vec<u8>>,
    pub(super) is_closed: bool,
}

impl Browser {
    pub(super) fn new(now: Instant, habits: Habits) -> Self {
        let provider = default_provider().unwrap();
        let certificate =
            Certificate::generate_self_signed(vec!["browser".to_owned()], provider.crypto())
                .unwrap();
        Self {
            provider,
            habits,
            ufrag: "them".to_owned(),
            server: None,
            certificate,
            path: path(4000),
            priority: 1000,
            is_silent: false,
            next_check: now,
            checks_answered: 0,
            dtls: None,
            flight: Vec::new(),
            flight_again: None,
            profile: None,
            seal: None,
            open: None,
            sctp: None,
            out: VecDeque::new(),
            media: Vec::new(),
            is_closed: false,
        }
    }

    /// Takes an offer and answers it.
    pub(super) fn answer(&mut self, now: Instant, offer: LocalParameters) -> RemoteParameters {
        if self.server.is_some() {
            self.ufrag.push('2');
        }
        self.server = Some(offer);
        self.next_check = now;
        let fingerprint = self.fingerprint(&self.certificate.certificate[0]);
        RemoteParameters {
            ufrag: self.ufrag.clone(),
            pwd: "the password of the browser".replace(' ', "+"),
            fingerprints: vec![fingerprint],
        }
    }

    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8]) {
        match classify(datagram) {
            DatagramKind::Stun => self.handle_stun(now, datagram),
            DatagramKind::Dtls => self.handle_dtls(now, datagram),
            DatagramKind::Rtp => {
                let open = self.open.as_mut().expect("keys before media");
                let packet = open.decrypt_rtp(datagram);
                self.media.extend(packet.ok().map(|packet| packet.to_vec()));
            }
            DatagramKind::Rtcp => {
                let open = self.open.as_mut().expect("keys before media");
                let packet = open.decrypt_rtcp(datagram);
                self.media.extend(packet.ok().map(|packet| packet.to_vec()));
            }
            DatagramKind::Unknown => panic!("the server sent garbage"),
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        if self.server.is_none() || self.is_silent {
            return None;
        }
        let sctp = self.sctp.as_ref().and_then(SctpClient::poll_timeout);
        [Some(self.next_check), self.flight_again, sctp]
            .into_iter()
            .flatten()
            .min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.is_silent {
            return;
        }
        if now >= self.next_check {
            self.next_check =
                now + Duration::from_millis(if self.checks_answered < 5 { 50 } else { 2500 });
            if self.habits.sends_checks {
                self.check();
            } else if self.dtls.is_none() {
                self.begin_dtls(now);
            }
        }
        if self.flight_again.is_some_and(|at| at <= now) {
            self.flight_again = Some(now + FLIGHT_AGAIN);
            let again = self.flight.clone();
            self.push(&again);
        }
        if let Some(sctp) = &mut self.sctp {
            sctp.handle_timeout(now);
        }
        self.flush(now);
    }

    pub(super) fn poll_transmit(&mut self) -> Option<(Path, Vec<u8>)> {
        self.out.pop_front().filter(|_| !self.is_silent)
    }

    /// An encrypted packet.
    pub(super) fn seal_rtp(&mut self, packet: &[u8]) -> Vec<u8> {
        self.seal
            .as_mut()
            .unwrap()
            .encrypt_rtp(packet)
            .unwrap()
            .to_vec()
    }

    pub(super) fn seal_rtcp(&mut self, packet: &[u8]) -> Vec<u8> {
        self.seal
            .as_mut()
            .unwrap()
            .encrypt_rtcp(packet)
            .unwrap()
            .to_vec()
    }

    pub(super) fn send(&mut self, datagram: Vec<u8>) {
        self.out.push_back((self.path, datagram));
    }

    pub(super) fn is_connected(&self) -> bool {
        self.seal.is_some()
    }

    /// Says goodbye.
    pub(super) fn close(&mut self, now: Instant) {
        self.dtls.as_mut().unwrap().close(now).unwrap();
        self.flush(now);
        self.is_closed = true;
    }

    fn check(&mut self) {
        let server = self.server.as_ref().unwrap();
        let check = Check::new((&server.ufrag, &server.pwd), &self.ufrag)
            .priority(self.priority)
            .nominating();
        self.send(check.write());
    }

    fn handle_stun(&mut self, now: Instant, datagram: &[u8]) {
        let message = Message::from_bytes(datagram).unwrap();
        let server = self.server.as_ref().unwrap();
        let valid = message.validate_integrity(&check::credentials(&server.pwd));
        if !message.has_class(MessageClass::Success) || valid.is_err() {
            return;
        }
        self.checks_answered += 1;
        if self.dtls.is_none() {
            self.begin_dtls(now);
        }
    }

    fn begin_dtls(&mut self, now: Instant) {
        let certificates = if self.habits.has_certificate {
            vec![self.certificate.clone()]
        } else {
            Vec::new()
        };
        let config = ConfigBuilder::default()
            .with_crypto_provider(self.provider.clone())
            .with_certificates(certificates)
            .with_srtp_protection_profiles(self.habits.profiles.clone())
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_mtu(400)
            .build(true, None)
            .unwrap();
        let mut endpoint = Endpoint::new(SERVER, TransportProtocol::UDP, None);
        endpoint
            .connect(now, SERVER, Arc::new(config), None)
            .unwrap();
        self.dtls = Some(endpoint);
        self.flush(now);
    }

    fn handle_dtls(&mut self, now: Instant, datagram: &[u8]) {
        let Some(dtls) = &mut self.dtls else { return };
        let events = dtls.read(now, SERVER, None, BytesMut::from(datagram));
        for event in events.unwrap_or_default() {
            match event {
                EndpointEvent::HandshakeComplete => self.establish(now),
                EndpointEvent::ApplicationData(data) => {
                    if let Some(sctp) = &mut self.sctp {
                        sctp.handle(now, data.freeze());
                    }
                }
                EndpointEvent::PeerClosed => self.is_closed = true,
                _ => {}
            }
        }
        self.flush(now);
    }

    fn establish(&mut self, now: Instant) {
        let state = self
            .dtls
            .as_ref()
            .unwrap()
            .get_connection_state(SERVER)
            .unwrap();
        let server = Fingerprint::parse(&self.server.as_ref().unwrap().fingerprint);
        assert_eq!(server, Some(self.fingerprint(&state.peer_certificates[0])));
        let profile = state.srtp_protection_profile();
        self.profile = Some(profile);
        let mut config = Config {
            profile: match profile {
                Profile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
                Profile::Srtp_Aead_Aes_256_Gcm => ProtectionProfile::AeadAes256Gcm,
                _ => ProtectionProfile::Aes128CmHmacSha1_80,
            },
            ..Config::default()
        };
        let length = config.keying_material_len();
        let exported = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], length)
            .unwrap();
        config
            .set_session_keys_from_keying_material(exported.as_ref(), true)
            .unwrap();
        let crypto = self.provider.crypto();
        let context = |key: &[u8], salt: &[u8]| {
            Context::new(key, salt, config.profile, None, None, crypto).unwrap()
        };
        let keys = &config.keys;
        self.seal = Some(context(&keys.local_master_key, &keys.local_master_salt));
        self.open = Some(context(&keys.remote_master_key, &keys.remote_master_salt));
        self.sctp = Some(SctpClient::new(now));
        // The last flight of the client stays until the server says something encrypted: it may be lost.
        self.flight_again = None;
    }

    /// Takes over what DTLS and SCTP want to send.
    fn flush(&mut self, now: Instant) {
        if let (Some(sctp), Some(dtls)) = (&mut self.sctp, &mut self.dtls) {
            for packet in sctp.poll_transmits(now) {
                // Nothing goes out on a connection that is closed.
                let _ = dtls.write(now, SERVER, &packet);
            }
        }
        let Some(dtls) = &mut self.dtls else { return };
        let sent: Vec<Bytes> = std::iter::from_fn(|| dtls.poll_transmit())
            .map(|transmit| transmit.message.freeze())
            .collect();
        if self.seal.is_none() && !sent.is_empty() {
            self.flight.clone_from(&sent);
            self.flight_again = Some(now + FLIGHT_AGAIN);
        }
        self.push(&sent);
    }

    fn push(&mut self, datagrams: &[Bytes]) {
        let path = self.path;
        let datagrams = datagrams.iter().map(|datagram| (path, datagram.to_vec()));
        self.out.extend(datagrams);
    }

    fn fingerprint(&self, der: &[u8]) -> Fingerprint {
        let hash = self
            .provider
            .crypto()
            .hash(HashAlgorithm::Sha256, der)
            .unwrap();
        Fingerprint::from(<[u8; 32]>::try_from(hash).unwrap())
    }
}
