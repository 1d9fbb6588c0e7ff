//! Allocations: how they are had, refreshed, refused and lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scene;

use std::time::Duration;

use call_turn::{Family, Refusal, Secret, Target, Transport};
use scene::*;

fn alice(world: &mut World) -> User {
    let mut user = User::new("alice", client(Transport::Udp, 40_000));
    user.greet(world);
    user
}

#[test]
fn an_allocation_has_an_address_a_lifetime_and_ends() {
    let mut world = World::new(&config());
    let mut user = alice(&mut world);
    let answer = user.allocate(&mut world, &[]);
    assert!(answer.success);
    assert_eq!(answer.lifetime(), 600);
    assert_eq!(answer.mapped(), user.client.address);
    let relayed = answer.relayed();
    assert_eq!(relayed.len(), 1);
    assert_eq!(relayed[0].ip().to_string(), "198.51.100.1");
    assert!((49152..=65535).contains(&relayed[0].port()));
    assert_eq!(world.open.len(), 1);

    world.later(Duration::from_secs(599));
    assert_eq!(world.open.len(), 1);
    world.later(Duration::from_secs(1));
    assert!(world.open.is_empty());
    assert_eq!(world.ended.len(), 1);
    assert_eq!(world.ended[0].user.as_str(), "alice");
    assert_eq!(world.ended[0].duration, Duration::from_mins(10));
    assert_eq!(user.request(&mut world, REFRESH, &[]).code, Some(437));
}

#[test]
fn a_retransmission_is_answered_alike_and_another_request_is_refused() {
    let mut world = World::new(&config());
    let user = alice(&mut world);
    let request = user.build(ALLOCATE, &[udp(), (0x0018, vec![0x80])], 77);
    let first = world.client_sends(user.client, &request);
    assert!(Answer::read(&first.as_ref().unwrap().bytes).success);
    world.later(Duration::from_secs(2));
    assert_eq!(world.client_sends(user.client, &request), first);
    assert_eq!(world.open.len(), 1);
    assert_eq!(user.request(&mut world, ALLOCATE, &[udp()]).code, Some(437));
}

#[test]
fn refresh_extends_and_ends() {
    let mut world = World::new(&config());
    let mut user = alice(&mut world);
    user.allocate(&mut world, &[lifetime(1200)]);
    world.later(Duration::from_secs(1000));
    let answer = user.request(&mut world, REFRESH, &[lifetime(1800)]);
    assert_eq!(answer.lifetime(), 1800);
    world.later(Duration::from_secs(1799));
    assert_eq!(world.open.len(), 1);
    let answer = user.request(&mut world, REFRESH, &[lifetime(0)]);
    assert_eq!(answer.lifetime(), 0);
    assert!(world.open.is_empty());
    assert_eq!(user.request(&mut world, REFRESH, &[]).code, Some(437));
}

#[test]
fn lifetimes_are_capped_and_so_is_the_age() {
    let mut config = config();
    config.limits.max_age = Duration::from_secs(5000);
    let mut world = World::new(&config);
    let mut user = User::with(
        "alice",
        client(Transport::Udp, 40_000),
        "new",
        WALL_SECS + 100_000,
    );
    assert_eq!(user.allocate(&mut world, &[lifetime(1)]).lifetime(), 600);
    let most = user.request(&mut world, REFRESH, &[lifetime(u32::MAX)]);
    assert_eq!(most.lifetime(), 3600);
    world.later(Duration::from_mins(50));
    let rest = user.request(&mut world, REFRESH, &[lifetime(3600)]);
    assert_eq!(rest.lifetime(), 2000);
    world.later(Duration::from_secs(2000));
    assert!(world.open.is_empty());
}

#[test]
fn an_expired_credential_opens_nothing_but_keeps_what_it_opened() {
    let mut world = World::new(&config());
    let at = client(Transport::Udp, 40_000);
    let mut user = User::with("alice", at, "new", WALL_SECS + 100);
    assert!(user.allocate(&mut world, &[]).success);
    world.later(Duration::from_secs(100));
    assert!(user.request(&mut world, REFRESH, &[]).success);
    user.request(&mut world, REFRESH, &[lifetime(0)]);
    assert_eq!(user.allocate(&mut world, &[]).code, Some(401));
}

