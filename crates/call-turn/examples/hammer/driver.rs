//! Makes of any bytes a history of clients, peers and time, lets a relay live it, and checks what
//! must hold whatever happens. Shared by the fuzz target and the `hammer` example.
#![allow(clippy::expect_used, reason = "a broken promise is to end it")]

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use base64::Engine as _;
use call_domain::Timestamp;
use call_turn::{Client, Command, Now, Relay, RelayConfig, RelayPort, Secret, Target, Transport};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;

const SECRET: &str = "hammer";
const WALL_SECS: i64 = 1_790_000_000;
const CLIENTS: u8 = 6;

/// Peers that data may go to, then such that it must never go to.
const PEERS: [&str; 12] = [
    "8.8.8.8:1000",
    "8.8.8.8:1001",
    "9.9.9.9:1",
    "[2600::1]:1000",
    "198.51.100.1:50000",
    "127.0.0.1:22",
    "10.0.0.1:1",
    "[::1]:1",
    "[::ffff:127.0.0.1]:1",
    "[64:ff9b::a00:1]:1",
    "[2002:7f00:1::]:1",
    "0.0.0.0:0",
];

/// What the bytes have not said yet.
struct Script<'a>(&'a [u8]);

impl Script<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn below(&mut self, size: usize) -> Option<usize> {
        Some(usize::from(self.byte()?) % size)
    }

    fn bytes(&mut self, most: usize) -> Option<Vec<u8>> {
        let length = self.below(most + 1)?.min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(taken.to_vec())
    }
}

/// A relay and the world around it.
pub(crate) struct Hammer {
    relay: Relay,
    now: Now,
    open: Vec<RelayPort>,
    nonces: Vec<Vec<u8>>,
    transaction: u64,
    /// Whether ports are somebody else's.
    occupied: bool,
    /// Data that reached a peer or a client.
    pub(crate) relayed: u64,
    /// Inputs that were handled.
    pub(crate) inputs: u64,
}

impl Default for Hammer {
    fn default() -> Self {
        Self::new()
    }
}

impl Hammer {
    /// A relay with small limits, so that they are reached.
    pub(crate) fn new() -> Self {
        let mut config = RelayConfig {
            udp: vec!["198.51.100.1:3478".parse().expect("an address")],
            relay_ips: ["198.51.100.1", "2001:db8::1"]
                .map(|ip| ip.parse().expect("an address"))
                .into(),
            secrets: vec![Secret::new(SECRET).expect("not empty")],
            ports: 50_000..=50_015,
            ..RelayConfig::default()
        };
        config.limits.allocations_per_user = 3;
        config.limits.allocations = 5;
        config.limits.bytes_per_second_per_user = Some(100_000);
        let instant = Instant::now();
        Self {
            relay: Relay::new(&config, [1; 32], instant).expect("a configuration that works"),
            now: Now {
                instant,
                wall: Timestamp::from_micros(WALL_SECS * 1_000_000),
            },
            open: Vec::new(),
            nonces: vec![Vec::new(); usize::from(CLIENTS)],
            transaction: 0,
            occupied: false,
            relayed: 0,
            inputs: 0,
        }
    }

    /// Lives through what the bytes say.
    pub(crate) fn run(&mut self, script: &[u8]) {
        let mut script = Script(script);
        while self.step(&mut script).is_some() {
            self.inputs += 1;
            self.check();
        }
    }

    /// When all are gone and time has passed, nothing is left.
    pub(crate) fn finish(mut self) {
        for number in 0..CLIENTS {
            self.relay.handle_client_closed(&client(number), self.now);
            self.carry_out();
        }
        self.wait(Duration::from_mins(1));
        assert!(self.open.is_empty(), "sockets are left: {:?}", self.open);
        assert!(
            self.relay.poll_timeout().is_none(),
            "something is due for ever"
        );
    }

