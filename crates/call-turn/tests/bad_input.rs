//! Input that is wrong: answered as the RFCs say, or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scene;

use std::time::Duration;

use call_turn::{Refusal, Transport};
use scene::*;
use stun_types::message::{MessageClass, MessageWrite, MessageWriteExt};

fn binding() -> Vec<u8> {
    let mut message = begin(MessageClass::Request, 1, 0x1234);
    message.add_fingerprint().unwrap();
    message.finish()
}

/// A client that is allowed to ask as often as it likes.
fn patient() -> World {
    World::new(&patient_config())
}

#[test]
fn whatever_is_cut_is_dropped() {
    let mut world = patient();
    let mut user = User::new("alice", client(Transport::Udp, 40_000));
    user.greet(&mut world);
    let send = indication(3, "8.8.8.8:1".parse().unwrap(), b"data");
    let allocate = user.build(ALLOCATE, &[udp()], 4);
    for whole in [binding(), send, allocate] {
        for length in 0..whole.len() {
            let cut = world.client_sends(user.client, &whole[..length]);
            assert_eq!(cut, None, "{length} of {}", whole.len());
        }
        let longer = [&whole[..], &[0; 4]].concat();
        assert_eq!(world.client_sends(user.client, &longer), None);
    }
    assert!(world.open.is_empty());
}

#[test]
fn a_flipped_bit_never_opens_anything() {
    let mut world = patient();
    let mut user = User::new("alice", client(Transport::Udp, 40_000));
    user.greet(&mut world);
    let request = user.build(ALLOCATE, &[udp()], 4);
    // A fingerprint that is none any more is an attribute without protection, and ignored.
    for bit in 0..(request.len() - 8) * 8 {
        let mut flipped = request.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        // The fingerprint tells; where it is no longer one, the integrity does.
        if let Some(sent) = world.client_sends(user.client, &flipped) {
            let code = Answer::read(&sent.bytes).code;
            assert!(matches!(code, Some(400 | 401 | 438)), "bit {bit}: {code:?}");
        }
        assert!(world.open.is_empty(), "bit {bit}");
    }
    // Without it, it is the integrity that tells.
    let bare = &request[..request.len() - 8];
    for bit in 32..bare.len() * 8 {
        let mut flipped = bare.to_vec();
        let length = u16::try_from(bare.len() - 20).unwrap();
        flipped[2..4].copy_from_slice(&length.to_be_bytes());
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = world.client_sends(user.client, &flipped);
        assert!(world.open.is_empty(), "bit {bit}");
    }
}

#[test]
fn lying_lengths_are_dropped() {
    let mut world = patient();
    let at = client(Transport::Udp, 40_000);
    let mut message = begin(MessageClass::Request, 1, 1);
    add(&mut message, 0x8022, b"12345678");
    let whole = message.finish();
    for lie in [0, 4, 9, 11, 13, 0xffff] {
        let mut bytes = whole.clone();
        bytes[2..4].copy_from_slice(&u16::to_be_bytes(lie));
        assert_eq!(world.client_sends(at, &bytes), None, "message {lie}");
        let mut bytes = whole.clone();
        bytes[22..24].copy_from_slice(&u16::to_be_bytes(lie));
        let expected = (5..=8).contains(&lie);
        assert_eq!(
            world.client_sends(at, &bytes).is_some(),
            expected,
            "attribute {lie}"
        );
    }
    for frame in [
        &[0x40, 0, 0, 1][..],
        &[0x40, 0, 0xff, 0xff, 1],
        &[0x40],
        &[0x7f, 0xff],
    ] {
        assert_eq!(world.client_sends(at, frame), None);
    }
    assert_eq!(world.client_sends(at, &[]), None);
}

#[test]
fn a_wrong_cookie_fingerprint_or_class_is_dropped() {
    let mut world = patient();
    let at = client(Transport::Udp, 40_000);
    assert!(world.client_sends(at, &binding()).is_some());
    let mut bytes = binding();
    bytes[4] ^= 1;
    assert_eq!(world.client_sends(at, &bytes), None);
    let mut bytes = binding();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(world.client_sends(at, &bytes), None);
    for class in [
        MessageClass::Indication,
        MessageClass::Success,
        MessageClass::Error,
    ] {
        let message = begin(class, 1, 1).finish();
        assert_eq!(world.client_sends(at, &message), None);
    }
    // Methods that there are not: Send and Data requests, RFC 6062's Connect, nonsense.
    for method in [0, 2, 6, 7, 10, 0xfff] {
        let message = begin(MessageClass::Request, method, 1).finish();
        assert_eq!(world.client_sends(at, &message), None, "{method}");
    }
}

#[test]
fn an_attribute_behind_the_fingerprint_is_no_message() {
    let mut world = patient();
    let mut message = begin(MessageClass::Request, 1, 1);
    message.add_fingerprint().unwrap();
    add(&mut message, 0x8022, b"x");
    let at = client(Transport::Udp, 40_000);
    assert_eq!(world.client_sends(at, &message.finish()), None);
}

