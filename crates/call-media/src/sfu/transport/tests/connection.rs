use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Profile;
use rtc_sctp::PayloadProtocolIdentifier as Ppi;

use super::browser::{Browser, Habits};
use super::network::{Network, Quality, Towards};
use super::path;
use crate::sfu::transport::{
    Certificate, Fingerprint, Link, Path, Received, RemoteError, RemoteParameters, SendError,
    Transport, TransportCounters, TransportEvent, TransportState,
};

/// A transport and a browser on both ends of a network.
struct Call {
    now: Instant,
    net: Network,
    server: Transport,
    browser: Browser,
    /// Media that the server got.
    media: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
    states: Vec<TransportState>,
    events: Vec<TransportEvent>,
}

impl Call {
    fn new(quality: Quality, habits: Habits) -> Self {
        let now = Instant::now();
        let certificate = Arc::new(Certificate::generate().unwrap());
        Self {
            now,
            net: Network::new(quality),
            server: Transport::new(certificate, 5, now),
            browser: Browser::new(now, habits),
            media: Vec::new(),
            messages: Vec::new(),
            states: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The offer is answered; the server learns of it or not.
    fn offer(&mut self) -> RemoteParameters {
        let offer = self.server.local_parameters();
        self.browser.answer(self.now, offer)
    }

    fn negotiated(quality: Quality) -> Self {
        let mut call = Self::new(quality, Habits::default());
        let answer = call.offer();
        call.server.set_remote(answer).unwrap();
        call
    }

    fn connected(quality: Quality) -> Self {
        let mut call = Self::negotiated(quality);
        call.run(Duration::from_secs(3));
        assert!(call.server.is_connected() && call.browser.is_connected());
        call
    }

    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.until(end, |_| false);
    }

    /// Lets the time go by until then, or until something is so. Tells whether it is.
    fn until(&mut self, end: Instant, is_so: impl Fn(&Self) -> bool) -> bool {
        loop {
            self.collect();
            if is_so(self) {
                return true;
            }
            let next = [
                self.net.next(),
                self.server.poll_timeout(),
                self.browser.poll_timeout(),
            ];
            match next.into_iter().flatten().min() {
                Some(at) if at <= end => self.now = self.now.max(at),
                _ => break,
            }
            self.server.handle_timeout(self.now);
            self.browser.handle_timeout(self.now);
            while let Some((towards, path, mut datagram)) = self.net.receive(self.now) {
                match towards {
                    Towards::Browser => self.browser.handle(self.now, &datagram),
                    Towards::Server => self.deliver(path, &mut datagram),
                }
            }
        }
        self.now = end;
        false
    }

    fn deliver(&mut self, path: Path, datagram: &mut [u8]) {
        match self.server.handle(self.now, path, datagram) {
            Received::Nothing => {}
            Received::Rtp(packet) | Received::Rtcp(packet) => self.media.push(packet.to_vec()),
        }
    }

    fn collect(&mut self) {
        while let Some((path, datagram)) = self.server.poll_transmit() {
            self.net.send(self.now, Towards::Browser, path, &datagram);
        }
        while let Some((path, datagram)) = self.browser.poll_transmit() {
            self.net.send(self.now, Towards::Server, path, &datagram);
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                TransportEvent::State(state) => self.states.push(state),
                TransportEvent::Message(message) => self.messages.push(message.data.to_vec()),
                other => self.events.push(other),
            }
        }
    }

    fn send_rtp(&mut self, sequence_number: u16) -> Vec<u8> {
        let clear = rtp(sequence_number);
        let sealed = self.browser.seal_rtp(&clear);
        self.browser.send(sealed);
        clear
    }
}

fn rtp(sequence_number: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 111];
    packet.extend_from_slice(&sequence_number.to_be_bytes());
    packet.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 2]);
    packet.extend_from_slice(b"payload of a packet");
    packet
}