    fn step(&mut self, script: &mut Script<'_>) -> Option<()> {
        let kind = script.byte()? % 16;
        let number = script.byte()? % CLIENTS;
        match kind {
            0 => {
                let bytes = script.bytes(80)?;
                self.client_input(number, &bytes);
            }
            1 => {
                let at = script.byte()?;
                let peers = if script.byte()? < 64 {
                    &PEERS[..]
                } else {
                    &PEERS[..3]
                };
                let peer = peers[script.below(peers.len())?];
                let bytes = script.bytes(255)?;
                self.peer_input(at, peer, &bytes);
            }
            2 => {
                let channel = 0x4000 + u16::from(script.byte()? % 4);
                let bytes = script.bytes(40)?;
                let length = u16::try_from(bytes.len()).unwrap_or(0);
                let frame = [&channel.to_be_bytes()[..], &length.to_be_bytes(), &bytes].concat();
                self.client_input(number, &frame);
            }
            3 => {
                let mut message = self.begin(0x0016);
                self.required(&mut message, 0x0016, script)?;
                self.attributes(&mut message, script)?;
                push(&mut message, 0x0013, &script.bytes(60)?);
                self.client_input(number, &message);
            }
            4 => {
                // Mostly moments, sometimes longer than anything lasts.
                let (time, long) = (u64::from(script.byte()?), script.byte()? < 8);
                self.wait(Duration::from_secs(if long {
                    time * 20
                } else {
                    time / 16
                }));
            }
            5 if script.byte()? < 16 => {
                self.relay.handle_client_closed(&client(number), self.now);
                self.carry_out();
            }
            6 => self.occupied = script.byte()? < 16,
            // Requests of all methods, all sealed; some damaged afterwards.
            _ => {
                let methods = [0x001, 0x003, 0x003, 0x004, 0x008, 0x009, 0x009, 0x00a];
                let method = methods[script.below(methods.len())?];
                let mut message = self.begin(method);
                self.required(&mut message, method, script)?;
                // Seldom more than that.
                if script.byte()? < 64 {
                    self.attributes(&mut message, script)?;
                }
                self.seal(&mut message, number, script.byte()?);
                if script.byte()? < 32 {
                    let at = usize::from(script.byte()?) % message.len();
                    message[at] ^= script.byte()?;
                }
                self.client_input(number, &message);
            }
        }
        Some(())
    }

    fn begin(&mut self, kind: u16) -> Vec<u8> {
        // Now and then the same again: a retransmission.
        self.transaction +=
            u64::from(!self.transaction.is_multiple_of(7) || self.inputs.is_multiple_of(3));
        let id = [0, 0, 0, 0]
            .into_iter()
            .chain(self.transaction.to_be_bytes());
        let mut message = [
            &kind.to_be_bytes()[..],
            &[0, 0],
            &0x2112_a442_u32.to_be_bytes(),
        ]
        .concat();
        message.extend(id);
        message
    }

    /// What a message must have to be of use; now and then not.
    fn required(&self, message: &mut Vec<u8>, kind: u16, script: &mut Script<'_>) -> Option<()> {
        let choice = script.byte()?;
        if choice < 16 {
            return Some(());
        }
        // Mostly peers that may be reached.
        let peers = if choice < 48 { &PEERS[..] } else { &PEERS[..3] };
        let peer = peers[script.below(peers.len())?].parse().ok()?;
        match kind {
            0x003 => push(message, 0x0019, &[17, 0, 0, 0]),
            0x008 | 0x0016 => push(message, 0x0012, &xor(peer, self.transaction)),
            0x009 => {
                push(message, 0x000c, &[0x40, script.byte()? % 4, 0, 0]);
                push(message, 0x0012, &xor(peer, self.transaction));
            }
            _ => {}
        }
        Some(())
    }

    fn attributes(&self, message: &mut Vec<u8>, script: &mut Script<'_>) -> Option<()> {
        for _ in 0..script.below(5)? {
            match script.byte()? % 12 {
                0..=2 => push(message, 0x0019, &[17, 0, 0, 0]),
                3 => push(message, 0x000d, &[0, 0, script.byte()?, script.byte()?]),
                4..=6 => {
                    let peer = PEERS[script.below(PEERS.len())?].parse().ok()?;
                    push(message, 0x0012, &xor(peer, self.transaction));
                }
                7 => push(message, 0x000c, &[0x40, script.byte()? % 4, 0, 0]),
                8 => push(message, 0x0018, &[script.byte()?]),
                9 => push(message, 0x8000, &[script.byte()? % 4, 0, 0, 0]),
                10 => push(message, 0x0017, &[script.byte()? % 4, 0, 0, 0]),
                _ => {
                    let kind = u16::from_be_bytes([script.byte()? & 0x81, script.byte()? & 0x3f]);
                    push(message, kind, &script.bytes(24)?);
                }
            }
        }
        Some(())
    }

