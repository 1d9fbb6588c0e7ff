//! The sample messages of RFC 5769.

use super::attribute::{NONCE, REALM, USERNAME, XOR_MAPPED_ADDRESS};
use super::*;

/// Section 2.1.
const REQUEST: &str = "
    00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74
    00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014
    9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf";
/// Section 2.2.
const IPV4_RESPONSE: &str = "
    0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008
    0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96";
/// Section 2.3.
const IPV6_RESPONSE: &str = "
    01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014
    0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275
    bfe3ed41 80280004 c8fb0b4c";
/// Section 2.4.
const LONG_TERM_REQUEST: &str = "
    00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3
    82b90000 0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b
    6578616d 706c652e 6f726700 00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666";

const SHORT_TERM_PASSWORD: &[u8] = b"VOkJxbRl1RmTxUk/WvJxBt";

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn the_sample_messages_are_read() {
    let request = bytes(REQUEST);
    let message = Message::parse(&request).expect("the fingerprint is right");
    assert_eq!(message.class(), Class::Request);
    assert_eq!(message.method(), Some(Method::Binding));
    assert!(message.has_fingerprint());
    assert_eq!(message.value(USERNAME), Some(&b"evtj:h6vY"[..]));
    assert!(integrity::sealed_with(SHORT_TERM_PASSWORD, &message));
    assert!(!integrity::sealed_with(b"another", &message));
    // PRIORITY is for ICE agents: this server does not understand it.
    assert_eq!(message.unknown().collect::<Vec<_>>(), [0x0024]);
}

#[test]
fn the_sample_responses_are_read_and_their_addresses() {
    for (hex, address) in [
        (IPV4_RESPONSE, "192.0.2.1:32853"),
        (
            IPV6_RESPONSE,
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ] {
        let response = bytes(hex);
        let message = Message::parse(&response).expect("the fingerprint is right");
        assert_eq!(message.class(), Class::Success);
        assert!(integrity::sealed_with(SHORT_TERM_PASSWORD, &message));
        let value = message.value(XOR_MAPPED_ADDRESS).expect("an address");
        let address = address.parse().unwrap();
        assert_eq!(
            read_xor_address(value, message.transaction()),
            Some(address)
        );
        let mut written = [0; MAX_XOR_ADDRESS];
        let length = write_xor_address(&mut written, address, message.transaction());
        assert_eq!(&written[..length], value);
    }
}

#[test]
fn the_sample_of_long_term_credentials_is_sealed() {
    let request = bytes(LONG_TERM_REQUEST);
    let message = Message::parse(&request).expect("a message");
    let username = "\u{30de}\u{30c8}\u{30ea}\u{30c3}\u{30af}\u{30b9}";
    assert_eq!(message.value(USERNAME), Some(username.as_bytes()));
    assert_eq!(
        message.value(NONCE),
        Some(&b"f//499k954d6OL34oL9FSTvy64sA"[..])
    );
    assert_eq!(message.value(REALM), Some(&b"example.org"[..]));
    // The password of the sample is already prepared (SASLprep).
    let key = long_term_key(username, "example.org", "TheMatrIX");
    assert!(key.sealed(&message));
    assert!(!long_term_key(username, "example.org", "TheMatrix").sealed(&message));
}

#[test]
fn what_is_written_is_what_the_samples_are() {
    // The IPv4 response, built anew; its padding of SOFTWARE is spaces, so that part differs.
    let response = bytes(IPV4_RESPONSE);
    let message = Message::parse(&response).unwrap();
    let mut out = Vec::new();
    let kind = message_type(Class::Success, Method::Binding.number());
    let mut writer = Writer::new(&mut out, kind, *message.transaction());
    writer.address(XOR_MAPPED_ADDRESS, "192.0.2.1:32853".parse().unwrap());
    let key = long_term_key("user", "realm", "pass");
    writer.integrity(&key);
    writer.fingerprint();
    assert_eq!(out[..2], response[..2]);
    assert_eq!(out[4..20], response[4..20]);
    assert_eq!(out[20..32], response[36..48]);
    let written = Message::parse(&out).expect("the fingerprint is right");
    assert!(key.sealed(&written));
}
