//! What strangers and participants who mean harm send to the SFU disturbs nobody else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod intruder;
mod packet;
mod scene;

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Instant;

use call_media::sfu::{Command, Publication, Refusal, RoomId, SfuCounters, Source};
use call_tests::PATIENCE;

use intruder::{Server, receive, socket};
use packet::{RTX, Rtp, VP8, VP9, extension, full_intra_request, nack, picture_loss};
use scene::{Scene, user};

fn refused(counters: &SfuCounters) -> u64 {
    counters.datagrams_refused
}

#[test]
fn answers_beyond_all_bounds_are_refused_and_a_right_one_is_taken_after_them() {
    let mut scene = Scene::set();
    scene.mallory_answers = false;
    scene.command(Command::Join {
        peer: user("mallory"),
        publication: Publication::ALL,
    });
    scene.until("mallory has an offer", |scene| {
        scene.offers.contains_key(&user("mallory"))
    });
    let offer = scene.offer_to("mallory").clone();
    let answer = |sdp: String| Command::Answer {
        peer: user("mallory"),
        session: offer.session.clone(),
        revision: offer.revision,
        sdp,
    };
    let right = scene.mallory.answer(&offer.sdp);
    let section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\na=sendonly\r\n";
    let wrong = [
        format!("v=0\r\n{}", section.repeat(10_000)),
        // As many as fit the bytes that are read at all.
        format!("v=0\r\n{}", "m=a 9 b\r\n".repeat(7_000)),
        format!("v=0\r\n{}", "a=fingerprint:sha-256 00\r\n".repeat(2_400)),
        format!("{right}m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:a\r\n"),
        right.replace("a=setup:active", "a=setup:passive"),
        right.replace("a=ice-pwd:", "a=ice-pwd:\u{0}"),
        right.replace("sha-256", "md5"),
        "\u{0}".repeat(60_000),
        "v".repeat(1 << 20),
        String::new(),
    ];
    let count = wrong.len();
    for sdp in wrong {
        scene.command(answer(sdp));
    }
    scene.until("all of them are refused", |scene| {
        scene.refused.len() == count
    });
    let refused = std::mem::take(&mut scene.refused);
    assert!(
        refused
            .iter()
            .all(|refused| *refused == (user("mallory"), Refusal::BadSdp))
    );
    scene.command(answer(right));
    scene.until("mallory is in", |scene| scene.mallory.is_connected());
    scene.goes_on();
}

#[test]
fn checks_of_strangers_open_no_way_and_are_hardly_answered() {
    const CHECKS: u64 = 2_000;
    let mut scene = Scene::set();
    let carol = scene.join("carol", false);
    scene.join("dave", true);
    scene.until("carol sees dave", |scene| scene.got(carol) > 30);
    let server = Server::of(&scene.offer_to("carol").sdp);
    let other = Server::of(&scene.offer_to("dave").sdp);
    let stranger = socket();
    let began = Instant::now();
    let mut sent = 0;
    scene.storm(CHECKS, refused, |_, number| {
        let ufrag = &server.ufrag;
        let check = match number % 6 {
            // Nobody's, in a shard that is there and in one that is not.
            0 => Server::check("AAnobody+here:them", Some(&server.pwd)),
            1 => Server::check("//nobody+here:them", Some(&server.pwd)),
            // Carol's, with no password, another one and another peer's name.
            2 => Server::check(&format!("{ufrag}:them"), None),
            3 => Server::check(&format!("{ufrag}:them"), Some("the+password+of+nobody")),
            4 => Server::check(&format!("{ufrag}:them"), Some(&other.pwd)),
            _ => Server::check(&format!("{ufrag}:nobody"), Some(&server.pwd)),
        };
        sent += check.len();
        stranger.send_to(&check, server.address).unwrap();
    });
    let seconds = began.elapsed().as_secs() + 1;
    let (mut answers, mut answered, mut buffer) = (0, 0, [0; 2048]);
    while let Some(length) = receive(&stranger, &mut buffer) {
        let is_error = buffer[..2] == [0x01, 0x11];
        assert!(is_error, "{:?}", &buffer[..length]);
        answers += 1;
        answered += length;
    }
    assert!(answers <= 10 * seconds, "{answers} in {seconds} s");
    assert!(answered < sent);
    let before = scene.got(carol);
    scene.until("carol goes on seeing dave", |scene| {
        scene.got(carol) > before + 60
    });
    assert_eq!(scene.crowd.peer(carol).unwrap().received.lost(), 0);
    scene.goes_on();
}

