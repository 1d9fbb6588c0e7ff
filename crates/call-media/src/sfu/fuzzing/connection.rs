use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Script;
use super::intruder::{self, Client, REMOTE_UFRAG};
use crate::sfu::transport::{
    Link, Path, Received, RemoteParameters, Transport, TransportEvent, shard_of, stun_username,
};

/// A peer connection and whoever talks to it.
struct Connection {
    now: Instant,
    transport: Transport,
    client: Option<Client>,
    /// Ways that the transport says are the peer's.
    paths: HashSet<Path>,
    /// What the server sent and nobody took yet.
    inbox: Vec<Vec<u8>>,
}

/// Ways of a peer at most.
const PATHS_MAX: usize = 8;
/// Flights of a handshake, with some to spare.
const ROUNDS: usize = 12;

pub(super) fn run(script: &mut Script<'_>) {
    let Some(certificate) = intruder::server() else {
        return;
    };
    let now = Instant::now();
    let mut connection = Connection {
        now,
        transport: Transport::new(Arc::clone(certificate), 5, now),
        client: None,
        paths: HashSet::new(),
        inbox: Vec::new(),
    };
    while !script.is_over() {
        connection.step(script);
    }
    connection.transport.close(connection.now);
    connection.drain();
}

impl Connection {
    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 10 {
            0 => {
                self.now += Duration::from_millis(u64::from(script.short()));
                self.transport.handle_timeout(self.now);
                let next = self.transport.poll_timeout();
                assert!(next.is_none_or(|next| next > self.now));
            }
            1 => self.answer(),
            2 => {
                self.transport.restart_ice();
            }
            3 => self.check(script),
            4 => self.transport.close_link(path(script.byte()).link),
            5 => self.shake_hands(script),
            6 => self.write_to_channel(script),
            7 => {
                let binary = script.byte().is_multiple_of(2);
                // There may be no channel.
                let _ = self
                    .transport
                    .send_message(self.now, script.bytes(), binary);
            }
            8 => self.send_media(script),
            _ => {
                let way = path(script.byte());
                let mut datagram = script.long_bytes().to_vec();
                self.stranger(way, &mut datagram);
            }
        }
        self.drain();
    }

    fn answer(&mut self) {
        let remote = RemoteParameters {
            ufrag: REMOTE_UFRAG.to_owned(),
            pwd: "the+password+of+somebody".to_owned(),
            fingerprints: intruder::fingerprint().into_iter().collect(),
        };
        // Changed credentials and certificates are refused.
        let _ = self.transport.set_remote(remote);
    }

    /// A valid check, or one with a byte that is not.
    fn check(&mut self, script: &mut Script<'_>) {
        let (way, flags) = (path(script.byte()), script.byte());
        let local = self.transport.local_parameters();
        let priority = u32::from(flags >> 4);
        let check = intruder::check(&local, script.byte(), priority, flags & 1 != 0);
        let Some(mut check) = check else {
            return;
        };
        assert_eq!(stun_username(&check), Some(&*local.ufrag));
        assert_eq!(shard_of(&local.ufrag), Some(5));
        if flags & 2 == 0 {
            self.transport.handle(self.now, way, &mut check);
        } else {
            change(script, &mut check);
            self.stranger(way, &mut check);
        }
    }

    /// Some of a handshake between a client and the server, with a datagram of the client changed.
    fn shake_hands(&mut self, script: &mut Script<'_>) {
        let (way, rounds, changed) = (path(script.byte()), script.below(ROUNDS), script.byte());
        if self.client.is_none() {
            self.client = Client::connect(self.now);
        }
        let mut number = 0;
        for _ in 0..=rounds {
            self.listen();
            while let Some(mut datagram) = self.client.as_mut().and_then(Client::poll_transmit) {
                number += 1;
                if number == changed {
                    change(script, &mut datagram);
                }
                self.transport.handle(self.now, way, &mut datagram);
            }
            self.drain();
        }
        if changed > 128 {
            self.client = None;
        }
    }

    /// SCTP, authentic if there was a handshake, or whatever bytes in place of it.
    fn write_to_channel(&mut self, script: &mut Script<'_>) {
        let (way, step) = (path(script.byte()), script.byte());
        self.listen();
        let Some(client) = self.client.as_mut().filter(|client| client.is_established) else {
            return;
        };
        let packet = match step % 8 {
            0 => client.association.init(),
            1 => client.association.cookie_echo(),
            2 => script.long_bytes().to_vec(),
            _ => client.association.chunks(script),
        };
        client.write(self.now, &packet);
        while let Some(mut datagram) = client.poll_transmit() {
            self.transport.handle(self.now, way, &mut datagram);
        }
    }

    /// The client takes what the server sent.
    fn listen(&mut self) {
        if let Some(client) = &mut self.client {
            for datagram in self.inbox.drain(..) {
                client.handle(self.now, &datagram);
            }
        }
    }

    fn send_media(&mut self, script: &mut Script<'_>) {
        let mut buffer = vec![0; script.below(32)];
        let start = buffer.len();
        buffer.extend(script.bytes());
        let sealed = if script.byte().is_multiple_of(2) {
            self.transport.protect_rtp(&mut buffer, start)
        } else {
            self.transport.protect_rtcp(&mut buffer, start)
        };
        assert!(sealed.is_ok() || buffer.len() == start);
    }

    /// A datagram of which nothing is known: what is answered to somebody who has proven nothing is not longer, and goes
    /// nowhere else.
    fn stranger(&mut self, way: Path, datagram: &mut [u8]) {
        let length = datagram.len();
        let is_known = self.paths.contains(&way);
        let received = self.transport.handle(self.now, way, datagram);
        if is_known {
            return;
        }
        assert_eq!(received, Received::Nothing);
        let mut answered = 0;
        while let Some((to, answer)) = self.transport.poll_transmit() {
            assert_eq!(to, way);
            answered += answer.len();
        }
        assert!(answered <= length);
    }

    fn drain(&mut self) {
        while let Some((_, datagram)) = self.transport.poll_transmit() {
            self.inbox.push(datagram.to_vec());
        }
        while let Some(event) = self.transport.poll_event() {
            match event {
                TransportEvent::PathAdded(path) => assert!(self.paths.insert(path)),
                TransportEvent::PathRemoved(path) => assert!(self.paths.remove(&path)),
                TransportEvent::PathSelected(path) => assert!(self.paths.contains(&path)),
                TransportEvent::UfragRetired(_)
                | TransportEvent::State(_)
                | TransportEvent::ChannelOpen
                | TransportEvent::Message(_)
                | TransportEvent::ChannelClosed => {}
            }
        }
        assert!(self.paths.len() <= PATHS_MAX);
    }
}

/// Writes bytes over a place of a datagram, and now and then cuts it there.
fn change(script: &mut Script<'_>, datagram: &mut Vec<u8>) {
    let at = usize::from(script.short()) % datagram.len().max(1);
    let bytes = script.bytes();
    for (place, byte) in datagram.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
    if script.byte() > 200 {
        datagram.truncate(at);
    }
}

/// One of some ways; a few of them by TCP.
pub(super) fn path(number: u8) -> Path {
    let link = match number % 8 {
        7 => Link::Tcp(u32::from(number / 8)),
        port => Link::Udp(u16::from(port % 2)),
    };
    Path {
        peer: SocketAddr::from(([192, 0, 2, 1], 4_000 + u16::from(number / 2))),
        local: None,
        link,
    }
}
