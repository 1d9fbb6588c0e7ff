use proptest::prelude::*;

use super::check::Check;
use crate::sfu::transport::demux::{DatagramKind, classify};
use crate::sfu::transport::stun_username;

/// RFC 7983 section 7, RFC 5761 section 4.
#[test]
fn the_first_bytes_tell_the_protocol() {
    for first in 0..=255 {
        let mut datagram = vec![first; 40];
        datagram[1] = 111;
        datagram[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        let expected = match first {
            0..=3 => DatagramKind::Stun,
            20..=63 => DatagramKind::Dtls,
            128..=191 => DatagramKind::Rtp,
            _ => DatagramKind::Unknown,
        };
        assert_eq!(classify(&datagram), expected, "{first}");
    }
    for second in 0..=255 {
        let mut datagram = [0x80; 40];
        datagram[1] = second;
        let is_rtcp = (192..=223).contains(&second);
        assert_eq!(classify(&datagram) == DatagramKind::Rtcp, is_rtcp);
    }
}

#[test]
fn what_is_too_short_is_nothing() {
    let mut check = Check::new(("ours", "a password of twenty-two"), "them").write();
    for (mut datagram, least) in [
        (std::mem::take(&mut check), 20),
        (vec![22; 40], 13),
        (vec![0x80; 40], 12),
        ([vec![0x80, 200], vec![0; 40]].concat(), 8),
    ] {
        while !datagram.is_empty() {
            let is_known = classify(&datagram) != DatagramKind::Unknown;
            assert_eq!(is_known, datagram.len() >= least);
            datagram.pop();
        }
        assert_eq!(classify(&datagram), DatagramKind::Unknown);
    }
    let mut other_cookie = vec![0; 40];
    other_cookie[4] = 1;
    assert_eq!(classify(&other_cookie), DatagramKind::Unknown);
}

#[test]
fn a_check_says_whom_it_asks() {
    let check = Check::new(("ours", "a password of twenty-two"), "them");
    assert_eq!(stun_username(&check.write()), Some("ours"));
    let unnamed = Check {
        username: None,
        ..check.clone()
    };
    assert_eq!(stun_username(&unnamed.write()), None);
    let nameless = Check {
        username: Some("no colon".to_owned()),
        ..check.clone()
    };
    assert_eq!(stun_username(&nameless.write()), None);
    let mut answer = check.write();
    answer[0] = 1;
    assert_eq!(stun_username(&answer), None);
}

proptest! {
    #[test]
    fn garbage_breaks_nothing(mut datagram in proptest::collection::vec(any::<u8>(), 0..300), seemly: bool) {
        if seemly && datagram.len() >= 20 {
            datagram[..2].copy_from_slice(&[0, 1]);
            datagram[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        }
        let _ = classify(&datagram);
        let _ = stun_username(&datagram);
    }

    #[test]
    fn a_check_cut_off_names_the_same_or_nobody(end in 0..150_usize) {
        let check = Check::new(("ours", "a password of twenty-two"), "them").write();
        let named = stun_username(&check[..end.min(check.len())]);
        prop_assert!(matches!(named, None | Some("ours")));
    }
}