#[test]
fn datagrams_in_somebodys_name_do_not_reach_into_a_session() {
    let mut scene = Scene::set();
    let carol = scene.join("carol", false);
    scene.join("dave", true);
    scene.until("carol sees dave", |scene| scene.got(carol) > 30);
    let server = Server::of(&scene.offer_to("carol").sdp);
    let datagrams = [
        Server::check(&format!("{}:them", server.ufrag), Some("x")),
        // DTLS in plain: close_notify, a fatal alert.
        dtls(21, 0, &[1, 0]),
        dtls(21, 0, &[2, 40]),
        // The same as if they were encrypted.
        dtls(21, 1, &[0; 40]),
        dtls(23, 1, &[0; 400]),
        // Not what they say they are.
        dtls(23, 0xffff, &[0; 3])[..14].to_vec(),
        vec![0x80; 1_500],
        vec![0x80, 200, 0, 1, 0, 0, 0, 1],
        [vec![0x81, 203, 0, 1, 0, 0, 0, 1], vec![0; 14]].concat(),
        [vec![0x90, 96], vec![0; 1_200]].concat(),
        vec![0x00, 0x01, 0xff, 0xff, 0x21, 0x12, 0xa4, 0x42],
        vec![70; 100],
        vec![255],
    ];
    // Parts of a handshake, as they come again when datagrams are lost.
    let again = [
        dtls(20, 0, &[1]),
        dtls(22, 0, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        dtls(22, 1, &[0xff; 400]),
    ];
    let stranger = socket();
    for in_carols_name in [true, false] {
        scene.storm(3_000, refused, |scene, number| {
            let number = usize::try_from(number).unwrap();
            let socket = if in_carols_name {
                scene.crowd.peer(carol).unwrap().socket()
            } else {
                &stranger
            };
            let send = |datagram: &[u8]| socket.send_to(datagram, server.address).unwrap();
            send(&datagrams[number % datagrams.len()]);
            if number % 10 == 0 {
                send(&again[number / 10 % again.len()]);
            }
        });
    }
    assert_eq!(receive(&stranger, &mut [0; 2048]), None);
    let before = scene.got(carol);
    scene.until("carol goes on seeing dave", |scene| {
        scene.got(carol) > before + 60
    });
    let peer = scene.crowd.peer(carol).unwrap();
    assert!(peer.is_alive());
    assert_eq!(peer.received.lost(), 0);
    scene.goes_on();
}

/// A record (RFC 6347 section 4.1).
fn dtls(kind: u8, epoch: u16, body: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 254, 253];
    record.extend(epoch.to_be_bytes());
    record.extend([0, 0, 0, 0, 0, 99]);
    record.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    record.extend(body);
    record
}

