//! Data: permissions, channels, indications, both ways, and between two clients of one server.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scene;

use std::time::Duration;

use call_turn::{Family, Refusal, RelayPort, Target, Transport};
use scene::*;

/// A client with an allocation, and its port.
fn allocated(world: &mut World, name: &str, transport: Transport, port: u16) -> (User, RelayPort) {
    let mut user = User::new(name, client(transport, port));
    let answer = user.allocate(world, &[]);
    let relayed = answer.relayed()[0];
    let port = RelayPort {
        family: Family::of(relayed.ip()),
        port: relayed.port(),
    };
    (user, port)
}

const PEER: &str = "8.8.8.8:5000";

#[test]
fn without_permission_nothing_passes() {
    let mut world = World::new(&config());
    let (user, port) = allocated(&mut world, "alice", Transport::Udp, 40_000);
    let send = indication(9, PEER.parse().unwrap(), b"out");
    assert_eq!(world.client_sends(user.client, &send), None);
    assert_eq!(world.peer_sends(port, PEER, b"in"), None);
    assert_eq!(world.relay.refusals(Refusal::NoPermission), 2);
    assert_eq!(
        world.client_sends(user.client, &channel_data(0x4000, b"out")),
        None
    );
    assert_eq!(world.relay.refusals(Refusal::NoChannel), 1);
}

#[test]
fn permissions_are_for_addresses_and_last_five_minutes() {
    let mut world = World::new(&config());
    let (user, port) = allocated(&mut world, "alice", Transport::Udp, 40_000);
    // Several peers in one request.
    let peers = [peer("8.8.8.8:1"), peer("9.9.9.9:1")];
    assert!(user.request(&mut world, CREATE_PERMISSION, &peers).success);
    for (address, data) in [("8.8.8.8:5000", &b"out"[..]), ("9.9.9.9:7", b"")] {
        let to = address.parse().unwrap();
        let sent = world
            .client_sends(user.client, &indication(9, to, data))
            .unwrap();
        assert_eq!(
            sent.target,
            Target::Peer {
                from: port,
                peer: to
            }
        );
        assert_eq!(sent.bytes, data);

        let back = world.peer_sends(port, address, b"back").unwrap();
        assert_eq!(back.target, Target::Client(user.client));
        let message = stun_types::message::Message::from_bytes(&back.bytes).unwrap();
        let data = Answer::read(&back.bytes);
        assert_eq!(message.method().value(), 7);
        assert_eq!(data.value(0x0013), Some(&b"back"[..]));
        let id = message.transaction_id().into();
        assert_eq!(data.value(0x0012), Some(&xor(to, id)[..]));
    }
    world.later(Duration::from_secs(299));
    assert!(world.peer_sends(port, PEER, b"x").is_some());
    world.later(Duration::from_secs(1));
    assert_eq!(world.peer_sends(port, PEER, b"x"), None);
    let totals = (3 + 8 + 1, 0);
    user.request(&mut world, REFRESH, &[lifetime(0)]);
    let ended = &world.ended[0];
    assert_eq!(
        ended.bytes_from_client + ended.bytes_to_client,
        totals.0 + totals.1
    );
}

#[test]
fn a_request_with_one_bad_peer_permits_none() {
    let mut world = World::new(&config());
    let (user, port) = allocated(&mut world, "alice", Transport::Udp, 40_000);
    let bad: [((u16, Vec<u8>), u16); 3] = [
        (peer("127.0.0.1:1"), 403),
        ((0x0012, xor("[2600::1]:1".parse().unwrap(), 0)), 443),
        ((0x0012, vec![0, 1, 2]), 400),
    ];
    for (bad, code) in bad {
        for peers in [[peer(PEER), bad.clone()], [bad.clone(), peer(PEER)]] {
            let answer = user.request(&mut world, CREATE_PERMISSION, &peers);
            assert_eq!(answer.code, Some(code));
            assert_eq!(world.peer_sends(port, PEER, b"x"), None);
        }
    }
    let none = user.request(&mut world, CREATE_PERMISSION, &[]);
    assert_eq!(none.code, Some(400));
}

#[test]
fn channels_carry_both_ways_and_last_ten_minutes() {
    let mut world = World::new(&config());
    let (user, port) = allocated(&mut world, "alice", Transport::Udp, 40_000);
    let bind = |world: &mut World, number, to: &str| {
        user.request(world, CHANNEL_BIND, &[channel(number), peer(to)])
            .code
    };
    assert_eq!(bind(&mut world, 0x4abc, PEER), None);
    let sent = world
        .client_sends(user.client, &channel_data(0x4abc, b"12345"))
        .unwrap();
    let to = PEER.parse().unwrap();
    assert_eq!(
        sent.target,
        Target::Peer {
            from: port,
            peer: to
        }
    );
    assert_eq!(sent.bytes, b"12345");
    let back = world.peer_sends(port, PEER, b"12345").unwrap();
    assert_eq!(back.bytes, channel_data(0x4abc, b"12345"));
    // Another port of the peer has the permission, not the channel.
    let other = world.peer_sends(port, "8.8.8.8:5001", b"x").unwrap();
    assert_eq!(other.bytes[..2], [0x00, 0x17]);

    // One number, one peer.
    assert_eq!(bind(&mut world, 0x4abc, "8.8.8.8:5001"), Some(400));
    assert_eq!(bind(&mut world, 0x4abd, PEER), Some(400));
    for number in [0x0000, 0x3fff, 0x8000, 0xffff] {
        assert_eq!(bind(&mut world, number, PEER), Some(400), "{number:#x}");
    }
    world.later(Duration::from_secs(590));
    assert_eq!(user.request(&mut world, REFRESH, &[]).code, None);
    world.later(Duration::from_secs(9));
    assert!(
        world
            .client_sends(user.client, &channel_data(0x4abc, b"x"))
            .is_some()
    );
    // Its permission ended before.
    assert_eq!(world.peer_sends(port, PEER, b"x"), None);
    world.later(Duration::from_secs(1));
    assert_eq!(
        world.client_sends(user.client, &channel_data(0x4abc, b"x")),
        None
    );
    // Now the number is free.
    assert_eq!(bind(&mut world, 0x4abc, "8.8.8.8:5001"), None);
    assert_eq!(bind(&mut world, 0x4abd, PEER), None);
}

