//! A relay in a world of its own: time stands still, sockets are a list. The client's messages are
//! made, and the server's read, by the independent implementation `stun-types`.
#![allow(dead_code, unreachable_pub, reason = "every test file uses a part")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use call_domain::Timestamp;
use call_turn::{
    Client, Command, Now, Relay, RelayConfig, RelayPort, Secret, Target, Transmit, Transport,
};
use stun_types::attribute::{AttributeType, RawAttribute};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageIntegrityCredentials,
    MessageType, MessageWrite, MessageWriteExt, MessageWriteVec, Method,
};

pub const REALM: &str = "call";
pub const WALL_SECS: i64 = 1_790_000_000;

pub const ALLOCATE: u16 = 3;
pub const REFRESH: u16 = 4;
pub const CREATE_PERMISSION: u16 = 8;
pub const CHANNEL_BIND: u16 = 9;

pub fn config() -> RelayConfig {
    RelayConfig {
        udp: vec!["198.51.100.1:3478".parse().unwrap()],
        relay_ips: vec![
            "198.51.100.1".parse().unwrap(),
            "2001:db8::1".parse().unwrap(),
        ],
        secrets: vec![Secret::new("new").unwrap(), Secret::new("old").unwrap()],
        ..RelayConfig::default()
    }
}

/// The same, for clients that ask often.
pub fn patient_config() -> RelayConfig {
    let mut config = config();
    config.limits.unauthenticated_per_source = u32::MAX;
    config
}

pub struct World {
    pub relay: Relay,
    pub now: Now,
    /// Sockets that are open.
    pub open: Vec<RelayPort>,
    /// Ports that other programs have.
    pub foreign: Vec<u16>,
    pub ended: Vec<call_turn::AllocationSummary>,
    pub closed: Vec<Client>,
    transaction: u128,
}

/// What the relay sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub target: Target,
    pub bytes: Vec<u8>,
}

impl Sent {
    fn of(transmit: &Transmit<'_>) -> Self {
        let mut bytes = Vec::new();
        transmit.write_to(&mut bytes);
        assert_eq!(bytes.len(), transmit.len());
        Self {
            target: transmit.target,
            bytes,
        }
    }
}

impl World {
    pub fn new(config: &RelayConfig) -> Self {
        let instant = Instant::now();
        Self {
            relay: Relay::new(config, [7; 32], instant).unwrap(),
            now: Now {
                instant,
                wall: Timestamp::from_micros(WALL_SECS * 1_000_000),
            },
            open: Vec::new(),
            foreign: Vec::new(),
            ended: Vec::new(),
            closed: Vec::new(),
            transaction: 1,
        }
    }

    pub fn later(&mut self, by: Duration) {
        self.now.instant += by;
        self.now.wall = self.now.wall + by;
        self.relay.handle_timeout(self.now);
        assert!(self.carry_out().is_none());
        assert!(
            self.relay
                .poll_timeout()
                .is_none_or(|due| due > self.now.instant)
        );
    }

    pub fn transaction(&mut self) -> u128 {
        self.transaction += 1;
        self.transaction
    }

    pub fn client_sends(&mut self, client: Client, bytes: &[u8]) -> Option<Sent> {
        let direct = self
            .relay
            .handle_client_input(client, bytes, self.now)
            .map(|transmit| Sent::of(&transmit));
        let later = self.carry_out();
        assert!(direct.is_none() || later.is_none(), "two answers");
        direct.or(later)
    }

    pub fn peer_sends(&mut self, port: RelayPort, peer: &str, bytes: &[u8]) -> Option<Sent> {
        let peer = peer.parse().unwrap();
        self.relay
            .handle_peer_input(port, peer, bytes, self.now)
            .map(|transmit| Sent::of(&transmit))
    }

    pub fn close(&mut self, client: &Client) {
        self.relay.handle_client_closed(client, self.now);
        assert!(self.carry_out().is_none());
    }

