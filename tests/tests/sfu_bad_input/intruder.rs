//! A participant who was let in and means harm: it knows what every participant is told, and sends whatever it likes, in
//! plain or encrypted. Put together of the parts of webrtc-rs, which refuse less than a whole engine would.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP};
use rtc_srtp::context::Context;
use rtc_srtp::crypto::{HashAlgorithm, RTCCryptoProvider, default_provider};
use rtc_srtp::protection_profile::ProtectionProfile;
use stun_types::attribute::{AttributeType, RawAttribute, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, Message, MessageIntegrityCredentials, MessageWrite,
    MessageWriteExt, MessageWriteVec, ShortTermCredentials,
};

pub(crate) struct Intruder {
    pub(crate) socket: UdpSocket,
    provider: Arc<dyn RTCCryptoProvider>,
    config: Arc<HandshakeConfig>,
    fingerprint: String,
    server: Option<Server>,
    next_check: Instant,
    dtls: Option<Endpoint>,
    keys: Option<Keys>,
    /// What came, by SSRC.
    pub(crate) streams: HashMap<u32, Stream>,
    /// A line that is added to each section of its answers.
    pub(crate) says_besides: Option<String>,
}

/// What an offer says of the other end.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
}

struct Keys {
    seal: Context,
    open: Context,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) payload_type: u8,
    pub(crate) packets: u64,
    pub(crate) latest: u16,
}

const UFRAG: &str = "mallory";
const PWD: &str = "the+password+of+mallory";
const CHECKS: Duration = Duration::from_millis(500);

impl Server {
    pub(crate) fn of(offer: &str) -> Self {
        let value = |key: &str| {
            let mut lines = offer.lines();
            lines.find_map(|line| line.strip_prefix(key)).unwrap()
        };
        let candidate: Vec<&str> = value("a=candidate:").split(' ').collect();
        Self {
            address: format!("{}:{}", candidate[4], candidate[5])
                .parse()
                .unwrap(),
            ufrag: value("a=ice-ufrag:").to_owned(),
            pwd: value("a=ice-pwd:").to_owned(),
        }
    }

    /// A check that nominates, with a name and signed with a password.
    pub(crate) fn check(username: &str, pwd: Option<&str>) -> Vec<u8> {
        let mut message = Message::builder_request(BINDING, MessageWriteVec::new());
        message
            .add_attribute(&Username::new(username).unwrap())
            .unwrap();
        let mut add = |kind, value: &[u8]| {
            let kind = AttributeType::new(kind);
            message
                .add_attribute(&RawAttribute::new(kind, value))
                .unwrap();
        };
        add(0x0024, &[0, 0, 1, 0]);
        add(0x802a, &[7; 8]);
        add(0x0025, &[]);
        if let Some(pwd) = pwd {
            let credentials: MessageIntegrityCredentials =
                ShortTermCredentials::new(pwd.to_owned()).into();
            message
                .add_message_integrity(&credentials, IntegrityAlgorithm::Sha1)
                .unwrap();
        }
        message.add_fingerprint().unwrap();
        message.finish()
    }
}

