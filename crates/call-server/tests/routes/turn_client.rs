//! A TURN client, as far as tests need one: messages by the independent implementation
//! `stun-types`, numbers as in RFC 8489 and RFC 8656.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use stun_types::attribute::{Attribute as _, AttributeType, RawAttribute};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageType, MessageWrite,
    MessageWriteExt, MessageWriteVec, Method,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

const ALLOCATE: u16 = 0x003;
const CREATE_PERMISSION: u16 = 0x008;
const CHANNEL_BIND: u16 = 0x009;

const USERNAME: u16 = 0x0006;
const ERROR_CODE: u16 = 0x0009;
const CHANNEL_NUMBER: u16 = 0x000c;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const REALM: u16 = 0x0014;
const NONCE: u16 = 0x0015;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const REQUESTED_TRANSPORT: u16 = 0x0019;

const CHANNEL: u16 = 0x4000;
const COOKIE: u32 = 0x2112_a442;

/// More than any of this takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct TurnClient {
    wire: Wire,
    username: String,
    password: String,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    transaction: u128,
}

enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// The code of an error response.
pub(crate) type Refused = u16;

type Attributes = Vec<(u16, Vec<u8>)>;

impl TurnClient {
    /// Connects to the first server of an answer of `turn-credentials` that has this transport.
    pub(crate) async fn connect(issued: &Value, transport: &str) -> Self {
        let text = |name: &str| issued[name].as_str().expect("a text").to_owned();
        let server = server(issued, "turn:", &format!("?transport={transport}"));
        Self::with(server, transport, text("username"), text("credential")).await
    }

    pub(crate) async fn with(
        server: SocketAddr,
        transport: &str,
        username: String,
        password: String,
    ) -> Self {
        let wire = if transport == "tcp" {
            Wire::Tcp(TcpStream::connect(server).await.expect("a connection"))
        } else {
            let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
            socket.connect(server).await.expect("connected");
            Wire::Udp(socket)
        };
        Self {
            wire,
            username,
            password,
            realm: Vec::new(),
            nonce: Vec::new(),
            transaction: 1,
        }
    }

    /// Returns the relayed address.
    pub(crate) async fn allocate(&mut self) -> Result<SocketAddr, Refused> {
        let transport = (REQUESTED_TRANSPORT, vec![17, 0, 0, 0]);
        let stranger = self
            .request(ALLOCATE, std::slice::from_ref(&transport), false)
            .await;
        let (401, challenge) = stranger.expect_err("strangers are asked who they are") else {
            panic!("not 401");
        };
        self.realm = value(&challenge, REALM).expect("a realm").to_vec();
        self.nonce = value(&challenge, NONCE).expect("a nonce").to_vec();
        let answer = self.request(ALLOCATE, &[transport], true).await;
        let answer = answer.map_err(|(code, _)| code)?;
        Ok(read_address(
            value(&answer, XOR_RELAYED_ADDRESS).expect("a relayed address"),
        ))
    }

    pub(crate) async fn permit(&mut self, peer: IpAddr) -> Result<(), Refused> {
        let peer = (XOR_PEER_ADDRESS, written(SocketAddr::new(peer, 0)));
        let answer = self.request(CREATE_PERMISSION, &[peer], true).await;
        answer.map(drop).map_err(|(code, _)| code)
    }

    /// From then on [`send`](Self::send) and [`receive`](Self::receive) are with this peer.
    pub(crate) async fn bind(&mut self, peer: SocketAddr) -> Result<(), Refused> {
        let number = (
            CHANNEL_NUMBER,
            [&CHANNEL.to_be_bytes()[..], &[0, 0]].concat(),
        );
        let peer = (XOR_PEER_ADDRESS, written(peer));
        let answer = self.request(CHANNEL_BIND, &[number, peer], true).await;
        answer.map(drop).map_err(|(code, _)| code)
    }

    pub(crate) async fn send(&mut self, data: &[u8]) {
        let length = u16::try_from(data.len()).expect("short");
        let mut frame = [&CHANNEL.to_be_bytes()[..], &length.to_be_bytes(), data].concat();
        if matches!(self.wire, Wire::Tcp(_)) {
            frame.resize(frame.len().next_multiple_of(4), 0);
        }
        self.write(&frame).await;
    }

    pub(crate) async fn receive(&mut self) -> Vec<u8> {
        let frame = self.read().await;
        assert_eq!(frame[..2], CHANNEL.to_be_bytes(), "data on the channel");
        let length = u16::from_be_bytes([frame[2], frame[3]]);
        frame[4..][..usize::from(length)].to_vec()
    }