    fn carry_out(&mut self) -> Option<Sent> {
        let mut sent = None;
        while let Some(command) = self.relay.next_command() {
            match command {
                Command::Open(port) => {
                    let free = !self.foreign.contains(&port.port);
                    if free {
                        assert!(!self.open.contains(&port), "{port:?} is opened twice");
                        self.open.push(port);
                    }
                    let answer = self.relay.opened(port, free, self.now);
                    sent = sent.or(answer.map(|transmit| Sent::of(&transmit)));
                }
                Command::Close(port) => {
                    let at = self.open.iter().position(|open| *open == port);
                    self.open.remove(at.expect("only what is open is closed"));
                }
                Command::CloseClient(client) => self.closed.push(client),
                Command::Ended(summary) => self.ended.push(*summary),
            }
        }
        sent
    }
}

pub fn client(transport: Transport, port: u16) -> Client {
    Client {
        address: SocketAddr::new("192.0.2.10".parse().unwrap(), port),
        local: "198.51.100.1:3478".parse().unwrap(),
        transport,
    }
}

/// A TURN client, as far as tests need one.
pub struct User {
    pub client: Client,
    pub username: String,
    pub password: String,
    pub nonce: Vec<u8>,
}

pub type Attributes = Vec<(u16, Vec<u8>)>;

impl User {
    pub fn new(name: &str, client: Client) -> Self {
        Self::with(name, client, "new", WALL_SECS + 3600)
    }

    pub fn with(name: &str, client: Client, secret: &str, expiry: i64) -> Self {
        let username = format!("{expiry}:{name}");
        let password = Secret::new(secret).unwrap().password(&username);
        Self {
            client,
            username,
            password,
            nonce: Vec::new(),
        }
    }

    pub fn credentials(&self) -> MessageIntegrityCredentials {
        LongTermKeyCredentials::new(
            self.username.clone(),
            self.password.clone(),
            REALM.to_owned(),
        )
        .into()
    }

    pub fn build(&self, method: u16, attributes: &[(u16, Vec<u8>)], transaction: u128) -> Vec<u8> {
        let mut message = begin(MessageClass::Request, method, transaction);
        for (kind, value) in attributes {
            add(&mut message, *kind, value);
        }
        add(&mut message, 0x0006, self.username.as_bytes());
        add(&mut message, 0x0014, REALM.as_bytes());
        add(&mut message, 0x0015, &self.nonce);
        message
            .add_message_integrity(&self.credentials(), IntegrityAlgorithm::Sha1)
            .unwrap();
        message.add_fingerprint().unwrap();
        message.finish()
    }

    /// Gets a nonce by asking without credentials.
    pub fn greet(&mut self, world: &mut World) {
        let request = begin(MessageClass::Request, ALLOCATE, world.transaction()).finish();
        let answer = world
            .client_sends(self.client, &request)
            .expect("a challenge");
        let answer = Answer::read(&answer.bytes);
        assert_eq!(answer.code, Some(401));
        assert_eq!(answer.value(0x0014), Some(REALM.as_bytes()));
        self.nonce = answer.value(0x0015).expect("a nonce").to_vec();
    }

    pub fn request(&self, world: &mut World, method: u16, attributes: &[(u16, Vec<u8>)]) -> Answer {
        let request = self.build(method, attributes, world.transaction());
        let sent = world
            .client_sends(self.client, &request)
            .expect("an answer");
        assert_eq!(sent.target, Target::Client(self.client));
        let answer = Answer::read(&sent.bytes);
        let message = Message::from_bytes(&sent.bytes).unwrap();
        assert_eq!(
            u128::from(message.transaction_id()),
            u128::from(Message::from_bytes(&request).unwrap().transaction_id())
        );
        // All but the answers of those who are not known are sealed.
        if !matches!(answer.code, Some(400 | 401 | 438)) {
            message.validate_integrity(&self.credentials()).unwrap();
        }
        answer
    }

    pub fn allocate(&mut self, world: &mut World, more: &[(u16, Vec<u8>)]) -> Answer {
        if self.nonce.is_empty() {
            self.greet(world);
        }
        let mut attributes = vec![udp()];
        attributes.extend_from_slice(more);
        self.request(world, ALLOCATE, &attributes)
    }
}

pub fn begin(class: MessageClass, method: u16, transaction: u128) -> MessageWriteVec {
    let kind = MessageType::from_class_method(class, Method::new(method));
    Message::builder(kind, transaction.into(), MessageWriteVec::new())
}

