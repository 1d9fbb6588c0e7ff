#![expect(clippy::cast_possible_truncation, reason = "numbers of a test")]

use proptest::prelude::*;
use rtc_srtp::context::Context;
use rtc_srtp::crypto::default_provider;
use rtc_srtp::option::{srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

use super::*;

const PROFILES: [(SrtpProfile, ProtectionProfile); 3] = [
    (SrtpProfile::AeadAes128Gcm, ProtectionProfile::AeadAes128Gcm),
    (SrtpProfile::AeadAes256Gcm, ProtectionProfile::AeadAes256Gcm),
    (
        SrtpProfile::Aes128CmSha1,
        ProtectionProfile::Aes128CmHmacSha1_80,
    ),
];

/// Our end and the other one, by another implementation: what it seals with and what it opens with.
struct Pair {
    server: Srtp,
    seal: Context,
    open: Context,
}

fn pair((ours, theirs): (SrtpProfile, ProtectionProfile)) -> Pair {
    let provider = default_provider().unwrap();
    let exported: Vec<u8> = (0..ours.export_len()).map(|at| (at * 7) as u8).collect();
    let (keys, salts) = exported.split_at(ours.key_len() * 2);
    let context = |key: &[u8], salt: &[u8]| {
        Context::new(
            key,
            salt,
            theirs,
            Some(srtp_replay_protection(1024)),
            Some(srtcp_replay_protection(1024)),
            provider.crypto(),
        )
        .unwrap()
    };
    let (client_key, server_key) = keys.split_at(ours.key_len());
    let (client_salt, server_salt) = salts.split_at(ours.salt_len());
    Pair {
        server: Srtp::new(ours, &exported, provider.crypto()).unwrap(),
        seal: context(client_key, client_salt),
        open: context(server_key, server_salt),
    }
}

/// A client of ours, for what the other implementation cannot do.
fn mirror(profile: SrtpProfile) -> (Srtp, Srtp) {
    let provider = default_provider().unwrap();
    let exported: Vec<u8> = (0..profile.export_len()).map(|at| (at * 3) as u8).collect();
    let make = || Srtp::new(profile, &exported, provider.crypto()).unwrap();
    let (mut client, server) = (make(), make());
    std::mem::swap(&mut client.inbound, &mut client.outbound);
    (client, server)
}

fn rtp(ssrc: u32, sequence_number: u16, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x90, 96];
    packet.extend_from_slice(&sequence_number.to_be_bytes());
    packet.extend_from_slice(&7_u32.to_be_bytes());
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x10, 1, 0, 0]);
    packet.extend_from_slice(payload);
    packet
}

fn rtcp(ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 205, 0, 1];
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(body);
    packet
}

#[test]
fn another_implementation_understands_both_ways() {
    for profile in PROFILES {
        let mut pair = pair(profile);
        for sequence_number in [65_533_u16, 65_535, 65_534, 0, 1, 3, 2, 30_000, 60_000, 100] {
            let clear = rtp(9, sequence_number, b"the payload of a packet");
            let mut sealed = pair.seal.encrypt_rtp(&clear).unwrap().to_vec();
            let length = pair.server.unprotect_rtp(&mut sealed).unwrap();
            assert_eq!(sealed[..length], clear, "{profile:?} {sequence_number}");

            let mut sealed = clear.clone();
            pair.server.protect_rtp(&mut sealed, 0).unwrap();
            assert_ne!(sealed[..clear.len()], clear);
            let opened = pair.open.decrypt_rtp(&sealed).unwrap();
            assert_eq!(opened, clear, "{profile:?} {sequence_number}");
        }
        for round in 0..3 {
            let clear = rtcp(9, &[round; 12]);
            let mut sealed = pair.seal.encrypt_rtcp(&clear).unwrap().to_vec();
            let length = pair.server.unprotect_rtcp(&mut sealed).unwrap();
            assert_eq!(sealed[..length], clear);

            let mut sealed = clear.clone();
            pair.server.protect_rtcp(&mut sealed, 0).unwrap();
            assert_eq!(pair.open.decrypt_rtcp(&sealed).unwrap(), clear);
        }
    }
}