impl Intruder {
    pub(crate) fn new() -> Self {
        let provider = default_provider().unwrap();
        let certificate =
            Certificate::generate_self_signed(vec!["mallory".to_owned()], provider.crypto())
                .unwrap();
        let hash = provider
            .crypto()
            .hash(HashAlgorithm::Sha256, &certificate.certificate[0])
            .unwrap();
        let hash: Vec<String> = hash.iter().map(|byte| format!("{byte:02X}")).collect();
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm])
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(true, None)
            .unwrap();
        Self {
            socket: socket(),
            provider,
            config: Arc::new(config),
            fingerprint: format!("a=fingerprint:sha-256 {}", hash.join(":")),
            server: None,
            next_check: Instant::now(),
            dtls: None,
            keys: None,
            streams: HashMap::new(),
            says_besides: None,
        }
    }

    /// Accepts everything that is offered.
    pub(crate) fn answer(&mut self, offer: &str) -> String {
        self.server = Some(Server::of(offer));
        let besides = self.says_besides.as_deref();
        let mut answer = Vec::new();
        for line in offer.lines() {
            let key = line.split_once(':').map_or(line, |(key, _)| key);
            match key {
                "a=recvonly" => answer.push("a=sendonly"),
                "a=sendonly" => answer.push("a=recvonly"),
                "a=setup" => answer.push("a=setup:active"),
                "a=ice-ufrag" => answer.extend(["a=ice-ufrag:", UFRAG]),
                "a=ice-pwd" => answer.extend(["a=ice-pwd:", PWD]),
                "a=fingerprint" => answer.push(&self.fingerprint),
                "a=mid" => {
                    answer.push(line);
                    answer.extend(besides.into_iter().flat_map(|besides| ["\r\n", besides]));
                }
                "a=ice-lite" | "a=candidate" | "a=ssrc" | "a=ssrc-group" | "a=msid" => continue,
                _ => answer.push(line),
            }
            answer.push("\r\n");
        }
        answer.concat()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.keys.is_some()
    }

    pub(crate) fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    /// A check that the server believes.
    pub(crate) fn check(&self) -> Vec<u8> {
        let server = self.server();
        Server::check(&format!("{}:{UFRAG}", server.ufrag), Some(&server.pwd))
    }

    /// Whatever bytes.
    pub(crate) fn send(&self, datagram: &[u8]) {
        self.socket
            .send_to(datagram, self.server().address)
            .unwrap();
    }

    pub(crate) fn seal_rtp(&mut self, packet: &[u8]) -> Vec<u8> {
        let keys = self.keys.as_mut().unwrap();
        keys.seal.encrypt_rtp(packet).unwrap().to_vec()
    }

    pub(crate) fn send_rtp(&mut self, packet: &[u8]) {
        let sealed = self.seal_rtp(packet);
        self.send(&sealed);
    }

    pub(crate) fn send_rtcp(&mut self, packet: &[u8]) {
        let keys = self.keys.as_mut().unwrap();
        let sealed = keys.seal.encrypt_rtcp(packet).unwrap();
        self.send(&sealed);
    }

    /// Datagrams that begin a handshake.
    pub(crate) fn hello(&self, now: Instant) -> Vec<Vec<u8>> {
        let mut dtls = self.client(now);
        std::iter::from_fn(|| dtls.poll_transmit())
            .map(|transmit| transmit.message.to_vec())
            .collect()
    }

    /// Does what is due, and takes what came.
    pub(crate) fn drive(&mut self, now: Instant) {
        if self.server.is_none() {
            return;
        }
        if now >= self.next_check {
            self.next_check = now + CHECKS;
            self.send(&self.check());
        }
        let mut buffer = [0; 2048];
        while let Some(length) = receive(&self.socket, &mut buffer) {
            self.handle(now, &buffer[..length]);
        }
        let address = self.server().address;
        if let Some(dtls) = &mut self.dtls {
            dtls.handle_timeout(address, now).unwrap();
        }
        self.flush();
    }

    fn handle(&mut self, now: Instant, datagram: &[u8]) {
        match datagram[0] {
            0..=3 if self.dtls.is_none() => self.dtls = Some(self.client(now)),
            20..=63 => self.handle_dtls(now, datagram),
            128..=191 => {
                let is_rtp = !(192..=223).contains(&datagram[1]);
                if let Some(keys) = self.keys.as_mut().filter(|_| is_rtp) {
                    let packet = keys.open.decrypt_rtp(datagram).unwrap();
                    self.note(&packet);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, packet: &[u8]) {
        let ssrc = u32::from_be_bytes(packet[8..12].try_into().unwrap());
        let stream = self.streams.entry(ssrc).or_insert(Stream {
            payload_type: packet[1] & 0x7f,
            packets: 0,
            latest: 0,
        });
        stream.packets += 1;
        stream.latest = u16::from_be_bytes([packet[2], packet[3]]);
    }

    fn client(&self, now: Instant) -> Endpoint {
        let address = self.server().address;
        let mut dtls = Endpoint::new(address, TransportProtocol::UDP, None);
        dtls.connect(now, address, Arc::clone(&self.config), None)
            .unwrap();
        dtls
    }

    fn handle_dtls(&mut self, now: Instant, datagram: &[u8]) {
        let address = self.server().address;
        let Some(dtls) = &mut self.dtls else { return };
        let events = dtls.read(now, address, None, BytesMut::from(datagram));
        for event in events.unwrap_or_default() {
            if let EndpointEvent::HandshakeComplete = event {
                self.establish();
            }
        }
    }

    fn establish(&mut self) {
        let dtls = self.dtls.as_ref().unwrap();
        let state = dtls.get_connection_state(self.server().address).unwrap();
        let mut config = Config {
            profile: ProtectionProfile::AeadAes128Gcm,
            ..Config::default()
        };
        let length = config.keying_material_len();
        let exported = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], length)
            .unwrap();
        config
            .set_session_keys_from_keying_material(exported.as_ref(), true)
            .unwrap();
        let context = |key: &[u8], salt: &[u8]| {
            let crypto = self.provider.crypto();
            Context::new(key, salt, config.profile, None, None, crypto).unwrap()
        };
        let keys = &config.keys;
        self.keys = Some(Keys {
            seal: context(&keys.local_master_key, &keys.local_master_salt),
            open: context(&keys.remote_master_key, &keys.remote_master_salt),
        });
    }

    fn flush(&mut self) {
        while let Some(transmit) = self.dtls.as_mut().and_then(Endpoint::poll_transmit) {
            self.send(&transmit.message);
        }
    }
}

/// A socket of somebody else.
pub(crate) fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// The length of a datagram, if one came.
pub(crate) fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<usize> {
    match socket.recv(buffer) {
        Ok(length) => Some(length),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("{error}"),
    }
}
