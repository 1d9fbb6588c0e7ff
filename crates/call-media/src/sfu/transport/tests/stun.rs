use std::net::SocketAddr;

use proptest::prelude::*;
use rtc_srtp::crypto::{HmacAlgorithm, Mac, default_provider};
use stun_types::attribute::{
    AttributeStaticType, ErrorCode, Fingerprint, UnknownAttributes, XorMappedAddress,
};
use stun_types::message::{Message, MessageClass};

use super::check;
use crate::sfu::transport::stun::{self, Check, CheckError};

const LOCAL: (&str, &str) = ("ours", "a password of twenty-two");

fn mac(pwd: &str) -> Box<dyn Mac> {
    let provider = default_provider().unwrap();
    provider
        .crypto()
        .new_hmac(HmacAlgorithm::Sha1, pwd.as_bytes())
        .unwrap()
}

/// RFC 5769 section 2.1.
#[test]
fn the_vector_of_the_rfc() {
    let message: Vec<u8> = [
        "000100582112a442b7e7a701bc34d686fa87dfae",
        "802200105354554e207465737420636c69656e74",
        "002400046e0001ff80290008932ff9b151263b36",
        "000600096576746a3a68367659202020",
        "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2",
        "80280004e57a3bcf",
    ]
    .concat()
    .as_bytes()
    .as_chunks::<2>()
    .0
    .iter()
    .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap())
    .collect();
    let check = Check::read(&message).unwrap();
    assert_eq!(check.username, Some(("evtj", "h6vY")));
    assert_eq!(check.priority, 0x6e00_01ff);
    assert!(check.controlled && !check.use_candidate);
    assert!(check.is_authentic(&mut *mac("VOkJxbRl1RmTxUk/WvJxBt")));
    assert!(!check.is_authentic(&mut *mac("VOkJxbRl1RmTxUk/WvJxBu")));
}

#[test]
fn what_another_implementation_writes_is_read() {
    let written = check::Check::new(LOCAL, "them")
        .nominating()
        .priority(5)
        .write();
    let check = Check::read(&written).unwrap();
    assert_eq!(check.username, Some(("ours", "them")));
    assert_eq!((check.priority, check.use_candidate), (5, true));
    assert!(!check.controlled && check.unknown.is_empty());
    assert!(check.is_authentic(&mut *mac(LOCAL.1)));
}

#[test]
fn another_implementation_reads_what_is_answered() {
    for from in ["192.0.2.7:4711", "[2001:db8::1]:9", "[::ffff:192.0.2.7]:80"] {
        let from: SocketAddr = from.parse().unwrap();
        let written = check::Check::new(LOCAL, "them").write();
        let check = Check::read(&written).unwrap();
        let answer = stun::success(&check, from, &mut *mac(LOCAL.1)).unwrap();
        let message = Message::from_bytes(&answer).unwrap();
        assert!(message.has_class(MessageClass::Success));
        assert!(message.has_attribute(Fingerprint::TYPE));
        message
            .validate_integrity(&check::credentials(LOCAL.1))
            .unwrap();
        let request = Message::from_bytes(&written).unwrap();
        assert_eq!(message.transaction_id(), request.transaction_id());
        let mapped = message.attribute::<XorMappedAddress>().unwrap();
        let mapped = mapped.addr(message.transaction_id());
        assert_eq!(mapped.ip(), from.ip().to_canonical());
        assert_eq!(mapped.port(), from.port());
    }
}

#[test]
fn another_implementation_reads_the_errors() {
    let mut request = check::Check::new(LOCAL, "them");
    request.extra = Some(0x0077);
    let written = request.write();
    let check = Check::read(&written).unwrap();
    assert_eq!(check.unknown, [0x77]);
    for (error, code) in [
        (CheckError::BadRequest, 400),
        (CheckError::Unauthenticated, 401),
        (CheckError::UnknownAttribute, 420),
        (CheckError::RoleConflict, 487),
    ] {
        let answer = stun::error(&check, error, Some(&mut *mac(LOCAL.1))).unwrap();
        let message = Message::from_bytes(&answer).unwrap();
        assert!(message.has_class(MessageClass::Error));
        assert_eq!(message.attribute::<ErrorCode>().unwrap().code(), code);
        message
            .validate_integrity(&check::credentials(LOCAL.1))
            .unwrap();
        let listed = message.attribute::<UnknownAttributes>().is_ok();
        assert_eq!(listed, error == CheckError::UnknownAttribute);
        let unsigned = stun::error(&check, error, None).unwrap();
        assert!(unsigned.len() <= 44);
        Message::from_bytes(&unsigned).unwrap();
    }
}

#[test]
fn what_follows_the_signature_is_not_believed() {
    let mut request = check::Check::new(LOCAL, "them");
    request.fingerprint = false;
    let mut written = request.write();
    // USE-CANDIDATE behind MESSAGE-INTEGRITY, with a FINGERPRINT over all of it.
    written.extend_from_slice(&[0, 0x25, 0, 0]);
    let length = u16::try_from(written.len() - 20 + 8).unwrap();
    written[2..4].copy_from_slice(&length.to_be_bytes());
    let fingerprint = Fingerprint::compute(&[&written]);
    written.extend_from_slice(&[0x80, 0x28, 0, 4]);
    let xor = 0x5354_554e_u32.to_be_bytes();
    written.extend(fingerprint.iter().zip(xor).map(|(a, b)| a ^ b));
    let Some(check) = Check::read(&written) else {
        panic!("it is well-formed");
    };
    assert!(!check.use_candidate);
    assert!(check.is_authentic(&mut *mac(LOCAL.1)));
}

#[test]
fn without_a_fingerprint_it_is_no_check() {
    let mut request = check::Check::new(LOCAL, "them");
    request.fingerprint = false;
    assert_eq!(Check::read(&request.write()), None);
}

proptest! {
    #[test]
    fn garbage_is_no_check(mut datagram in proptest::collection::vec(any::<u8>(), 0..200), seemly: bool) {
        if seemly && datagram.len() >= 20 {
            let length = (datagram.len() - 20) as u16;
            datagram[..2].copy_from_slice(&[0, 1]);
            datagram[2..4].copy_from_slice(&length.to_be_bytes());
            datagram[4..8].copy_from_slice(&0x2112_a442_u32.to_be_bytes());
        }
        prop_assert_eq!(Check::read(&datagram), None);
        let _ = crate::sfu::transport::stun_username(&datagram);
    }

    /// A change anywhere is noticed, by the fingerprint or, when that is made to fit, by the signature.
    #[test]
    fn nothing_can_be_changed_on_the_way(bit in 0..100 * 8_usize) {
        let mut written = check::Check::new(LOCAL, "them").nominating().write();
        prop_assume!(bit / 8 < written.len());
        written[bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(Check::read(&written), None);
    }

    #[test]
    fn any_length_of_a_check_is_read_or_refused(end in 0..120_usize) {
        let written = check::Check::new(LOCAL, "them").write();
        prop_assert_eq!(Check::read(&written[..end.min(written.len())]).is_some(), end >= written.len());
    }
}
