//! The least of a TURN client: enough to load a server (RFC 8656).

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// The channel that every client binds.
pub(crate) const CHANNEL: u16 = 0x4000;
const COOKIE: u32 = 0x2112_a442;

/// A client with an allocation and a channel to its peer.
pub(crate) struct TurnClient {
    pub(crate) socket: UdpSocket,
}

struct Credentials {
    username: String,
    password: String,
    realm: Vec<u8>,
    nonce: Vec<u8>,
}

impl TurnClient {
    pub(crate) async fn connect(
        server: SocketAddr,
        secret: &str,
        number: usize,
        peer: SocketAddr,
    ) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(server).await?;
        let expiry = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 3600;
        let username = format!("{expiry}:user{number}");
        let mut hmac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())?;
        hmac.update(username.as_bytes());
        let password =
            base64::engine::general_purpose::STANDARD.encode(hmac.finalize().into_bytes());
        let mut credentials = Credentials {
            username,
            password,
            realm: Vec::new(),
            nonce: Vec::new(),
        };
        let transport = (0x0019, vec![17, 0, 0, 0]);
        let challenge = exchange(
            &socket,
            &request(0x003, std::slice::from_ref(&transport), None)?,
        )
        .await?;
        credentials.realm = attribute(&challenge, 0x0014).context("a realm")?;
        credentials.nonce = attribute(&challenge, 0x0015).context("a nonce")?;
        let peer = (0x0012, xor_address(peer)?);
        let channel = (0x000c, [&CHANNEL.to_be_bytes()[..], &[0, 0]].concat());
        for (method, attributes) in [(0x003, vec![transport]), (0x009, vec![channel, peer])] {
            let asked = request(method, &attributes, Some(&credentials))?;
            let answer = exchange(&socket, &asked).await?;
            if answer.first() != Some(&0x01) || answer.get(1).is_some_and(|b| b & 0x10 != 0) {
                bail!("method {method:#x} was refused: {answer:02x?}");
            }
        }
        Ok(Self { socket })
    }
}

/// `ChannelData` with so many bytes.
pub(crate) fn channel_data(length: u16) -> Vec<u8> {
    let mut frame = [CHANNEL.to_be_bytes(), length.to_be_bytes()].concat();
    frame.resize(4 + usize::from(length), 0xa5);
    frame
}

async fn exchange(socket: &UdpSocket, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut buffer = [0; 1500];
    for _ in 0..5 {
        socket.send(request).await?;
        let answer = timeout(Duration::from_millis(500), socket.recv(&mut buffer)).await;
        if let Ok(length) = answer {
            let answer = &buffer[..length?];
            if answer.get(8..20) == request.get(8..20) {
                return Ok(answer.to_vec());
            }
        }
    }
    bail!("no answer")
}

fn request(
    method: u16,
    attributes: &[(u16, Vec<u8>)],
    credentials: Option<&Credentials>,
) -> anyhow::Result<Vec<u8>> {
    let mut message = [&method.to_be_bytes()[..], &[0, 0], &COOKIE.to_be_bytes()].concat();
    // Distinct is enough here.
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    message.extend_from_slice(&nanos.to_be_bytes()[4..]);
    for (kind, value) in attributes {
        push(&mut message, *kind, value)?;
    }
    if let Some(credentials) = credentials {
        push(&mut message, 0x0006, credentials.username.as_bytes())?;
        push(&mut message, 0x0014, &credentials.realm)?;
        push(&mut message, 0x0015, &credentials.nonce)?;
        let mut md5 = Md5::new();
        md5.update(&credentials.username);
        md5.update(":");
        md5.update(&credentials.realm);
        md5.update(":");
        md5.update(&credentials.password);
        let mut hmac = Hmac::<Sha1>::new_from_slice(&md5.finalize())?;
        let length = u16::try_from(message.len() - 20 + 24)?;
        message[2..4].copy_from_slice(&length.to_be_bytes());
        hmac.update(&message);
        push(&mut message, 0x0008, &hmac.finalize().into_bytes())?;
    }
    Ok(message)
}

fn push(message: &mut Vec<u8>, kind: u16, value: &[u8]) -> anyhow::Result<()> {
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&u16::try_from(value.len())?.to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
    let length = u16::try_from(message.len() - 20)?;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

fn attribute(message: &[u8], wanted: u16) -> Option<Vec<u8>> {
    let mut rest = message.get(20..)?;
    while let Some((head, body)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if u16::from_be_bytes([head[0], head[1]]) == wanted {
            return body.get(..length).map(<[u8]>::to_vec);
        }
        rest = body.get(length.next_multiple_of(4)..)?;
    }
    None
}

fn xor_address(address: SocketAddr) -> anyhow::Result<Vec<u8>> {
    let SocketAddr::V4(v4) = address else {
        bail!("the benchmark uses IPv4");
    };
    let port = v4.port() ^ 0x2112;
    let ip = v4.ip().to_bits() ^ COOKIE;
    Ok([&[0, 1][..], &port.to_be_bytes(), &ip.to_be_bytes()].concat())
}