#[test]
fn what_follows_the_integrity_does_not_count() {
    let mut world = patient();
    let mut user = User::new("alice", client(Transport::Udp, 40_000));
    user.greet(&mut world);
    let whole = user.build(ALLOCATE, &[], 4);
    // REQUESTED-TRANSPORT smuggled in between integrity and fingerprint.
    let mut bytes = [&whole[..whole.len() - 8], &[0, 0x19, 0, 4, 17, 0, 0, 0]].concat();
    let length = u16::try_from(bytes.len() - 20).unwrap();
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    let answer = world.client_sends(user.client, &bytes).unwrap();
    assert_eq!(Answer::read(&answer.bytes).code, Some(400));
    assert!(world.open.is_empty());
}

#[test]
fn credentials_are_asked_for_in_order() {
    let mut world = patient();
    let mut user = User::new("alice", client(Transport::Udp, 40_000));
    user.greet(&mut world);
    // Integrity without the rest.
    let mut message = begin(MessageClass::Request, ALLOCATE, 2);
    add(&mut message, 0x0019, &[17, 0, 0, 0]);
    add(&mut message, 0x0008, &[0; 20]);
    let answer = world.client_sends(user.client, &message.finish()).unwrap();
    assert_eq!(Answer::read(&answer.bytes).code, Some(400));
    // Names that are none.
    for name in [
        "",
        "alice",
        ":alice",
        "x:alice",
        "99999999999999999999:alice",
        "1790003600:",
    ] {
        let mut odd = User::new("alice", user.client);
        odd.nonce.clone_from(&user.nonce);
        odd.username = name.to_owned();
        odd.password = call_turn::Secret::new("new").unwrap().password(name);
        assert_eq!(
            odd.request(&mut world, ALLOCATE, &[udp()]).code,
            Some(401),
            "{name}"
        );
    }
    let mut wrong = User::new("alice", user.client);
    wrong.nonce.clone_from(&user.nonce);
    wrong.password.push('x');
    assert_eq!(
        wrong.request(&mut world, ALLOCATE, &[udp()]).code,
        Some(401)
    );
    assert!(world.open.is_empty());
}

#[test]
fn a_replay_from_elsewhere_or_later_opens_nothing() {
    let mut world = patient();
    let mut user = User::new("alice", client(Transport::Udp, 40_000));
    user.greet(&mut world);
    let request = user.build(ALLOCATE, &[udp()], 4);
    let elsewhere = client(Transport::Udp, 40_001);
    let answer = world.client_sends(elsewhere, &request).unwrap();
    assert_eq!(Answer::read(&answer.bytes).code, Some(438));
    let other_way = client(Transport::Tcp, 40_000);
    let answer = world.client_sends(other_way, &request).unwrap();
    assert_eq!(Answer::read(&answer.bytes).code, Some(438));
    world.later(Duration::from_secs(3601));
    let answer = world.client_sends(user.client, &request).unwrap();
    assert_eq!(Answer::read(&answer.bytes).code, Some(438));
    assert!(world.open.is_empty());
}

#[test]
fn over_the_cap_answers_are_no_larger_than_requests() {
    let mut world = World::new(&config());
    let request = begin(MessageClass::Request, ALLOCATE, 1).finish();
    let (mut bytes_in, mut bytes_out, mut answers) = (0, 0, 0);
    for port in 1..=10_000 {
        bytes_in += request.len();
        if let Some(sent) = world.client_sends(client(Transport::Udp, port), &request) {
            answers += 1;
            bytes_out += sent.bytes.len();
        }
    }
    assert_eq!(answers, 50);
    assert!(bytes_out < bytes_in / 20);
    assert_eq!(world.relay.refusals(Refusal::SourceLimit), 9_950);
    // Long requests are answered all the same: there is nothing to gain.
    let mut long = begin(MessageClass::Request, ALLOCATE, 1);
    add(&mut long, 0x8022, &[b'x'; 200]);
    let long = long.finish();
    let answer = world
        .client_sends(client(Transport::Udp, 1), &long)
        .unwrap();
    assert!(answer.bytes.len() <= long.len());
    // Other sources are not concerned, and a second later this one neither.
    let mut other = client(Transport::Udp, 1);
    other.address.set_ip("192.0.2.11".parse().unwrap());
    assert!(world.client_sends(other, &request).is_some());
    world.later(Duration::from_secs(1));
    assert!(
        world
            .client_sends(client(Transport::Udp, 1), &request)
            .is_some()
    );
}

#[test]
fn over_the_cap_connections_are_closed() {
    let mut world = World::new(&config());
    let at = client(Transport::Tcp, 1);
    let request = begin(MessageClass::Request, ALLOCATE, 1).finish();
    for _ in 0..51 {
        let _ = world.client_sends(at, &request);
    }
    assert_eq!(world.closed, [at]);
}

#[test]
fn answers_to_strangers_are_short() {
    let mut world = World::new(&config());
    let request = begin(MessageClass::Request, ALLOCATE, 1).finish();
    let sent = world
        .client_sends(client(Transport::Udp, 1), &request)
        .unwrap();
    assert!(sent.bytes.len() <= 80, "{} bytes", sent.bytes.len());
}