#[test]
fn media_counts_only_where_its_sender_has_shown_itself() {
    let mut scene = Scene::set();
    let carol = scene.join("carol", false);
    scene.let_mallory_in();
    let mut sequence = 0;
    show(&mut scene, carol, &mut sequence);
    // The next packet is right in everything but where it comes from.
    let stranger = socket();
    sequence += 1;
    let packet = scene.mallory.seal_rtp(&picture(sequence));
    let server = scene.mallory.server().address;
    scene.storm(1, refused, |_, _| {
        stranger.send_to(&packet, server).unwrap();
    });
    show(&mut scene, carol, &mut sequence);
    assert_eq!(scene.crowd.peer(carol).unwrap().received.lost(), 1);
    // It may come from there once that is known to be mallory's.
    let check = scene.mallory.check();
    stranger.send_to(&check, server).unwrap();
    let mut buffer = [0; 2048];
    scene.until("the check is answered", |_| {
        receive(&stranger, &mut buffer).is_some()
    });
    stranger.send_to(&packet, server).unwrap();
    scene.until("carol has the packet", |scene| {
        scene.crowd.peer(carol).unwrap().received.lost() == 0
    });
    scene.goes_on();
}

/// Mallory sends pictures until carol has got some more of them.
fn show(scene: &mut Scene, carol: call_tests::media::PeerId, sequence: &mut u16) {
    let before = scene.got(carol);
    scene.until("carol sees mallory", |scene| {
        *sequence += 1;
        scene.mallory.send_rtp(&picture(*sequence));
        scene.got(carol) > before + 20
    });
}

fn picture(sequence: u16) -> Vec<u8> {
    Rtp {
        sequence,
        timestamp: u32::from(sequence) * 3_000,
        ..Rtp::picture()
    }
    .write()
}

#[test]
fn a_handshake_without_a_check_is_not_answered() {
    let mut scene = Scene::set();
    scene.let_mallory_in();
    let server = scene.mallory.server().clone();
    let hellos = scene.mallory.hello(Instant::now());
    assert!(!hellos.is_empty());
    let stranger = socket();
    let wrong = Server::check(&format!("{}:mallory", server.ufrag), Some("x"));
    for is_announced in [false, true] {
        scene.storm(1_000, refused, |_, _| {
            if is_announced {
                stranger.send_to(&wrong, server.address).unwrap();
            }
            for hello in &hellos {
                stranger.send_to(hello, server.address).unwrap();
            }
        });
    }
    let mut buffer = [0; 2048];
    while let Some(length) = receive(&stranger, &mut buffer) {
        // The wrong check may be told that it is wrong.
        assert!(buffer[0] < 4 && length <= wrong.len());
    }
    scene.goes_on();
}

#[test]
fn media_of_streams_that_nobody_offered_goes_nowhere() {
    let mut scene = Scene::set();
    let carol = scene.join("carol", false);
    scene.let_mallory_in();
    let mut sequence = 0;
    show(&mut scene, carol, &mut sequence);
    let (before, offers) = (scene.got(carol), scene.offers[&user("carol")].1);
    let stranger = || Rtp {
        ssrc: 0x1000,
        ..Rtp::picture()
    };
    let unknown = [
        // No name of a line, and names of lines that are not mallory's to send on.
        Rtp {
            extensions: Vec::new(),
            ..stranger()
        },
        Rtp {
            extensions: extension(4, b"0"),
            ..stranger()
        },
        Rtp {
            extensions: extension(4, b"d"),
            ..stranger()
        },
        Rtp {
            extensions: extension(4, &[0xff; 16]),
            ..stranger()
        },
        // A layer that there is not.
        Rtp {
            extensions: [extension(4, b"v"), extension(10, b"zz")].concat(),
            ..stranger()
        },
        // Payload types that were never offered.
        Rtp {
            payload_type: 0,
            ..stranger()
        },
        Rtp {
            payload_type: 127,
            ..stranger()
        },
        // Extensions that nobody offered, and none of those that were.
        Rtp {
            extensions: extension(14, &[1; 16]),
            ..stranger()
        },
    ];
    let count = unknown.len();
    scene.storm(2_000, refused, |scene, number| {
        let number = usize::try_from(number).unwrap();
        let packet = Rtp {
            sequence: u16::try_from(number).unwrap(),
            ..unknown[number % count].clone()
        };
        scene.mallory.send_rtp(&packet.write());
    });
    // Sound on the line of the camera, retransmissions of nothing.
    for (ssrc, payload_type) in [(0x2000, 111), (0x3000, RTX)] {
        let counted = |counters: &SfuCounters| counters.packets_received;
        scene.storm(200, counted, |scene, number| {
            let packet = Rtp {
                ssrc,
                payload_type,
                sequence: u16::try_from(number).unwrap(),
                ..Rtp::picture()
            };
            scene.mallory.send_rtp(&packet.write());
        });
    }
    show(&mut scene, carol, &mut sequence);
    let peer = scene.crowd.peer(carol).unwrap();
    assert_eq!(peer.received.lost(), 0);
    assert_eq!(peer.received.streams(), 1);
    assert!(peer.received.packets <= before + u64::from(sequence));
    assert_eq!(scene.offers[&user("carol")].1, offers);
    scene.goes_on();
}

