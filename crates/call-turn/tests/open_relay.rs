//! Who may not be relayed to: every way to write a forbidden address, by every way to reach it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scene;

use std::net::SocketAddr;

use call_turn::{Refusal, RelayConfig, Transport};
use scene::*;

/// Forbidden addresses and their disguises.
const FORBIDDEN: [&str; 72] = [
    // Loopback, "this" host, and what systems take for it.
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "::",
    "::1",
    // Private, shared, link-local, metadata.
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "100.100.100.200",
    "169.254.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff::1",
    // Multicast, broadcast, reserved, documentation, benchmarks.
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.7",
    "198.18.0.1",
    "198.19.255.255",
    "192.88.99.1",
    "ff02::1",
    "ff0e::1",
    "2001:db8::7",
    "3fff::1",
    "2001:2::1",
    "100::1",
    "5f00::1",
    "4000::1",
    // Mapped, compatible and translated IPv4 addresses, even those that are public.
    "::ffff:127.0.0.1",
    "::ffff:0.0.0.0",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::10.0.0.1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    // 6to4 of loopback, private, link-local and shared addresses.
    "2002:7f00:1::",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:6440:1::1",
    "2002::1",
    // NAT64, well-known and local.
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::0.0.0.0",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:7f00:0:100::",
    // Teredo, whose clients and servers hide in it.
    "2001:0:7f00:1::1",
    "2001:0:808:808:0:0:80ff:fffe",
    // ISATAP, in whatever prefix.
    "2600::5efe:127.0.0.1",
    "2600::200:5efe:10.0.0.1",
    // The relay's own addresses, bare and disguised: nothing is allocated on this port.
    "2002:c633:6401::1",
    "64:ff9b::198.51.100.1",
    "2600::5efe:198.51.100.1",
];

const ALLOWED: [&str; 9] = [
    "8.8.8.8",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "192.169.0.1",
    "2600::1",
    "2a00:1450::1",
    "64:ff9b::8.8.8.8",
];

struct Try {
    permission: Option<u16>,
    channel: Option<u16>,
    sent: bool,
}

/// Tries to reach a peer by all three ways.
fn reach(world: &mut World, transport: Transport, ip: &str) -> Try {
    let peer = SocketAddr::new(ip.parse().unwrap(), 5000);
    let mut user = User::new("mallory", client(transport, 40_000));
    let both = user.allocate(world, &[(0x8000, vec![2, 0, 0, 0])]);
    assert_eq!(both.relayed().len(), 2);
    let ask = |world: &mut World, method| {
        let transaction = world.transaction();
        let attributes = [channel(0x4000), (0x0012, xor(peer, transaction))];
        let request = user.build(method, &attributes, transaction);
        let sent = world
            .client_sends(user.client, &request)
            .expect("an answer");
        Answer::read(&sent.bytes).code
    };
    let permission = ask(world, CREATE_PERMISSION);
    let channel = ask(world, CHANNEL_BIND);
    let send = indication(world.transaction(), peer, b"canary");
    let by_send = world.client_sends(user.client, &send);
    let by_channel = world.client_sends(user.client, &channel_data(0x4000, b"canary"));
    world.close(&user.client);
    Try {
        permission,
        channel,
        sent: by_send.is_some() || by_channel.is_some(),
    }
}

#[test]
fn no_encoding_of_a_forbidden_address_is_reached() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let mut world = World::new(&patient_config());
        for ip in FORBIDDEN {
            let tried = reach(&mut world, transport, ip);
            assert_eq!(tried.permission, Some(403), "{ip} CreatePermission");
            assert_eq!(tried.channel, Some(403), "{ip} ChannelBind");
            assert!(!tried.sent, "{ip} Send");
        }
    }
}