#[test]
fn streams_are_padded_and_datagrams_are_not() {
    for (transport, length) in [
        (Transport::Udp, 9),
        (Transport::Tcp, 12),
        (Transport::Tls, 12),
    ] {
        let mut world = World::new(&config());
        let (user, port) = allocated(&mut world, "alice", transport, 40_000);
        let bound = user.request(&mut world, CHANNEL_BIND, &[channel(0x4000), peer(PEER)]);
        assert!(bound.success);
        let back = world.peer_sends(port, PEER, b"12345").unwrap();
        assert_eq!(back.bytes.len(), length);
        assert_eq!(back.bytes[..9], channel_data(0x4000, b"12345"));
    }
}

#[test]
fn two_clients_of_one_server_talk_without_a_socket() {
    let mut config = config();
    config.external_ips = vec!["203.0.113.9".parse().unwrap()];
    let mut world = World::new(&config);
    let mut alice = User::new("alice", client(Transport::Udp, 40_000));
    let mut bob = User::new("bob", client(Transport::Tcp, 40_001));
    let a = alice.allocate(&mut world, &[]).relayed()[0];
    let b = bob.allocate(&mut world, &[]).relayed()[0];
    assert_eq!(a.ip().to_string(), "203.0.113.9");

    let bind = [channel(0x4000), peer(&b.to_string())];
    assert!(alice.request(&mut world, CHANNEL_BIND, &bind).success);
    // Bob has not permitted Alice yet.
    let hello = channel_data(0x4000, b"hello");
    assert_eq!(world.client_sends(alice.client, &hello), None);
    let permission = [peer(&a.to_string())];
    assert!(
        bob.request(&mut world, CREATE_PERMISSION, &permission)
            .success
    );
    let sent = world.client_sends(alice.client, &hello).unwrap();
    assert_eq!(sent.target, Target::Client(bob.client));
    let data = Answer::read(&sent.bytes);
    assert_eq!(data.value(0x0013), Some(&b"hello"[..]));
    let id = stun_types::message::Message::from_bytes(&sent.bytes).unwrap();
    assert_eq!(
        data.value(0x0012),
        Some(&xor(a, id.transaction_id().into())[..])
    );
    let back = world
        .client_sends(bob.client, &indication(3, a, b"hi!"))
        .unwrap();
    assert_eq!(back.target, Target::Client(alice.client));
    assert_eq!(back.bytes, channel_data(0x4000, b"hi!"));

    // No other port of the host, though its address is permitted.
    let other = std::net::SocketAddr::new(b.ip(), b.port() ^ 1);
    let refused = alice.request(
        &mut world,
        CHANNEL_BIND,
        &[channel(0x4001), peer(&other.to_string())],
    );
    assert_eq!(refused.code, Some(403));
    let stray = indication(4, other, b"x");
    assert_eq!(world.client_sends(alice.client, &stray), None);
    // When Bob leaves, his port is closed to Alice, too.
    world.close(&bob.client);
    assert_eq!(world.client_sends(alice.client, &hello), None);
}

#[test]
fn more_than_the_bandwidth_is_dropped() {
    let mut config = config();
    config.limits.bytes_per_second_per_user = Some(10_000);
    let mut world = World::new(&config);
    let (user, _) = allocated(&mut world, "alice", Transport::Udp, 40_000);
    user.request(&mut world, CHANNEL_BIND, &[channel(0x4000), peer(PEER)]);
    let frame = channel_data(0x4000, &[0; 1000]);
    let passed = |world: &mut World| {
        (0..30)
            .filter(|_| world.client_sends(user.client, &frame).is_some())
            .count()
    };
    assert_eq!(passed(&mut world), 10);
    world.later(Duration::from_millis(500));
    assert_eq!(passed(&mut world), 5);
    assert_eq!(world.relay.refusals(Refusal::Bandwidth), 20 + 25);
}

#[test]
fn permissions_and_channels_are_bounded() {
    let mut world = World::new(&config());
    let (user, _) = allocated(&mut world, "alice", Transport::Udp, 40_000);
    let mut codes = Vec::new();
    for n in 0..300_u16 {
        let to = format!("8.8.{}.{}:1", n / 256, n % 256);
        let bind = [channel(0x4000 + n), peer(&to)];
        codes.push(user.request(&mut world, CHANNEL_BIND, &bind).code);
    }
    assert_eq!(codes.iter().filter(|code| code.is_none()).count(), 256);
    assert!(codes[256..].iter().all(|code| *code == Some(508)));
}

#[test]
fn closing_the_connection_ends_the_allocation() {
    let mut world = World::new(&config());
    let (user, port) = allocated(&mut world, "alice", Transport::Tls, 40_000);
    assert_eq!(world.open, [port]);
    world.close(&user.client);
    assert!(world.open.is_empty());
    assert_eq!(world.peer_sends(port, PEER, b"x"), None);
}
