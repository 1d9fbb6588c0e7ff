use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use rtc_datachannel::message::message_channel_open::ChannelType;
use rtc_sctp::PayloadProtocolIdentifier as Ppi;

use super::sctp_client::SctpClient;
use crate::sfu::transport::channel::{Channel, ChannelEvent};
use crate::sfu::transport::{ChannelMessage, SendError};

struct Pair {
    now: Instant,
    server: Channel,
    client: SctpClient,
    events: Vec<ChannelEvent>,
}

impl Pair {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            now,
            server: Channel::new(),
            client: SctpClient::new(now),
            events: Vec::new(),
        }
    }

    /// With the association established, and the server's channel answered or not.
    fn established(answers_opens: bool) -> Self {
        let mut pair = Self::new();
        pair.client.answers_opens = answers_opens;
        pair.run(1);
        assert!(pair.client.is_connected);
        assert_eq!(pair.client.opened, [("messages".to_owned(), 1)]);
        let open = [ChannelEvent::Open];
        assert_eq!(pair.events, &open[..usize::from(answers_opens)]);
        pair.events.clear();
        pair
    }

    /// Lets packets and time go by, in seconds.
    fn run(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            let quiet = !self.exchange();
            if !quiet {
                continue;
            }
            let next = [self.server.poll_timeout(), self.client.poll_timeout()];
            match next.into_iter().flatten().min() {
                Some(at) if at <= end => self.now = self.now.max(at),
                _ => break,
            }
            let events = &mut self.events;
            self.server
                .handle_timeout(self.now, &mut |event| events.push(event));
            self.client.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn exchange(&mut self) -> bool {
        let mut any = false;
        for packet in self.client.poll_transmits(self.now) {
            any = true;
            self.deliver(packet);
        }
        while let Some(packet) = self.server.poll_transmit() {
            any = true;
            self.client.handle(self.now, packet);
        }
        any
    }

    fn deliver(&mut self, packet: Bytes) {
        let events = &mut self.events;
        self.server
            .handle(self.now, packet, &mut |event| events.push(event));
    }

    fn messages(&mut self) -> Vec<(Vec<u8>, bool)> {
        self.events
            .drain(..)
            .map(|event| match event {
                ChannelEvent::Message(message) => (message.data.to_vec(), message.binary),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

#[test]
fn the_servers_channel_carries_messages_both_ways() {
    let mut pair = Pair::established(true);
    pair.client
        .send(pair.now, 1, Ppi::String, "grüße".as_bytes());
    pair.client.send(pair.now, 1, Ppi::Binary, &[0xff; 3]);
    pair.client.send(pair.now, 1, Ppi::StringEmpty, &[0]);
    pair.client.send(pair.now, 1, Ppi::BinaryEmpty, &[0]);
    pair.run(1);
    assert_eq!(
        pair.messages(),
        [
            ("grüße".as_bytes().to_vec(), false),
            (vec![0xff; 3], true),
            (vec![], false),
            (vec![], true),
        ]
    );
    let large = vec![7; ChannelMessage::BYTES_MAX];
    pair.server.send(pair.now, b"text", false).unwrap();
    pair.server.send(pair.now, &large, true).unwrap();
    pair.server.send(pair.now, b"", false).unwrap();
    pair.server.send(pair.now, b"", true).unwrap();
    pair.run(1);
    let received = std::mem::take(&mut pair.client.received);
    assert_eq!(
        received,
        [
            (1, Ppi::String, b"text".to_vec()),
            (1, Ppi::Binary, large.clone()),
            (1, Ppi::StringEmpty, vec![0]),
            (1, Ppi::BinaryEmpty, vec![0]),
        ]
    );
    pair.client.send(pair.now, 1, Ppi::Binary, &large);
    pair.run(1);
    assert_eq!(pair.messages(), [(large, true)]);
    assert_eq!(pair.server.refused, 0);
}

#[test]
fn a_channel_of_the_peer_is_preferred() {
    let mut pair = Pair::established(true);
    pair.client
        .open(pair.now, 0, "messages", ChannelType::Reliable);
    pair.run(1);
    assert_eq!(pair.client.acknowledged, [0]);
    assert!(pair.events.is_empty(), "it was open before");
    pair.server.send(pair.now, b"text", false).unwrap();
    pair.client.send(pair.now, 0, Ppi::String, b"over mine");
    pair.client.send(pair.now, 1, Ppi::String, b"over yours");
    pair.run(1);
    assert_eq!(pair.client.received, [(0, Ppi::String, b"text".to_vec())]);
    assert_eq!(pair.messages().len(), 2);
}

#[test]
fn a_peer_that_ignores_our_channel_uses_its_own() {
    let mut pair = Pair::established(false);
    pair.server.send(pair.now, b"early", false).unwrap();
    pair.run(1);
    assert!(pair.client.received.is_empty());
    pair.client
        .open(pair.now, 0, "messages", ChannelType::ReliableUnordered);
    pair.run(1);
    assert_eq!(pair.events, [ChannelEvent::Open]);
    assert_eq!(pair.client.received, [(0, Ppi::String, b"early".to_vec())]);
}

#[test]
fn other_channels_are_reset_and_not_listened_to() {
    let mut pair = Pair::established(true);
    pair.client
        .open(pair.now, 0, "something", ChannelType::Reliable);
    pair.client
        .open(pair.now, 2, "messages", ChannelType::PartialReliableTimed);
    pair.client.send(pair.now, 0, Ppi::String, b"hello?");
    pair.run(5);
    assert!(pair.events.is_empty());
    assert!(pair.client.acknowledged.is_empty());
    let mut closed = pair.client.closed.clone();
    closed.sort_unstable();
    closed.dedup();
    assert_eq!(closed, [0, 2]);
    assert!(pair.server.refused >= 2);
}

#[test]
fn a_closed_channel_can_be_opened_again() {
    let mut pair = Pair::established(true);
    pair.client.reset(pair.now, 1);
    pair.run(5);
    assert_eq!(pair.events, [ChannelEvent::Closed]);
    pair.events.clear();
    pair.server.send(pair.now, b"kept", false).unwrap();
    pair.client
        .open(pair.now, 0, "messages", ChannelType::Reliable);
    pair.run(1);
    assert_eq!(pair.events, [ChannelEvent::Open]);
    assert_eq!(pair.client.received, [(0, Ppi::String, b"kept".to_vec())]);
}

#[test]
fn an_aborted_association_is_the_end() {
    let mut pair = Pair::established(true);
    pair.client.abort();
    pair.run(1);
    assert_eq!(pair.events, [ChannelEvent::Closed]);
    assert_eq!(
        pair.server.send(pair.now, b"x", false),
        Err(SendError::NotConnected)
    );
    assert_eq!(pair.server.poll_timeout(), None);
}

#[test]
fn what_waits_for_the_peer_is_bounded() {
    let mut pair = Pair::new();
    let message = vec![1; 1000];
    let waiting = (0..1000)
        .take_while(|_| pair.server.send(pair.now, &message, true).is_ok())
        .count();
    assert_eq!(waiting, 256);
    assert_eq!(
        pair.server.send(pair.now, &message, true),
        Err(SendError::Full)
    );
    pair.run(5);
    assert_eq!(pair.client.received.len(), 256);

    // The peer takes no packets any more.
    let mut sent = 0;
    while pair.server.send(pair.now, &message, true).is_ok() {
        sent += message.len();
        assert!(sent <= 256 * 1024);
    }
    assert!(sent > 250 * 1024);
    let too_large = vec![1; ChannelMessage::BYTES_MAX + 1];
    assert_eq!(
        pair.server.send(pair.now, &too_large, true),
        Err(SendError::Invalid)
    );
    pair.run(10);
    assert_eq!(pair.client.received.len(), 256 + sent / 1000);
}

#[test]
fn what_is_no_message_is_refused_and_the_next_one_is_not() {
    let mut pair = Pair::established(true);
    pair.client.send(
        pair.now,
        1,
        Ppi::Binary,
        &vec![9; ChannelMessage::BYTES_MAX + 1],
    );
    pair.client.send(pair.now, 1, Ppi::String, &[0xff, 0xfe]);
    pair.client.send(pair.now, 1, Ppi::Unknown, b"?");
    pair.client.send(pair.now, 1, Ppi::String, b"good");
    pair.run(5);
    assert_eq!(pair.messages(), [(b"good".to_vec(), false)]);
    assert_eq!(pair.server.refused, 3);
}

#[test]
fn a_message_without_an_end_is_not_kept_for_ever() {
    let mut pair = Pair::established(true);
    pair.client
        .send(pair.now, 1, Ppi::Binary, &vec![9; 1 << 20]);
    pair.run(20);
    assert!(pair.events.is_empty());
    assert!(pair.server.refused > 0);
}

#[test]
fn repeated_beginnings_come_to_one_association() {
    let mut pair = Pair::new();
    let inits = pair.client.poll_transmits(pair.now);
    for _ in 0..3 {
        pair.deliver(inits[0].clone());
    }
    pair.run(5);
    assert!(pair.client.is_connected);
    assert_eq!(pair.events, [ChannelEvent::Open]);
    let refused = pair.server.refused;
    pair.deliver(inits[0].clone());
    assert_eq!(pair.server.refused, refused + 1);
    pair.client.send(pair.now, 1, Ppi::String, b"still here");
    pair.run(1);
    assert_eq!(pair.events.len(), 2);
}

/// CRC-32c, without a table.
fn checksum(packet: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    for byte in packet {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x82f6_3b78 * (crc & 1));
        }
    }
    (!crc).to_le_bytes()
}

/// A packet of the association whose peer sends as `like`, of any chunks.
fn forge(like: &[u8], chunks: &[(u8, u8, Vec<u8>)]) -> Bytes {
    let mut packet = like[..8].to_vec();
    packet.extend_from_slice(&[0; 4]);
    for (kind, flags, body) in chunks {
        packet.extend_from_slice(&[*kind, *flags]);
        packet.extend_from_slice(&(body.len() as u16 + 4).to_be_bytes());
        packet.extend_from_slice(body);
        packet.resize(packet.len().next_multiple_of(4), 0);
    }
    let checksum = checksum(&packet);
    packet[8..12].copy_from_slice(&checksum);
    packet.into()
}

/// Types of chunks, those that matter more often.
const KINDS: [u8; 19] = [
    0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 130, 192, 77,
];

fn chunk() -> impl Strategy<Value = (u8, u8, Vec<u8>)> {
    let body = proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..60);
    (proptest::sample::select(&KINDS[..]), any::<u8>(), body)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A peer may write any chunks: nothing breaks, and it does not make us send without end.
    #[test]
    fn no_chunk_breaks_anything(
        packets in proptest::collection::vec(proptest::collection::vec(chunk(), 1..4), 1..30),
        near in any::<bool>(),
    ) {
        let mut pair = Pair::established(true);
        pair.client.send(pair.now, 1, Ppi::String, b"like this");
        let like = pair.client.poll_transmits(pair.now).remove(0);
        let tsn = u32::from_be_bytes([like[16], like[17], like[18], like[19]]);
        let mut answered = 0;
        for (at, mut chunks) in packets.into_iter().enumerate() {
            for (kind, _, body) in &mut chunks {
                // Numbers that mean something now and then: a TSN, a stream.
                if near && matches!(kind, 0 | 3 | 192) && body.len() >= 6 {
                    body[..4].copy_from_slice(&(tsn.wrapping_add(at as u32)).to_be_bytes());
                    body[4..6].copy_from_slice(&[0, 1]);
                }
            }
            pair.deliver(forge(&like, &chunks));
            pair.now += Duration::from_millis(300);
            let events = &mut pair.events;
            pair.server.handle_timeout(pair.now, &mut |event| events.push(event));
            while let Some(packet) = pair.server.poll_transmit() {
                answered += packet.len();
            }
        }
        prop_assert!(answered < 100_000, "{}", answered);
    }

    /// What is forged without the tag of the association is not felt.
    #[test]
    fn forged_packets_are_not_felt(packets in proptest::collection::vec(proptest::collection::vec(chunk(), 1..4), 1..30), tag: u32) {
        let mut pair = Pair::established(true);
        for mut chunks in packets {
            // Beginnings, ends and attempts to reset count whoever sends them.
            chunks.retain(|(kind, _, _)| !matches!(kind, 0 | 1 | 6 | 130));
            let mut like = [0x13, 0x88, 0x13, 0x88, 0, 0, 0, 0];
            like[4..].copy_from_slice(&tag.to_be_bytes());
            pair.deliver(forge(&like, &chunks));
        }
        pair.client.send(pair.now, 1, Ppi::String, b"still here");
        pair.run(5);
        prop_assert_eq!(pair.messages().len(), 1);
    }
}