#[test]
fn the_internet_is_reached() {
    let mut world = World::new(&patient_config());
    for ip in ALLOWED {
        let tried = reach(&mut world, Transport::Udp, ip);
        assert_eq!((tried.permission, tried.channel), (None, None), "{ip}");
        assert!(tried.sent, "{ip}");
    }
}

#[test]
fn of_the_relays_own_host_only_relayed_ports_are_reached() {
    let mut behind_nat = config();
    behind_nat.external_ips = vec!["8.8.4.4".parse().unwrap()];
    for (config, ip) in [
        (config(), "198.51.100.1"),
        (config(), "2001:db8::1"),
        (behind_nat.clone(), "8.8.4.4"),
        (behind_nat, "198.51.100.1"),
    ] {
        let mut world = World::new(&config);
        let tried = reach(&mut world, Transport::Udp, ip);
        // The address is one that relayed addresses have; this port is no allocation's.
        assert_eq!((tried.permission, tried.channel), (None, Some(403)), "{ip}");
        assert!(!tried.sent, "{ip}");
        assert!(world.relay.refusals(Refusal::ForbiddenPeer) > 0);
    }
}

#[test]
fn lists_admit_and_refuse() {
    let with = |allow: &[&str], deny: &[&str], services: &[&str]| {
        let mut config: RelayConfig = config();
        config.peers.allow = allow.iter().map(|net| net.parse().unwrap()).collect();
        config.peers.deny = deny.iter().map(|net| net.parse().unwrap()).collect();
        config.peers.services = services.iter().map(|s| s.parse().unwrap()).collect();
        config
    };
    let cases: [(RelayConfig, &str, bool); 11] = [
        (with(&["10.1.0.0/16"], &[], &[]), "10.1.2.3", true),
        (with(&["10.1.0.0/16"], &[], &[]), "10.2.0.1", false),
        // Allowing IPv4 addresses does not allow their disguises.
        (with(&["10.0.0.0/8"], &[], &[]), "::ffff:10.0.0.1", false),
        (
            with(&["127.0.0.0/8"], &[], &[]),
            "64:ff9b:1::127.0.0.1",
            false,
        ),
        // Nor does allowing all of IPv6 allow the IPv4 addresses within.
        (with(&["::/0"], &[], &[]), "::ffff:127.0.0.1", false),
        (with(&["::/0"], &[], &[]), "fd00::1", true),
        (with(&[], &["8.0.0.0/8"], &[]), "8.8.8.8", false),
        (with(&["8.8.8.0/24"], &["8.0.0.0/8"], &[]), "8.8.8.8", false),
        (with(&[], &["8.0.0.0/8"], &[]), "64:ff9b::8.8.8.8", false),
        (with(&[], &[], &["127.0.0.1:5000"]), "127.0.0.1", true),
        (
            with(&[], &["127.0.0.0/8"], &["127.0.0.1:5000"]),
            "127.0.0.1",
            false,
        ),
    ];
    for (config, ip, reached) in cases {
        let tried = reach(&mut World::new(&config), Transport::Udp, ip);
        assert_eq!(tried.sent, reached, "{ip} with {:?}", config.peers);
    }
    // A service is one port, not its host.
    let config = with(&[], &[], &["127.0.0.1:5001"]);
    let tried = reach(&mut World::new(&config), Transport::Udp, "127.0.0.1");
    assert_eq!((tried.channel, tried.sent), (Some(403), false));
}

#[test]
fn permission_alone_does_not_let_data_pass() {
    // The policy is asked again for every datagram: port 0 of an allowed peer is none.
    let mut world = World::new(&patient_config());
    let mut user = User::new("mallory", client(Transport::Udp, 40_000));
    user.allocate(&mut world, &[]);
    let permission = [peer("8.8.8.8:0")];
    assert!(
        user.request(&mut world, CREATE_PERMISSION, &permission)
            .success
    );
    let send = indication(5, "8.8.8.8:0".parse().unwrap(), b"x");
    assert_eq!(world.client_sends(user.client, &send), None);
}