#[test]
fn a_batch_is_sealed_behind_what_is_there() {
    for profile in PROFILES {
        let mut pair = pair(profile);
        let mut batch = Vec::new();
        let mut ends = Vec::new();
        for sequence_number in 0..5 {
            let start = batch.len();
            batch.extend_from_slice(&rtp(1, sequence_number, &[3; 50]));
            pair.server.protect_rtp(&mut batch, start).unwrap();
            ends.push((start, batch.len()));
        }
        for (sequence_number, (start, end)) in (0..).zip(ends) {
            let opened = pair.open.decrypt_rtp(&batch[start..end]).unwrap();
            assert_eq!(opened, rtp(1, sequence_number, &[3; 50]));
        }
    }
}

#[test]
fn what_was_seen_is_not_taken_again() {
    for (profile, _) in PROFILES {
        let (mut client, mut server) = mirror(profile);
        let mut packets = Vec::new();
        for sequence_number in 0..3000_u16 {
            let mut packet = rtp(5, sequence_number, b"x");
            client.protect_rtp(&mut packet, 0).unwrap();
            packets.push(packet);
        }
        for at in [10, 0, 2999, 2999 - 1900, 1500] {
            let fresh = &packets[at];
            server.unprotect_rtp(&mut fresh.clone()).unwrap();
            let again = server.unprotect_rtp(&mut fresh.clone());
            assert_eq!(again, Err(SrtpRefusal::Replayed));
        }
        let too_old = server.unprotect_rtp(&mut packets[900].clone());
        assert_eq!(too_old, Err(SrtpRefusal::Replayed));

        let mut report = rtcp(5, b"body");
        client.protect_rtcp(&mut report, 0).unwrap();
        server.unprotect_rtcp(&mut report.clone()).unwrap();
        let again = server.unprotect_rtcp(&mut report);
        assert_eq!(again, Err(SrtpRefusal::Replayed));
    }
}

#[test]
fn an_index_is_never_sealed_twice() {
    for (profile, _) in PROFILES {
        let (_, mut server) = mirror(profile);
        let mut send = |sequence_number| {
            let mut buffer = b"before".to_vec();
            buffer.extend_from_slice(&rtp(5, sequence_number, b"x"));
            let sent = server.protect_rtp(&mut buffer, 6);
            assert_eq!(
                sent.is_err(),
                buffer == b"before",
                "nothing leaves in clear"
            );
            sent
        };
        assert_eq!(send(7), Ok(()));
        assert_eq!(send(7), Err(SendError::Repeated));
        assert_eq!(send(1000), Ok(()));
        assert_eq!(send(999), Ok(()));
        assert_eq!(send(40), Err(SendError::Repeated));
        assert_eq!(send(65_000), Err(SendError::KeyExhausted));
    }
}

#[test]
fn strangers_leave_no_trace_and_peers_a_bounded_one() {
    for (profile, _) in PROFILES {
        let (mut client, mut server) = mirror(profile);
        for ssrc in 0..1000 {
            let forged = server.unprotect_rtp(&mut rtp(ssrc, 1, &[0; 40]));
            assert_eq!(forged, Err(SrtpRefusal::Unauthentic));
            let mut forged = rtcp(ssrc, &[0; 40]);
            let end = forged.len();
            forged[end - 14] = 0x80;
            forged[end - 4] = 0x80;
            assert_eq!(
                server.unprotect_rtcp(&mut forged),
                Err(SrtpRefusal::Unauthentic)
            );
        }
        assert!(server.rtp_seen.ssrcs.is_empty() && server.rtcp_seen.ssrcs.is_empty());

        for ssrc in 0..80 {
            let mut packet = rtp(ssrc, 1, b"x");
            client.protect_rtp(&mut packet, 0).unwrap();
            let taken = server.unprotect_rtp(&mut packet).is_ok();
            assert_eq!(taken, ssrc < 64);
        }
        let mut known = rtp(3, 2, b"x");
        client.protect_rtp(&mut known, 0).unwrap();
        assert!(server.unprotect_rtp(&mut known).is_ok());
    }
}