#[test]
fn streams_without_number_are_bounded() {
    const STREAMS: u64 = 6_000;
    let mut scene = Scene::set();
    let carol = scene.join("carol", false);
    scene.let_mallory_in();
    let mut sequence = 0;
    show(&mut scene, carol, &mut sequence);
    let offers = scene.offers[&user("carol")].1;
    // Those that are too many are refused, all others count as received.
    let counted = |counters: &SfuCounters| counters.packets_received + counters.datagrams_refused;
    scene.storm(STREAMS, counted, |scene, number| {
        let packet = Rtp {
            ssrc: 0x10_0000 + u32::try_from(number).unwrap(),
            ..Rtp::picture()
        };
        scene.mallory.send_rtp(&packet.write());
    });
    show(&mut scene, carol, &mut sequence);
    assert_eq!(scene.offers[&user("carol")].1, offers);
    scene.goes_on();
}

#[test]
fn a_codec_that_changes_with_every_packet_makes_few_offers() {
    let mut scene = Scene::set();
    let carol = scene.join("carol", false);
    scene.let_mallory_in();
    let mut sequence = 0;
    show(&mut scene, carol, &mut sequence);
    let (before, began) = (scene.offers[&user("carol")].1, Instant::now());
    let counted = |counters: &SfuCounters| counters.packets_received;
    scene.storm(4_000, counted, |scene, number| {
        sequence += 1;
        let packet = Rtp {
            payload_type: if number % 2 == 0 { VP9 } else { VP8 },
            sequence,
            ..Rtp::picture()
        };
        scene.mallory.send_rtp(&packet.write());
    });
    let offers = u64::try_from(scene.offers[&user("carol")].1 - before).unwrap();
    let seconds = began.elapsed().as_secs() + 1;
    assert!(offers <= 4 * seconds, "{offers} in {seconds} s");
    show(&mut scene, carol, &mut sequence);
    scene.goes_on();
}

#[test]
fn a_storm_of_key_frame_requests_is_a_few_at_the_publisher() {
    const REQUESTS: u64 = 10_000;
    let mut scene = Scene::set();
    let dave = scene.join("dave", true);
    scene.let_mallory_in();
    let ssrc = watched(&mut scene);
    let before = scene.crowd.peer(dave).unwrap().key_frame_requests();
    let sent = scene.sfu.counters().key_frame_requests_sent;
    let began = Instant::now();
    let counted = |counters: &SfuCounters| counters.key_frame_requests_received;
    scene.storm(REQUESTS, counted, |scene, number| {
        let request = if number % 2 == 0 {
            picture_loss(ssrc)
        } else {
            full_intra_request(ssrc)
        };
        scene.mallory.send_rtcp(&request);
    });
    scene.until("dave was asked", |scene| {
        scene.crowd.peer(dave).unwrap().key_frame_requests() > before
    });
    let most = u64::try_from(began.elapsed().as_millis()).unwrap() / 250 + 2;
    let asked = scene.crowd.peer(dave).unwrap().key_frame_requests() - before;
    assert!(asked <= most, "{asked} rather than {most}");
    let sent = scene.sfu.counters().key_frame_requests_sent - sent;
    assert!(sent <= most, "{sent} rather than {most}");
    scene.goes_on();
}