#[test]
fn every_secret_counts_and_no_other() {
    for (secret, code) in [("new", None), ("old", None), ("gone", Some(401))] {
        let mut world = World::new(&config());
        let at = client(Transport::Udp, 40_000);
        let mut user = User::with("alice", at, secret, WALL_SECS + 100);
        assert_eq!(user.allocate(&mut world, &[]).code, code, "{secret}");
    }
}

#[test]
fn nonces_belong_to_a_client_and_a_time() {
    let mut world = World::new(&config());
    let user = alice(&mut world);
    let mut mallory = User::new("mallory", client(Transport::Udp, 40_001));
    mallory.nonce.clone_from(&user.nonce);
    let answer = mallory.request(&mut world, ALLOCATE, &[udp()]);
    assert_eq!(answer.code, Some(438));
    // The answer brings a good one.
    mallory.nonce = answer.value(0x0015).unwrap().to_vec();
    assert!(mallory.allocate(&mut world, &[]).success);

    world.later(Duration::from_secs(3601));
    let stale = user.request(&mut world, ALLOCATE, &[udp()]);
    assert_eq!(stale.code, Some(438));
    for nonce in [&b""[..], b"x", &[b'A'; 24], &[0xff; 24], &[b'A'; 500]] {
        let mut user = User::new("alice", client(Transport::Udp, 40_002));
        user.nonce = nonce.to_vec();
        assert_eq!(user.request(&mut world, ALLOCATE, &[udp()]).code, Some(438));
    }
}

#[test]
fn what_is_missing_or_wrong_has_its_code() {
    let cases: &[(&str, Attributes, u16)] = &[
        ("no transport", vec![], 400),
        ("a short transport", vec![(0x0019, vec![17])], 400),
        ("TCP", vec![(0x0019, vec![6, 0, 0, 0])], 442),
        (
            "an unknown family",
            vec![udp(), (0x0017, vec![3, 0, 0, 0])],
            440,
        ),
        ("an empty family", vec![udp(), (0x0017, vec![])], 400),
        ("an empty EVEN-PORT", vec![udp(), (0x0018, vec![])], 400),
        ("a short token", vec![udp(), (0x0022, vec![1, 2, 3])], 400),
        ("an unknown token", vec![udp(), (0x0022, vec![0; 8])], 508),
        (
            "token and EVEN-PORT",
            vec![udp(), (0x0022, vec![0; 8]), (0x0018, vec![0])],
            400,
        ),
        (
            "token and family",
            vec![udp(), (0x0022, vec![0; 8]), (0x0017, vec![1, 0, 0, 0])],
            400,
        ),
        (
            "both kinds of family",
            vec![
                udp(),
                (0x0017, vec![1, 0, 0, 0]),
                (0x8000, vec![2, 0, 0, 0]),
            ],
            400,
        ),
        (
            "IPv4 in addition",
            vec![udp(), (0x8000, vec![1, 0, 0, 0])],
            400,
        ),
        (
            "a kept port in addition",
            vec![udp(), (0x0018, vec![0x80]), (0x8000, vec![2, 0, 0, 0])],
            400,
        ),
        ("a short lifetime", vec![udp(), (0x000d, vec![1])], 400),
        ("an unknown attribute", vec![udp(), (0x7f01, vec![])], 420),
    ];
    for (what, attributes, code) in cases {
        let mut world = World::new(&config());
        let user = alice(&mut world);
        let answer = user.request(&mut world, ALLOCATE, attributes);
        assert_eq!(answer.code, Some(*code), "{what}");
        assert!(world.open.is_empty(), "{what}");
    }
}