pub fn add(message: &mut MessageWriteVec, kind: u16, value: &[u8]) {
    // Duplicates are wanted, too.
    message.push_attribute_unchecked(&RawAttribute::new(AttributeType::new(kind), value));
}

/// An answer, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub success: bool,
    pub code: Option<u16>,
    pub attributes: Attributes,
    transaction: u128,
}

impl Answer {
    pub fn read(bytes: &[u8]) -> Self {
        let message = Message::from_bytes(bytes).expect("STUN");
        let attributes: Attributes = message
            .iter_attributes()
            .map(|(_, attribute)| {
                (
                    attribute.header.get_type().value(),
                    attribute.value.to_vec(),
                )
            })
            .collect();
        let code = attributes.iter().find(|(kind, _)| *kind == 0x0009);
        Self {
            success: message.has_class(MessageClass::Success),
            code: code.map(|(_, value)| u16::from(value[2]) * 100 + u16::from(value[3])),
            attributes,
            transaction: message.transaction_id().into(),
        }
    }

    pub fn value(&self, kind: u16) -> Option<&[u8]> {
        let found = self.attributes.iter().find(|(k, _)| *k == kind);
        found.map(|(_, value)| &value[..])
    }

    pub fn lifetime(&self) -> u32 {
        u32::from_be_bytes(self.value(0x000d).expect("a lifetime").try_into().unwrap())
    }

    /// All XOR-RELAYED-ADDRESS.
    pub fn relayed(&self) -> Vec<SocketAddr> {
        let values = self.attributes.iter().filter(|(kind, _)| *kind == 0x0016);
        values
            .map(|(_, value)| unxor(value, self.transaction))
            .collect()
    }

    pub fn mapped(&self) -> SocketAddr {
        unxor(self.value(0x0020).expect("an address"), self.transaction)
    }
}

/// REQUESTED-TRANSPORT: UDP.
pub fn udp() -> (u16, Vec<u8>) {
    (0x0019, vec![17, 0, 0, 0])
}

pub fn lifetime(seconds: u32) -> (u16, Vec<u8>) {
    (0x000d, seconds.to_be_bytes().to_vec())
}

pub fn channel(number: u16) -> (u16, Vec<u8>) {
    (0x000c, [&number.to_be_bytes()[..], &[0, 0]].concat())
}

/// XOR-PEER-ADDRESS of an IPv4 peer, which needs no transaction id.
pub fn peer(address: &str) -> (u16, Vec<u8>) {
    (0x0012, xor(address.parse().unwrap(), 0))
}

pub fn xor(address: SocketAddr, transaction: u128) -> Vec<u8> {
    let port = (address.port() ^ 0x2112).to_be_bytes();
    match address {
        SocketAddr::V4(v4) => {
            let ip = v4.ip().to_bits() ^ 0x2112_a442;
            [&[0, 1][..], &port, &ip.to_be_bytes()].concat()
        }
        SocketAddr::V6(v6) => {
            let ip = v6.ip().to_bits() ^ (0x2112_a442 << 96 | transaction);
            [&[0, 2][..], &port, &ip.to_be_bytes()].concat()
        }
    }
}

fn unxor(value: &[u8], transaction: u128) -> SocketAddr {
    let port = u16::from_be_bytes([value[2], value[3]]) ^ 0x2112;
    if value[1] == 1 {
        let ip = u32::from_be_bytes(value[4..].try_into().unwrap()) ^ 0x2112_a442;
        SocketAddr::new(std::net::Ipv4Addr::from_bits(ip).into(), port)
    } else {
        let mask = 0x2112_a442 << 96 | transaction;
        let ip = u128::from_be_bytes(value[4..].try_into().unwrap()) ^ mask;
        SocketAddr::new(std::net::Ipv6Addr::from_bits(ip).into(), port)
    }
}

/// A Send indication.
pub fn indication(transaction: u128, to: SocketAddr, data: &[u8]) -> Vec<u8> {
    let mut message = begin(MessageClass::Indication, 6, transaction);
    add(&mut message, 0x0012, &xor(to, transaction));
    add(&mut message, 0x0013, data);
    message.finish()
}

pub fn channel_data(number: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    [&number.to_be_bytes()[..], &length.to_be_bytes(), data].concat()
}
