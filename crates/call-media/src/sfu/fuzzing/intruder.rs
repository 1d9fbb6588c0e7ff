//! The other end of a peer connection, who knows what a participant is told.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::BytesMut;
use rtc_dtls::config::{ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::crypto::{HashAlgorithm, HmacAlgorithm, default_provider};

use super::association::Association;
use crate::sfu::transport::{Certificate, Fingerprint, LocalParameters};

/// The certificate of the server, made once.
pub(super) fn server() -> Option<&'static Arc<Certificate>> {
    static SERVER: OnceLock<Option<Arc<Certificate>>> = OnceLock::new();
    let make = || Certificate::generate().ok().map(Arc::new);
    SERVER.get_or_init(make).as_ref()
}

/// Who the intruder is, made once.
struct Identity {
    config: Arc<HandshakeConfig>,
    fingerprint: Fingerprint,
}

fn identity() -> Option<&'static Identity> {
    static IDENTITY: OnceLock<Option<Identity>> = OnceLock::new();
    let make = || {
        let provider = default_provider().ok()?;
        let certificate =
            crypto::Certificate::generate_self_signed(Vec::<String>::new(), provider.crypto())
                .ok()?;
        let der = certificate.certificate.first()?;
        let hash = provider.crypto().hash(HashAlgorithm::Sha256, der).ok()?;
        let fingerprint = Fingerprint::from(<[u8; 32]>::try_from(hash).ok()?);
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider)
            .with_certificates(vec![certificate])
            .with_srtp_protection_profiles(vec![
                SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
                SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
            ])
            .with_insecure_skip_verify(true)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .build(true, None)
            .ok()?;
        Some(Identity {
            config: Arc::new(config),
            fingerprint,
        })
    };
    IDENTITY.get_or_init(make).as_ref()
}

/// What it says of its certificate.
pub(super) fn fingerprint() -> Option<Fingerprint> {
    identity().map(|identity| identity.fingerprint)
}

/// A DTLS client.
pub(super) struct Client {
    endpoint: Endpoint,
    pub(super) is_established: bool,
    pub(super) association: Association,
}

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 7882);

impl Client {
    /// One that has its first flight to send.
    pub(super) fn connect(now: Instant) -> Option<Self> {
        let mut endpoint = Endpoint::new(SERVER, TransportProtocol::UDP, None);
        let config = Arc::clone(&identity()?.config);
        endpoint.connect(now, SERVER, config, None).ok()?;
        Some(Self {
            endpoint,
            is_established: false,
            association: Association::default(),
        })
    }

    /// Takes a datagram of the server.
    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8]) {
        let datagram = BytesMut::from(datagram);
        let events = self.endpoint.read(now, SERVER, None, datagram);
        for event in events.unwrap_or_default() {
            match event {
                EndpointEvent::HandshakeComplete => self.is_established = true,
                EndpointEvent::ApplicationData(data) => self.association.handle(&data),
                _ => {}
            }
        }
    }

    /// Encrypts what is meant for SCTP.
    pub(super) fn write(&mut self, now: Instant, data: &[u8]) {
        // Before the handshake is over there is no way to.
        let _ = self.endpoint.write(now, SERVER, data);
    }

    /// What it wants to send.
    pub(super) fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        let transmit = self.endpoint.poll_transmit()?;
        Some(transmit.message.to_vec())
    }
}

/// A check that is signed with the server's password (RFC 8445 section 7.2.2).
pub(super) fn check(
    server: &LocalParameters,
    transaction: u8,
    priority: u32,
    nominates: bool,
) -> Option<Vec<u8>> {
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([transaction; 12]);
    let username = format!("{}:{REMOTE_UFRAG}", server.ufrag);
    push(&mut message, 0x0006, username.as_bytes());
    push(&mut message, 0x0024, &priority.to_be_bytes());
    push(&mut message, 0x802a, &[7; 8]);
    if nominates {
        push(&mut message, 0x0025, &[]);
    }
    let provider = default_provider().ok()?;
    let pwd = server.pwd.as_bytes();
    let mut mac = provider.crypto().new_hmac(HmacAlgorithm::Sha1, pwd).ok()?;
    let mut signature = [0; 20];
    set_length(&mut message, 24);
    mac.sign(&[&message], &mut signature).ok()?;
    push(&mut message, 0x0008, &signature);
    set_length(&mut message, 8);
    let fingerprint = crc(V42, &message) ^ 0x5354_554e;
    push(&mut message, 0x8028, &fingerprint.to_be_bytes());
    Some(message)
}

/// What the intruder calls itself in checks and answers.
pub(super) const REMOTE_UFRAG: &str = "them";

/// The polynomial of ITU V.42.
const V42: u32 = 0xedb8_8320;

fn push(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
    set_length(message, 0);
}

/// The length field, with so many bytes that are still to come.
fn set_length(message: &mut [u8], more: usize) {
    let length = u16::try_from(message.len() - 20 + more).unwrap_or(0);
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

/// A CRC of 32 bits, bit by bit.
pub(super) fn crc(polynomial: u32, bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (polynomial * (crc & 1))
        })
    })
}