#[test]
fn unknown_attributes_are_listed() {
    let mut world = World::new(&config());
    let user = alice(&mut world);
    let unknown = [
        udp(),
        (0x7f01, vec![1]),
        (0x001e, vec![0; 32]),
        (0xff01, vec![]),
    ];
    let answer = user.request(&mut world, ALLOCATE, &unknown);
    assert_eq!(answer.value(0x000a), Some(&[0x7f, 0x01, 0x00, 0x1e][..]));
}

#[test]
fn a_pair_of_ports_is_kept_for_the_bearer_of_the_token() {
    let mut world = World::new(&config());
    let mut user = alice(&mut world);
    let answer = user.allocate(&mut world, &[(0x0018, vec![0x80])]);
    let port = answer.relayed()[0].port();
    assert_eq!(port % 2, 0);
    let token = answer.value(0x0022).expect("a token").to_vec();

    let mut other = User::new("alice", client(Transport::Udp, 40_001));
    let second = other.allocate(&mut world, &[(0x0022, token.clone())]);
    assert_eq!(second.relayed()[0].port(), port + 1);
    // Once.
    let mut third = User::new("alice", client(Transport::Udp, 40_002));
    let refused = third.allocate(&mut world, &[(0x0022, token)]);
    assert_eq!(refused.code, Some(508));
    // And for half a minute.
    let answer = third.allocate(&mut world, &[(0x0018, vec![0x80])]);
    let token = answer.value(0x0022).expect("a token").to_vec();
    world.later(Duration::from_secs(30));
    let mut fourth = User::new("alice", client(Transport::Udp, 40_003));
    let late = fourth.allocate(&mut world, &[(0x0022, token)]);
    assert_eq!(late.code, Some(508));
}

#[test]
fn both_families_one_family_or_the_reason() {
    let mut world = World::new(&config());
    let mut user = alice(&mut world);
    let both = user.allocate(&mut world, &[(0x8000, vec![2, 0, 0, 0])]);
    let families: Vec<_> = both.relayed().iter().map(|a| Family::of(a.ip())).collect();
    assert_eq!(families, [Family::Ipv4, Family::Ipv6]);
    assert_eq!(world.open.len(), 2);
    // One of two is given up, then there is no such one.
    let ipv6 = || (0x0017, vec![2, 0, 0, 0]);
    let answer = user.request(&mut world, REFRESH, &[lifetime(0), ipv6()]);
    assert!(answer.success);
    assert_eq!(world.open.len(), 1);
    let answer = user.request(&mut world, REFRESH, &[ipv6()]);
    assert_eq!(answer.code, Some(443));

    let mut only = config();
    only.relay_ips.pop();
    let mut world = World::new(&only);
    let mut user = alice(&mut world);
    let one = user.allocate(&mut world, &[(0x8000, vec![2, 0, 0, 0])]);
    assert_eq!(one.relayed().len(), 1);
    assert_eq!(one.value(0x8001).map(|v| &v[..4]), Some(&[2, 0, 4, 40][..]));
    let mut other = User::new("bob", client(Transport::Udp, 40_001));
    assert_eq!(other.allocate(&mut world, &[ipv6()]).code, Some(440));
}

#[test]
fn ports_of_other_programs_are_stepped_over() {
    let mut config = config();
    config.ports = 50_000..=50_003;
    let mut world = World::new(&config);
    world.foreign = vec![50_000, 50_001, 50_002];
    let mut user = alice(&mut world);
    // Sixteen draws of one in four: what they bring is decided by the seed.
    assert_eq!(user.allocate(&mut world, &[]).relayed()[0].port(), 50_003);
    world.foreign.push(50_003);
    let mut other = User::new("bob", client(Transport::Udp, 40_001));
    assert_eq!(other.allocate(&mut world, &[]).code, Some(508));
    // Nothing is lost by it.
    world.foreign.clear();
    for port in 40_002..40_005 {
        let mut other = User::new("bob", client(Transport::Udp, port));
        assert!(other.allocate(&mut world, &[]).success);
    }
    let mut other = User::new("bob", client(Transport::Udp, 40_005));
    assert_eq!(other.allocate(&mut world, &[]).code, Some(508));
}