    async fn request(
        &mut self,
        method: u16,
        attributes: &[(u16, Vec<u8>)],
        sealed: bool,
    ) -> Result<Attributes, (Refused, Attributes)> {
        self.transaction += 1;
        let kind = MessageType::from_class_method(MessageClass::Request, Method::new(method));
        let mut message = Message::builder(kind, self.transaction.into(), MessageWriteVec::new());
        let mut add = |kind: u16, value: &[u8]| {
            let attribute = RawAttribute::new(AttributeType::new(kind), value);
            message.add_attribute(&attribute).expect("it fits");
        };
        for (kind, value) in attributes {
            add(*kind, value);
        }
        if sealed {
            add(USERNAME, self.username.as_bytes());
            add(REALM, &self.realm);
            add(NONCE, &self.nonce);
            let realm = String::from_utf8(self.realm.clone()).expect("text");
            let credentials =
                LongTermKeyCredentials::new(self.username.clone(), self.password.clone(), realm);
            message
                .add_message_integrity(&credentials.into(), IntegrityAlgorithm::Sha1)
                .expect("sealed");
        }
        self.write(&message.finish()).await;
        let answer = self.read().await;
        let answer = Message::from_bytes(&answer).expect("STUN");
        assert_eq!(u128::from(answer.transaction_id()), self.transaction);
        let attributes: Attributes = answer
            .iter_attributes()
            .map(|(_, attribute)| (attribute.get_type().value(), attribute.value.to_vec()))
            .collect();
        match value(&attributes, ERROR_CODE) {
            Some(code) => {
                let code = u16::from(code[2]) * 100 + u16::from(code[3]);
                Err((code, attributes))
            }
            None => Ok(attributes),
        }
    }

    async fn write(&mut self, bytes: &[u8]) {
        match &mut self.wire {
            Wire::Udp(socket) => socket.send(bytes).await.map(drop).expect("sent"),
            Wire::Tcp(stream) => stream.write_all(bytes).await.expect("sent"),
        }
    }

    /// One message, or the data of a channel with its header.
    async fn read(&mut self) -> Vec<u8> {
        let read = async {
            match &mut self.wire {
                Wire::Udp(socket) => {
                    let mut bytes = vec![0; 2000];
                    let length = socket.recv(&mut bytes).await.expect("a datagram");
                    bytes.truncate(length);
                    bytes
                }
                Wire::Tcp(stream) => {
                    let mut frame = vec![0; 4];
                    stream.read_exact(&mut frame).await.expect("a header");
                    let length = usize::from(u16::from_be_bytes([frame[2], frame[3]]));
                    let header = if frame[0] < 0x40 { 16 } else { 0 };
                    frame.resize(4 + header + length.next_multiple_of(4), 0);
                    stream.read_exact(&mut frame[4..]).await.expect("the rest");
                    frame
                }
            }
        };
        timeout(PATIENCE, read).await.expect("an answer in time")
    }
}

/// The address of the first URI that begins and ends so.
pub(crate) fn server(issued: &Value, scheme: &str, query: &str) -> SocketAddr {
    let uris = issued["uris"].as_array().expect("a list");
    let mut uris = uris.iter().map(|uri| uri.as_str().expect("a text"));
    let found = uris.find_map(|uri| uri.strip_prefix(scheme)?.strip_suffix(query));
    let address = found.unwrap_or_else(|| panic!("no {scheme}…{query} in {issued}"));
    address.parse().expect("an address and a port")
}

fn value(attributes: &Attributes, kind: u16) -> Option<&[u8]> {
    let found = attributes.iter().find(|(known, _)| *known == kind);
    found.map(|(_, value)| &value[..])
}

/// XOR-PEER-ADDRESS of IPv4 (RFC 8489 section 14.2).
fn written(address: SocketAddr) -> Vec<u8> {
    let IpAddr::V4(ip) = address.ip() else {
        panic!("IPv4 only");
    };
    let port = address.port() ^ 0x2112;
    let ip = ip.to_bits() ^ COOKIE;
    [&[0, 1][..], &port.to_be_bytes(), &ip.to_be_bytes()].concat()
}

fn read_address(value: &[u8]) -> SocketAddr {
    let port = u16::from_be_bytes([value[2], value[3]]) ^ 0x2112;
    let ip = u32::from_be_bytes(value[4..8].try_into().expect("IPv4")) ^ COOKIE;
    (std::net::Ipv4Addr::from_bits(ip), port).into()
}