#[test]
fn a_forged_jump_does_not_move_the_rollover_counter() {
    for (profile, _) in PROFILES {
        let (mut client, mut server) = mirror(profile);
        let mut first = rtp(5, 100, b"x");
        client.protect_rtp(&mut first, 0).unwrap();
        server.unprotect_rtp(&mut first).unwrap();
        let forged = server.unprotect_rtp(&mut rtp(5, 30_000, &[0; 40]));
        assert_eq!(forged, Err(SrtpRefusal::Unauthentic));
        let mut next = rtp(5, 101, b"x");
        client.protect_rtp(&mut next, 0).unwrap();
        assert!(server.unprotect_rtp(&mut next).is_ok());
    }
}

#[test]
fn rtcp_without_encryption_is_refused() {
    for (profile, _) in PROFILES {
        let (mut client, mut server) = mirror(profile);
        let mut report = rtcp(5, &[1; 20]);
        client.protect_rtcp(&mut report, 0).unwrap();
        let end = report.len();
        let word = match profile {
            SrtpProfile::Aes128CmSha1 => end - 14,
            SrtpProfile::AeadAes128Gcm | SrtpProfile::AeadAes256Gcm => end - 4,
        };
        report[word] &= 0x7f;
        assert_eq!(
            server.unprotect_rtcp(&mut report),
            Err(SrtpRefusal::Malformed)
        );
    }
}

#[test]
fn a_used_up_rtcp_key_is_used_no_more() {
    let (_, mut server) = mirror(SrtpProfile::AeadAes128Gcm);
    server.rtcp_next = RTCP_ENCRYPTED - 1;
    assert_eq!(server.protect_rtcp(&mut rtcp(5, b"last"), 0), Ok(()));
    assert_eq!(
        server.protect_rtcp(&mut rtcp(5, b"none"), 0),
        Err(SendError::KeyExhausted)
    );
}

proptest! {
    #[test]
    fn garbage_is_refused(mut packet in proptest::collection::vec(any::<u8>(), 0..200), which in 0..3_usize) {
        let (_, mut server) = mirror(PROFILES[which].0);
        prop_assert!(server.unprotect_rtp(&mut packet.clone()).is_err());
        prop_assert!(server.unprotect_rtcp(&mut packet).is_err());
    }

    #[test]
    fn what_is_no_packet_is_not_sealed(packet in proptest::collection::vec(any::<u8>(), 0..40), start in 0..60_usize) {
        let (_, mut server) = mirror(SrtpProfile::AeadAes128Gcm);
        let mut buffer = packet.clone();
        if server.protect_rtp(&mut buffer, start).is_err() {
            prop_assert_eq!(&buffer[..], &packet[..start.min(packet.len())]);
        }
    }

    /// One flipped bit anywhere, and it is not taken.
    #[test]
    fn nothing_can_be_changed_on_the_way(bit in 0..600_usize, which in 0..3_usize, control: bool) {
        let (mut client, mut server) = mirror(PROFILES[which].0);
        let mut packet = if control { rtcp(5, &[4; 60]) } else { rtp(5, 9, &[4; 60]) };
        if control {
            client.protect_rtcp(&mut packet, 0).unwrap();
        } else {
            client.protect_rtp(&mut packet, 0).unwrap();
        }
        packet[bit / 8] ^= 1 << (bit % 8);
        let taken = if control { server.unprotect_rtcp(&mut packet) } else { server.unprotect_rtp(&mut packet) };
        prop_assert!(taken.is_err());
    }
}