/// The stream of a picture that mallory gets.
fn watched(scene: &mut Scene) -> u32 {
    let mut ssrc = None;
    scene.until("mallory sees dave", |scene| {
        let streams = scene.mallory.streams.iter();
        ssrc = streams
            .filter(|(_, stream)| stream.payload_type == VP8 && stream.packets > 200)
            .map(|(ssrc, _)| *ssrc)
            .next();
        ssrc.is_some()
    });
    ssrc.unwrap()
}

#[test]
fn what_is_asked_for_again_and_again_is_sent_ten_times() {
    const REQUESTS: u64 = 10_000;
    let mut scene = Scene::set();
    scene.join("dave", true);
    scene.let_mallory_in();
    let ssrc = watched(&mut scene);
    let counted = |counters: &SfuCounters| counters.nacks_received;
    scene.storm(REQUESTS, counted, |scene, number| {
        let latest = scene.mallory.streams[&ssrc].latest;
        // The latest ones, all that there are, and those of nobody.
        let request = match number % 4 {
            0 | 1 => nack(ssrc, latest.wrapping_sub(17 * 16), 16),
            2 => nack(ssrc, 0, 250),
            _ => nack(ssrc.wrapping_add(1_000), latest, 250),
        };
        scene.mallory.send_rtcp(&request);
    });
    let stats = scene.sfu.room_stats(RoomId::new("loud"));
    let stats = stats.recv_timeout(PATIENCE).unwrap().unwrap();
    let to_mallory = stats.peers.iter().find(|peer| peer.user == user("mallory"));
    let outbound = &to_mallory.unwrap().outbound;
    let video = outbound
        .iter()
        .find(|stream| stream.source == Source::Video);
    let video = video.unwrap();
    assert!(video.retransmitted_packets_sent > 0);
    assert!(video.retransmitted_packets_sent <= 10 * video.packets_sent);
    scene.goes_on();
}

#[test]
fn nothing_is_sent_to_where_a_candidate_points() {
    let mut scene = Scene::set();
    scene.join("dave", true);
    let inside = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), 0)).unwrap();
    inside.set_nonblocking(true).unwrap();
    let address = inside.local_addr().unwrap();
    let candidate = format!(
        "candidate:1 1 udp 2122260223 {} {} typ host",
        address.ip(),
        address.port()
    );
    scene.mallory.says_besides = Some(format!("a={candidate}"));
    scene.let_mallory_in();
    let session = scene.offer_to("mallory").session.clone();
    let tell = |candidate: &str| Command::Candidate {
        peer: user("mallory"),
        session: session.clone(),
        candidate: candidate.to_owned(),
    };
    scene.command(tell(&candidate));
    scene.command(tell(&format!("a={candidate}")));
    scene.command(tell("candidate:1 1 udp 1 10.0.0.1 22 typ host"));
    scene.command(tell(
        "candidate:1 1 tcp 1 169.254.169.254 80 typ host tcptype passive",
    ));
    scene.command(tell(""));
    let bad = [
        "nonsense".to_owned(),
        format!("{candidate}{}", "x".repeat(2_000)),
    ];
    for bad in &bad {
        scene.command(tell(bad));
    }
    scene.until("what is no candidate is refused", |scene| {
        scene.refused.len() == bad.len()
    });
    let refused = std::mem::take(&mut scene.refused);
    assert_eq!(
        refused,
        [(); 2].map(|()| (user("mallory"), Refusal::BadCandidate))
    );
    watched(&mut scene);
    assert_eq!(receive(&inside, &mut [0; 2048]), None);
    scene.goes_on();
}