fn rtcp() -> Vec<u8> {
    vec![0x80, 201, 0, 1, 0, 0, 0, 2]
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn connections_move_between_threads_and_share_a_certificate() {
    fn moves<T: Send>() {}
    fn is_shared<T: Send + Sync>() {}
    moves::<Transport>();
    is_shared::<Certificate>();
}

#[test]
fn a_peer_connects_talks_and_leaves() {
    let mut call = Call::connected(Quality::PERFECT);
    assert_eq!(
        call.states,
        [TransportState::Connecting, TransportState::Connected]
    );
    assert_eq!(
        call.events,
        [
            TransportEvent::PathAdded(path(4000)),
            TransportEvent::PathSelected(path(4000)),
            TransportEvent::ChannelOpen,
        ]
    );
    assert_eq!(call.server.selected_path(), Some(path(4000)));

    let sent = call.send_rtp(1);
    let report = call.browser.seal_rtcp(&rtcp());
    call.browser.send(report);
    let mut batch = Vec::new();
    for clear in [rtp(7), rtp(8)] {
        let start = batch.len();
        batch.extend_from_slice(&clear);
        call.server.protect_rtp(&mut batch, start).unwrap();
        call.browser.handle(call.now, &batch[start..]);
    }
    let start = batch.len();
    batch.extend_from_slice(&rtcp());
    call.server.protect_rtcp(&mut batch, start).unwrap();
    call.browser.handle(call.now, &batch[start..]);
    call.server
        .send_message(call.now, b"to the browser", false)
        .unwrap();
    let sctp = call.browser.sctp.as_mut().unwrap();
    sctp.send(call.now, 1, Ppi::Binary, b"to the server");
    call.browser.handle_timeout(call.now);
    call.run(seconds(1));

    assert_eq!(call.media, [sent, rtcp()]);
    assert_eq!(call.browser.media, [rtp(7), rtp(8), rtcp()]);
    assert_eq!(call.messages, [b"to the server"]);
    let received = &call.browser.sctp.as_ref().unwrap().received;
    assert_eq!(received[0].2, b"to the browser");
    assert_eq!(call.server.counters(), TransportCounters::default());

    call.browser.close(call.now);
    call.run(seconds(1));
    assert_eq!(call.server.state(), TransportState::Closed);
    assert!(!call.server.is_connected());
    let mut packet = rtp(9);
    assert_eq!(
        call.server.protect_rtp(&mut packet, 0),
        Err(SendError::NotConnected)
    );
    assert!(packet.is_empty());
    assert_eq!(call.server.poll_timeout(), None);
}

#[test]
fn a_server_that_leaves_says_so() {
    let mut call = Call::connected(Quality::PERFECT);
    call.server.close(call.now);
    call.run(seconds(1));
    assert!(call.browser.is_closed);
    assert_eq!(call.server.state(), TransportState::Closed);
}

#[test]
fn a_bad_network_only_takes_longer() {
    for seed in 0..12 {
        let mut call = Call::negotiated(Quality::bad(seed));
        let end = call.now + seconds(25);
        assert!(
            call.until(end, |call| call.browser.is_connected()
                && call.server.is_connected()),
            "seed {seed}: {:?}",
            call.server.state()
        );
        let end = call.now + seconds(60);
        assert!(
            call.until(end, |call| call
                .events
                .contains(&TransportEvent::ChannelOpen)),
            "seed {seed}"
        );
        for number in 0..20_u16 {
            let message = vec![number as u8; 3000];
            call.server.send_message(call.now, &message, true).unwrap();
            let sctp = call.browser.sctp.as_mut().unwrap();
            sctp.send(call.now, 1, Ppi::Binary, &message);
            call.browser.handle_timeout(call.now);
            call.send_rtp(number);
            call.run(Duration::from_millis(20));
        }
        let end = call.now + seconds(200);
        let is_there = |call: &Call| {
            call.messages.len() == 20 && call.browser.sctp.as_ref().unwrap().received.len() == 20
        };
        assert!(
            call.until(end, is_there),
            "seed {seed}: {} {}",
            call.messages.len(),
            call.browser.sctp.as_ref().unwrap().received.len()
        );
        for (number, message) in (0..).zip(&call.messages) {
            assert_eq!(*message, vec![number; 3000], "in order");
        }
        assert!(
            call.media.len() > 5 && call.media.len() <= 20,
            "{}",
            call.media.len()
        );
        assert!(
            !call.states.contains(&TransportState::Failed),
            "seed {seed}"
        );
    }
}

#[test]
fn every_profile_works_and_the_fastest_is_preferred() {
    let (gcm_128, gcm_256, cm) = (
        Profile::Srtp_Aead_Aes_128_Gcm,
        Profile::Srtp_Aead_Aes_256_Gcm,
        Profile::Srtp_Aes128_Cm_Hmac_Sha1_80,
    );
    for (profiles, expected) in [
        (vec![cm, gcm_256, gcm_128], gcm_128),
        (vec![cm, gcm_256], gcm_256),
        (vec![cm], cm),
    ] {
        let mut call = Call::new(
            Quality::PERFECT,
            Habits {
                profiles,
                ..Habits::default()
            },
        );
        let answer = call.offer();
        call.server.set_remote(answer).unwrap();
        call.run(seconds(3));
        assert_eq!(call.browser.profile, Some(expected));
        let clear = call.send_rtp(1);
        let mut sealed = rtp(3);
        call.server.protect_rtp(&mut sealed, 0).unwrap();
        call.browser.handle(call.now, &sealed);
        call.run(seconds(1));
        assert_eq!(call.media, [clear]);
        assert_eq!(call.browser.media, [rtp(3)]);
    }
}

#[test]
fn without_a_common_profile_or_a_certificate_there_is_no_call() {
    let none_in_common = Habits {
        profiles: vec![Profile::Srtp_Aes128_Cm_Hmac_Sha1_32],
        ..Habits::default()
    };
    let no_media = Habits {
        profiles: Vec::new(),
        ..Habits::default()
    };
    let no_certificate = Habits {
        has_certificate: false,
        ..Habits::default()
    };
    for habits in [none_in_common, no_media, no_certificate] {
        let mut call = Call::new(Quality::PERFECT, habits);
        let answer = call.offer();
        call.server.set_remote(answer).unwrap();
        call.run(seconds(40));
        assert_eq!(call.server.state(), TransportState::Failed);
        assert!(!call.server.is_connected());
    }
}

#[test]
fn media_waits_for_the_answer_and_for_the_right_certificate() {
    let mut call = Call::new(Quality::PERFECT, Habits::default());
    let answer = call.offer();
    call.run(seconds(3));
    assert!(call.browser.is_connected());
    assert_eq!(call.server.state(), TransportState::Connecting);
    call.send_rtp(1);
    call.run(seconds(1));
    assert!(call.media.is_empty());
    assert_eq!(call.server.counters().srtp, 1);
    let mut packet = rtp(1);
    assert_eq!(
        call.server.protect_rtp(&mut packet, 0),
        Err(SendError::NotConnected)
    );

    assert!(call.server.counters().channel > 0);
    assert!(!call.browser.sctp.as_ref().unwrap().is_connected);

    call.server.set_remote(answer.clone()).unwrap();
    assert_eq!(call.server.state(), TransportState::Connected);
    let clear = call.send_rtp(2);
    call.run(seconds(5));
    assert_eq!(call.media, [clear]);
    assert!(call.events.contains(&TransportEvent::ChannelOpen));

    // Later answers say the same.
    call.server.set_remote(answer.clone()).unwrap();
    let other_certificate = RemoteParameters {
        fingerprints: vec![Fingerprint::from([1; 32])],
        ..answer.clone()
    };
    let other_ufrag = RemoteParameters {
        ufrag: "others".to_owned(),
        ..answer
    };
    assert_eq!(
        call.server.set_remote(other_certificate),
        Err(RemoteError::Certificate)
    );
    assert_eq!(
        call.server.set_remote(other_ufrag),
        Err(RemoteError::Changed)
    );
    assert_eq!(call.server.state(), TransportState::Connected);
}

#[test]
fn another_certificate_than_the_answers_is_the_end() {
    for before in [true, false] {
        let mut call = Call::new(Quality::PERFECT, Habits::default());
        let mut answer = call.offer();
        answer.fingerprints = vec![Fingerprint::from([1; 32])];
        if before {
            call.server.set_remote(answer.clone()).unwrap();
        }
        call.run(seconds(3));
        if !before {
            call.server.set_remote(answer).unwrap();
        }
        assert_eq!(call.server.state(), TransportState::Failed);
        if call.browser.is_connected() {
            call.send_rtp(1);
        }
        call.run(seconds(1));
        assert!(call.media.is_empty());
        assert!(!call.server.is_connected());
    }
}

#[test]
fn malformed_answers_are_refused() {
    let mut call = Call::new(Quality::PERFECT, Habits::default());
    let answer = call.offer();
    let bad_ufrag = RemoteParameters {
        ufrag: "a b".to_owned(),
        ..answer.clone()
    };
    let bad_pwd = RemoteParameters {
        pwd: "short".to_owned(),
        ..answer.clone()
    };
    let nobody = RemoteParameters {
        fingerprints: Vec::new(),
        ..answer
    };
    assert_eq!(
        call.server.set_remote(bad_ufrag),
        Err(RemoteError::Credentials)
    );
    assert_eq!(
        call.server.set_remote(bad_pwd),
        Err(RemoteError::Credentials)
    );
    assert_eq!(
        call.server.set_remote(nobody),
        Err(RemoteError::Fingerprint)
    );
}

#[test]
fn a_handshake_needs_a_path_that_was_checked() {
    let mut call = Call::new(
        Quality::PERFECT,
        Habits {
            sends_checks: false,
            ..Habits::default()
        },
    );
    let answer = call.offer();
    call.server.set_remote(answer).unwrap();
    call.run(seconds(5));
    assert_eq!(call.server.state(), TransportState::New);
    assert!(call.server.counters().foreign_path > 1);
    assert!(!call.browser.is_connected());
    assert!(call.server.poll_transmit().is_none());
}

#[test]
fn silence_is_noticed_and_forgiven() {
    let mut call = Call::connected(Quality::PERFECT);
    call.states.clear();
    call.browser.is_silent = true;
    let heard = call.now;
    call.until(heard + seconds(8), |call| !call.states.is_empty());
    assert_eq!(call.states, [TransportState::Disconnected]);
    assert!(call.now >= heard + seconds(2) && call.now <= heard + seconds(5));
    assert!(call.server.is_connected(), "there are keys");
    call.until(heard + seconds(40), |call| call.states.len() > 1);
    assert_eq!(call.states[1], TransportState::Failed);
    assert!(call.now <= heard + seconds(30) && call.now > heard + seconds(25));

    call.browser.is_silent = false;
    call.run(seconds(3));
    assert_eq!(call.states[2..], [TransportState::Connected]);
}

#[test]
fn media_alone_is_a_sign_of_life() {
    let mut call = Call::connected(Quality::PERFECT);
    call.states.clear();
    call.browser.is_silent = true;
    for sequence_number in 0..20 {
        let mut sealed = call.browser.seal_rtp(&rtp(sequence_number));
        call.deliver(path(4000), &mut sealed);
        call.run(seconds(2));
    }
    assert_eq!(call.media.len(), 20);
    assert!(call.states.is_empty());
}

#[test]
fn a_restart_moves_the_call_to_another_network_without_a_gap() {
    let mut call = Call::connected(Quality::PERFECT);
    let old_ufrag = call.server.local_parameters().ufrag;
    call.events.clear();
    call.states.clear();
    let offer = call.server.restart_ice();
    call.send_rtp(1);
    call.run(seconds(1));

    let answer = call.browser.answer(call.now, offer);
    call.browser.path = path(5000);
    call.server.set_remote(answer).unwrap();
    call.run(seconds(1));
    call.send_rtp(2);
    call.run(seconds(1));
    assert_eq!(call.media.len(), 2);
    assert_eq!(call.server.selected_path(), Some(path(5000)));
    assert_eq!(
        call.events,
        [
            TransportEvent::PathAdded(path(5000)),
            TransportEvent::PathSelected(path(5000)),
            TransportEvent::UfragRetired(old_ufrag),
        ]
    );
    assert!(call.states.is_empty());
    call.server
        .send_message(call.now, b"over the new path", false)
        .unwrap();
    call.run(seconds(1));
    let received = &call.browser.sctp.as_ref().unwrap().received;
    assert_eq!(received.len(), 1);
}

#[test]
fn a_connection_that_breaks_takes_its_path_along() {
    let tcp = Path {
        link: Link::Tcp(3),
        ..path(4000)
    };
    let mut call = Call::negotiated(Quality::PERFECT);
    call.browser.path = tcp;
    call.run(seconds(3));
    assert_eq!(call.server.selected_path(), Some(tcp));
    call.events.clear();
    call.server.close_link(Link::Tcp(3));
    assert_eq!(call.server.selected_path(), None);
    call.browser.path = path(4001);
    call.run(seconds(3));
    assert_eq!(call.server.selected_path(), Some(path(4001)));
    assert_eq!(
        call.events,
        [
            TransportEvent::PathRemoved(tcp),
            TransportEvent::PathAdded(path(4001)),
            TransportEvent::PathSelected(path(4001)),
        ]
    );
}

#[test]
fn replays_and_foreign_sources_are_refused_and_counted() {
    let mut call = Call::connected(Quality::PERFECT);
    let sealed = call.browser.seal_rtp(&rtp(1));
    let report = call.browser.seal_rtcp(&rtcp());
    for _ in 0..3 {
        call.deliver(path(4000), &mut sealed.clone());
        call.deliver(path(4000), &mut report.clone());
    }
    let elsewhere = call.browser.seal_rtp(&rtp(2));
    call.deliver(path(666), &mut elsewhere.clone());
    let forged = &mut rtp(3);
    forged.resize(60, 0);
    call.deliver(path(4000), forged);
    call.deliver(path(4000), &mut [200; 40]);
    call.deliver(path(4000), &mut []);
    assert_eq!(call.media, [rtp(1), rtcp()]);
    let counters = call.server.counters();
    assert_eq!(counters.replayed, 4);
    assert_eq!(counters.foreign_path, 1);
    assert_eq!(counters.srtp, 1);
    assert_eq!(counters.unknown, 2);
}

#[test]
fn the_last_flight_is_repeated_when_it_was_lost_but_not_for_ever() {
    let mut call = Call::connected(Quality::PERFECT);
    let finished = |number: u8| {
        let mut record = vec![22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, number, 0, 40];
        record.resize(13 + 40, 1);
        record
    };
    let mut repeated = 0;
    for number in 0..200 {
        call.now += Duration::from_millis(30);
        call.deliver(path(4000), &mut finished(number));
        while call.server.poll_transmit().is_some() {
            repeated += 1;
        }
    }
    assert!((1..=32).contains(&repeated), "{repeated}");
    call.send_rtp(1);
    call.run(seconds(1));
    assert_eq!(call.media.len(), 1);
}

#[test]
fn plain_records_do_not_disturb_what_is_established() {
    let mut call = Call::connected(Quality::PERFECT);
    for (content_type, body) in [
        (20, vec![1]),
        (21, vec![2, 40]),
        (21, vec![1, 0]),
        (22, vec![1; 60]),
        (23, vec![5; 60]),
        (99, vec![5; 60]),
    ] {
        let mut record = vec![content_type, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 77, 0];
        record.push(body.len() as u8);
        record.extend_from_slice(&body);
        call.deliver(path(4000), &mut record);
    }
    assert_eq!(call.server.counters().dtls, 3);
    assert_eq!(call.server.counters().unknown, 1);
    call.server
        .send_message(call.now, b"still here", false)
        .unwrap();
    call.run(seconds(1));
    assert_eq!(call.server.state(), TransportState::Connected);
    assert_eq!(call.browser.sctp.as_ref().unwrap().received.len(), 1);
}

#[test]
fn records_that_are_not_signed_or_seen_before_are_refused_and_counted() {
    let mut call = Call::connected(Quality::PERFECT);
    for content_type in [21, 23] {
        let mut record = vec![content_type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 77, 0, 40];
        record.resize(13 + 40, 5);
        call.deliver(path(4000), &mut record);
    }
    assert_eq!(call.server.counters().dtls, 2);
    let sctp = call.browser.sctp.as_mut().unwrap();
    sctp.send(call.now, 1, Ppi::Binary, b"once");
    call.browser.handle_timeout(call.now);
    let sent: Vec<_> = std::iter::from_fn(|| call.browser.poll_transmit()).collect();
    let records = sent.iter().filter(|(_, datagram)| datagram[0] == 23);
    let count = records.clone().count() as u64;
    for (path, record) in records.clone().chain(records) {
        call.deliver(*path, &mut record.clone());
    }
    assert_eq!(call.server.counters().dtls, 2 + count);
    call.collect();
    assert_eq!(call.messages, [b"once"]);
    assert_eq!(call.server.state(), TransportState::Connected);
}

/// Datagrams of every kind, some of them nearly right.
fn datagrams() -> impl Strategy<Value = Vec<u8>> {
    let any_bytes = proptest::collection::vec(any::<u8>(), 0..120);
    let record = (
        20..24_u8,
        0..3_u8,
        proptest::collection::vec(any::<u8>(), 0..80),
    )
        .prop_map(|(content_type, epoch, body)| {
            let mut record = vec![content_type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 1, 0];
            record.push(body.len() as u8);
            record.extend_from_slice(&body);
            record
        });
    let message = (
        proptest::sample::select(&[1_u8, 2, 11, 15, 16, 20][..]),
        0..4_u8,
        proptest::collection::vec(any::<u8>(), 0..80),
        any::<u8>(),
    )
        .prop_map(|(kind, sequence, body, rest)| {
            let length = body.len() as u8;
            let mut record = vec![22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, rest, 0, length + 12];
            record.extend_from_slice(&[kind, 0, 0, length, 0, sequence, 0, 0, 0, 0, 0, length]);
            record.extend_from_slice(&body);
            record
        });
    prop_oneof![any_bytes, record, message]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Garbage, from a stranger and from the peer's address, at any time, does not break a call nor make the server talk much.
    #[test]
    fn garbage_is_refused_and_counted(garbage in proptest::collection::vec((datagrams(), any::<bool>()), 1..60)) {
        let mut call = Call::connected(Quality::PERFECT);
        let mut answered = 0;
        let mut sent = 0;
        for (mut datagram, from_peer) in garbage {
            let from = if from_peer { path(4000) } else { path(666) };
            sent += datagram.len();
            call.deliver(from, &mut datagram);
            while let Some((_, answer)) = call.server.poll_transmit() {
                answered += answer.len();
            }
        }
        prop_assert!(answered <= sent + 32 * 200, "{} to {}", answered, sent);
        call.send_rtp(1);
        call.server.send_message(call.now, b"still here", false).unwrap();
        call.run(seconds(5));
        prop_assert_eq!(call.media.len(), 1);
        prop_assert_eq!(call.browser.sctp.as_ref().unwrap().received.len(), 1);
    }

    /// The same before and during the handshake: it may fail, and nothing else.
    #[test]
    fn garbage_during_a_handshake_breaks_nothing(
        garbage in proptest::collection::vec((datagrams(), 0..60_u64, any::<bool>()), 1..60),
    ) {
        let mut call = Call::negotiated(Quality::PERFECT);
        let strangers_only = garbage.iter().all(|(_, _, from_peer)| !from_peer);
        for (mut datagram, pause, from_peer) in garbage {
            call.run(Duration::from_millis(pause));
            let from = if from_peer { path(4000) } else { path(666) };
            call.deliver(from, &mut datagram);
        }
        call.run(seconds(45));
        let expected = if strangers_only || call.server.is_connected() {
            TransportState::Connected
        } else {
            TransportState::Failed
        };
        prop_assert_eq!(call.server.state(), expected);
    }
}