    fn seal(&self, message: &mut Vec<u8>, number: u8, how: u8) {
        // Three users share the clients; now and then one takes another's place.
        let user = if how < 8 { number + 1 } else { number } % 3;
        let username = format!("{}:user{user}", WALL_SECS + 1_000_000_000);
        let mut hmac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).expect("any length");
        hmac.update(username.as_bytes());
        let password =
            base64::engine::general_purpose::STANDARD.encode(hmac.finalize().into_bytes());
        push(message, 0x0006, username.as_bytes());
        push(message, 0x0014, b"call");
        push(message, 0x0015, &self.nonces[usize::from(number)]);
        let mut md5 = Md5::new();
        md5.update(format!("{username}:call:{password}"));
        let mut hmac = Hmac::<Sha1>::new_from_slice(&md5.finalize()).expect("any length");
        let length = u16::try_from(message.len() - 20 + 24).unwrap_or(0);
        message[2..4].copy_from_slice(&length.to_be_bytes());
        hmac.update(message);
        push(message, 0x0008, &hmac.finalize().into_bytes());
    }

    fn client_input(&mut self, number: u8, bytes: &[u8]) {
        let from = client(number);
        let sent = self.relay.handle_client_input(from, bytes, self.now);
        let mut out = Vec::new();
        if let Some(transmit) = sent {
            transmit.write_to(&mut out);
            assert_eq!(transmit.len(), out.len());
            check_target(&self.open, transmit.target);
            self.relayed += u64::from(transmit.target != Target::Client(from));
            if transmit.target == Target::Client(from) {
                self.learn(number, &out);
            }
        }
        self.carry_out();
    }

    fn peer_input(&mut self, at: u8, peer: &str, bytes: &[u8]) {
        let Some(port) = self.open.get(usize::from(at) % self.open.len().max(1)) else {
            return;
        };
        let peer = peer.parse().expect("an address");
        let sent = self.relay.handle_peer_input(*port, peer, bytes, self.now);
        if let Some(transmit) = sent {
            assert!(matches!(transmit.target, Target::Client(_)));
            assert!(transmit.len() <= bytes.len() + 48 + 3);
            assert!(transmit.payload == bytes);
            self.relayed += 1;
        }
        self.carry_out();
    }

    /// Keeps the nonce of an answer.
    fn learn(&mut self, number: u8, answer: &[u8]) {
        let mut rest = answer.get(20..).unwrap_or(&[]);
        while let Some((head, body)) = rest.split_first_chunk::<4>() {
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            if head[..2] == [0x00, 0x15]
                && let Some(nonce) = body.get(..length)
            {
                self.nonces[usize::from(number)] = nonce.to_vec();
            }
            rest = body.get(length.next_multiple_of(4)..).unwrap_or(&[]);
        }
    }

    fn wait(&mut self, time: Duration) {
        self.now.instant += time;
        self.now.wall = self.now.wall + time;
        self.relay.handle_timeout(self.now);
        self.carry_out();
        let due = self.relay.poll_timeout();
        assert!(due.is_none_or(|due| due > self.now.instant));
    }

    fn carry_out(&mut self) {
        while let Some(command) = self.relay.next_command() {
            match command {
                Command::Open(port) => {
                    assert!((50_000..=50_015).contains(&port.port));
                    assert!(!self.open.contains(&port), "{port:?} is opened twice");
                    if !self.occupied {
                        self.open.push(port);
                    }
                    let _ = self.relay.opened(port, !self.occupied, self.now);
                }
                Command::Close(port) => {
                    let at = self.open.iter().position(|open| *open == port);
                    self.open
                        .swap_remove(at.expect("only what is open is closed"));
                }
                Command::CloseClient(_) | Command::Ended(_) => {}
            }
        }
    }

    fn check(&self) {
        // Five allocations at most, two sockets each.
        assert!(self.open.len() <= 10, "{} sockets", self.open.len());
    }
}

/// Data goes out only from sockets that are open, and only to whom it may.
fn check_target(open: &[RelayPort], target: Target) {
    if let Target::Peer { from, peer } = target {
        assert!(open.contains(&from));
        let allowed: [IpAddr; 3] =
            ["8.8.8.8", "9.9.9.9", "2600::1"].map(|ip| ip.parse().expect("an address"));
        // Of the relay's own host only relayed ports, and to those it is not far.
        assert!(allowed.contains(&peer.ip()), "data went to {peer}");
    }
}

fn client(number: u8) -> Client {
    let transports = [Transport::Udp, Transport::Tcp, Transport::Tls];
    Client {
        address: SocketAddr::new(IpAddr::from([192, 0, 2, number]), 4000),
        local: SocketAddr::new(IpAddr::from([198, 51, 100, 1]), 3478),
        transport: transports[usize::from(number) % 3],
    }
}

fn push(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(0);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&length.to_be_bytes());
    message.extend_from_slice(value);
    message.resize(message.len().next_multiple_of(4), 0);
    let length = u16::try_from(message.len() - 20).unwrap_or(0);
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

fn xor(address: SocketAddr, transaction: u64) -> Vec<u8> {
    let port = (address.port() ^ 0x2112).to_be_bytes();
    match address.ip() {
        IpAddr::V4(ip) => {
            let ip = (ip.to_bits() ^ 0x2112_a442).to_be_bytes();
            [&[0, 1][..], &port, &ip].concat()
        }
        IpAddr::V6(ip) => {
            let ip = ip.to_bits() ^ (0x2112_a442 << 96 | u128::from(transaction));
            [&[0, 2][..], &port, &ip.to_be_bytes()].concat()
        }
    }
}