#[test]
fn quotas_of_users_and_of_all() {
    let mut config = config();
    config.limits.allocations_per_user = 2;
    config.limits.allocations = 3;
    let mut world = World::new(&config);
    let code = |world: &mut World, name: &str, port| {
        let mut user = User::new(name, client(Transport::Udp, port));
        user.allocate(world, &[]).code
    };
    assert_eq!(code(&mut world, "alice", 40_000), None);
    assert_eq!(code(&mut world, "alice", 40_001), None);
    assert_eq!(code(&mut world, "alice", 40_002), Some(486));
    assert_eq!(code(&mut world, "bob", 40_003), None);
    assert_eq!(code(&mut world, "carol", 40_004), Some(508));
    world.close(&client(Transport::Udp, 40_001));
    assert_eq!(code(&mut world, "carol", 40_005), None);
    assert_eq!(world.relay.refusals(Refusal::UserQuota), 1);
    assert_eq!(world.relay.refusals(Refusal::Capacity), 1);
}

#[test]
fn somebody_elses_credential_does_not_open_an_allocation() {
    let mut world = World::new(&config());
    let mut user = alice(&mut world);
    user.allocate(&mut world, &[]);
    let mut bob = User::new("bob", user.client);
    bob.nonce.clone_from(&user.nonce);
    for method in [REFRESH, CREATE_PERMISSION, CHANNEL_BIND] {
        let answer = bob.request(&mut world, method, &[peer("8.8.8.8:53"), channel(0x4000)]);
        assert_eq!(answer.code, Some(441), "{method}");
    }
    assert_eq!(bob.request(&mut world, ALLOCATE, &[udp()]).code, Some(437));
}

#[test]
fn ports_and_tokens_differ_from_seed_to_seed() {
    let port = |seed: u8| {
        let instant = std::time::Instant::now();
        let mut world = World::new(&config());
        world.relay = call_turn::Relay::new(&config(), [seed; 32], instant).unwrap();
        alice(&mut world).allocate(&mut world, &[]).relayed()[0].port()
    };
    let ports: std::collections::BTreeSet<u16> = (0..20).map(port).collect();
    assert!(ports.len() > 15, "{ports:?}");
}

#[test]
fn binding_tells_the_address_to_anybody() {
    let mut world = World::new(&config());
    for (transport, port) in [
        (Transport::Udp, 1),
        (Transport::Tcp, 2),
        (Transport::Tls, 3),
    ] {
        let at = client(transport, port);
        let request = begin(stun_types::message::MessageClass::Request, 1, 5);
        let request = stun_types::message::MessageWrite::finish(request);
        let sent = world.client_sends(at, &request).unwrap();
        assert_eq!(sent.target, Target::Client(at));
        assert_eq!(Answer::read(&sent.bytes).mapped(), at.address);
        assert_eq!(sent.bytes.len(), 32, "and nothing else");
    }
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    use call_turn::{Relay, StartError};
    let start = |config| Relay::new(&config, [0; 32], std::time::Instant::now()).map(drop);
    let mut none = config();
    none.secrets.clear();
    assert!(matches!(start(none), Err(StartError::NoSecret)));
    let mut none = config();
    none.udp.clear();
    assert!(matches!(start(none), Err(StartError::NoListener)));
    let mut realm = config();
    realm.realm.clear();
    assert!(matches!(start(realm), Err(StartError::Realm)));
    let mut two = config();
    two.relay_ips.push("198.51.100.2".parse().unwrap());
    assert!(matches!(start(two), Err(StartError::SecondAddress(_))));
    let mut any = config();
    any.relay_ips = vec!["0.0.0.0".parse().unwrap()];
    assert!(matches!(start(any), Err(StartError::UnusableAddress(_))));
    let mut outside = config();
    outside.relay_ips = vec!["2001:db8::1".parse().unwrap()];
    outside.external_ips = vec!["192.0.2.1".parse().unwrap()];
    assert!(matches!(
        start(outside),
        Err(StartError::NoLocalAddress(Family::Ipv4))
    ));
    assert!(Secret::new("").is_err());
}
