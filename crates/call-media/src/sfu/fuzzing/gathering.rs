use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use call_domain::UserId;

use super::Script;
use super::connection::path;
use super::intruder;
use crate::sfu::room::{Room, RoomContext};
use crate::sfu::sdp::{CandidateProtocol, Extension, ServerCandidate};
use crate::sfu::shard::{Output, RouteChange};
use crate::sfu::transport::{LocalParameters, Path, stun_username};
use crate::sfu::{
    Command, Event, Layer, Offer, Publication, RoomId, SfuConfig, Source, Subscription, TapEvent,
    TapInlet, TapReader, View, tap,
};

/// A room, who is in it, and what a shard knows of it.
struct Gathering {
    now: Instant,
    room: Room,
    out: Output,
    people: Vec<Person>,
    ufrags: HashMap<String, usize>,
    paths: HashMap<Path, usize>,
    tap: Option<(TapInlet, TapReader)>,
}

struct Person {
    user: UserId,
    offer: Option<Offer>,
}

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];
/// One less than there are people.
const PEERS_MAX: usize = 3;
/// Payload types that are offered, some of which mean retransmissions, and one that is not.
const PAYLOAD_TYPES: [u8; 11] = [111, 63, 96, 97, 98, 99, 102, 103, 45, 46, 0];
const MIDS: [&str; 7] = ["a", "v", "s", "sa", "d", "0", ""];
const RIDS: [&str; 5] = ["", "q", "h", "f", "x"];
/// Kinds of RTCP that are acted on, by their count or format.
const REPORTS: [(u8, u8); 9] = [
    (1, 200),
    (1, 201),
    (0, 202),
    (2, 203),
    (1, 205),
    (15, 205),
    (1, 206),
    (4, 206),
    (31, 201),
];

pub(super) fn run(script: &mut Script<'_>) {
    let Some(mut gathering) = Gathering::new(script) else {
        return;
    };
    while !script.is_over() {
        gathering.step(script);
    }
    gathering.command(Command::CloseRoom);
    assert!(gathering.room.is_empty());
    assert!(gathering.read() || gathering.tap.is_none());
    assert!(gathering.ufrags.is_empty() && gathering.paths.is_empty());
}

impl Gathering {
    fn new(script: &mut Script<'_>) -> Option<Self> {
        let flags = script.byte();
        let config = SfuConfig {
            simulcast: flags & 1 != 0,
            last_n: usize::from(flags >> 6),
            peers_max: PEERS_MAX,
            ..SfuConfig::default()
        };
        let candidate = ServerCandidate {
            protocol: CandidateProtocol::Udp,
            address: ([192, 0, 2, 9], 7882).into(),
        };
        let context = RoomContext {
            config,
            certificate: Arc::clone(intruder::server()?),
            candidates: vec![candidate],
        };
        let person = |name: &str| {
            Some(Person {
                user: name.parse().ok()?,
                offer: None,
            })
        };
        Some(Self {
            now: Instant::now(),
            room: Room::new(RoomId::new("room"), Arc::new(context), 0),
            out: Output::new(),
            people: PEOPLE.into_iter().map(person).collect::<Option<_>>()?,
            ufrags: HashMap::new(),
            paths: HashMap::new(),
            tap: None,
        })
    }

    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 16 {
            0 => {
                self.now += Duration::from_millis(u64::from(script.short()));
                self.room.tick(self.now, &mut self.out);
            }
            1 => {
                self.now += Duration::from_millis(10);
                self.room.tick(self.now, &mut self.out);
            }
            2 | 3 => self.obey(script),
            4 => self.answer(script),
            5 => self.check(script),
            6 => {
                let way = path(script.byte());
                let mut datagram = script.long_bytes().to_vec();
                self.datagram(way, &mut datagram);
            }
            7 => {
                let (at, way) = (script.below(PEERS_MAX), path(script.byte()));
                let room = &mut self.room;
                room.link_closed(self.now, at, way.link, &mut self.out);
            }
            8 => {
                let stats = self.room.stats(self.now);
                assert!(stats.peers.len() <= PEERS_MAX);
            }
            9 => {
                let at = script.below(PEERS_MAX);
                let mut packet = script.long_bytes().to_vec();
                self.decrypted(at, &mut packet);
            }
            10 | 11 => self.report(script),
            _ => self.media(script),
        }
        self.settle();
    }

    /// Something of the signalling.
    fn obey(&mut self, script: &mut Script<'_>) {
        let number = script.below(PEOPLE.len());
        let Some(person) = self.people.get(number) else {
            return;
        };
        let peer = person.user.clone();
        let session = person.offer.as_ref().map(|offer| offer.session.clone());
        let flags = script.byte();
        let publication = Publication {
            audio: flags & 1 == 0,
            video: flags & 2 == 0,
            screen: flags & 4 == 0,
        };
        let command = match flags >> 4 {
            0..=5 => Command::Join { peer, publication },
            6 => Command::Leave { peer },
            7 => Command::Publish { peer, publication },
            8 => Command::Restart {
                peer,
                session: session.filter(|_| flags & 1 == 0),
            },
            9 => {
                let Some(session) = session else {
                    return;
                };
                Command::Candidate {
                    peer,
                    session,
                    candidate: String::from_utf8_lossy(script.bytes()).into_owned(),
                }
            }
            10 => {
                self.put_tap(flags);
                return;
            }
            11 => {
                self.take_tap_out();
                return;
            }
            _ => Command::Subscribe {
                peer,
                subscription: self.wish(script),
            },
        };
        self.command(command);
    }

    /// Copies some of the people.
    fn put_tap(&mut self, whom: u8) {
        self.read();
        let (inlet, _) = self.tap.get_or_insert_with(|| tap(2));
        let inlet = inlet.clone();
        let is_meant = |(number, _): &(usize, &Person)| whom >> number & 1 != 0;
        let people = self.people.iter().enumerate().filter(is_meant);
        let people = people.map(|(_, person)| person.user.clone()).collect();
        self.command(Command::Tap { tap: inlet, people });
    }

    fn take_tap_out(&mut self) {
        let Some((inlet, _)) = &self.tap else {
            return;
        };
        let tap = inlet.clone();
        self.command(Command::Untap { tap });
        assert!(self.read());
        self.tap = None;
    }

    /// Reads what was copied; whether that was all.
    fn read(&mut self) -> bool {
        let Some((_, reader)) = &mut self.tap else {
            return false;
        };
        while let Some(event) = reader.recv(Duration::ZERO) {
            if event == TapEvent::Ended {
                return true;
            }
        }
        false
    }

    fn wish(&self, script: &mut Script<'_>) -> Subscription {
        let count = 0..script.byte() % 80;
        let view = |_| {
            let user = &self.people.get(script.below(PEOPLE.len()))?.user;
            let flags = script.byte();
            Some(View {
                user: user.clone(),
                source: *Source::ALL.get(usize::from(flags % 4))?,
                width: u32::from(script.short()) << (flags >> 4),
                height: u32::from(script.short()),
                pinned: flags & 8 != 0,
            })
        };
        Subscription {
            views: count.filter_map(view).collect(),
        }
    }

    /// An answer that fits the offer, or bytes.
    fn answer(&mut self, script: &mut Script<'_>) {
        let number = script.below(PEOPLE.len());
        let Some(person) = self.people.get(number) else {
            return;
        };
        let Some(offer) = &person.offer else {
            return;
        };
        let flags = script.byte();
        let sdp = if flags < 200 {
            answer_to(&offer.sdp, flags)
        } else {
            String::from_utf8_lossy(script.long_bytes()).into_owned()
        };
        self.command(Command::Answer {
            peer: person.user.clone(),
            session: offer.session.clone(),
            revision: offer.revision - u32::from(flags == 199),
            sdp,
        });
    }

    /// A valid check of somebody.
    fn check(&mut self, script: &mut Script<'_>) {
        let person = self.people.get(script.below(PEOPLE.len()));
        let offer = person.and_then(|person| person.offer.as_ref());
        let Some(local) = offer.and_then(|offer| local_parameters(&offer.sdp)) else {
            return;
        };
        let (way, transaction) = (path(script.byte()), script.byte());
        let check = intruder::check(&local, transaction, 1, transaction & 1 == 0);
        if let Some(mut check) = check {
            self.datagram(way, &mut check);
        }
    }

    /// A datagram, routed as a shard does.
    fn datagram(&mut self, way: Path, datagram: &mut [u8]) {
        let of_ufrag = || self.ufrags.get(stun_username(datagram)?);
        let at = self.paths.get(&way).or_else(of_ufrag).copied();
        if let Some(at) = at {
            let (room, out) = (&mut self.room, &mut self.out);
            room.datagram(self.now, at, way, datagram, out);
        }
    }

    fn decrypted(&mut self, at: usize, packet: &mut [u8]) {
        let (room, out) = (&mut self.room, &mut self.out);
        room.decrypted(self.now, at, packet, out);
    }

    /// A packet that is RTP at least.
    fn media(&mut self, script: &mut Script<'_>) {
        let (at, kind) = (script.below(PEERS_MAX), script.byte());
        let payload_type = script.one_of(&PAYLOAD_TYPES).unwrap_or(0);
        let mut packet = vec![0x90, payload_type | kind & 0x80];
        packet.extend(script.short().to_be_bytes());
        packet.extend(script.word().to_be_bytes());
        packet.extend([0, 0, 0, kind & 0x0f]);
        packet.extend([0xbe, 0xde, 0, 0]);
        let start = packet.len();
        let mut extend = |extension: Extension, value: &[u8]| {
            if let Ok(length @ 1..=16) = u8::try_from(value.len()) {
                packet.push(extension.id() << 4 | (length - 1));
                packet.extend(value);
            }
        };
        let mid = script.one_of(&MIDS).unwrap_or_default();
        extend(Extension::Mid, mid.as_bytes());
        let rid = script.one_of(&RIDS).unwrap_or_default();
        let repaired = kind & 0x10 != 0;
        let rid_extension = if repaired {
            Extension::RepairedRid
        } else {
            Extension::Rid
        };
        extend(rid_extension, rid.as_bytes());
        if kind & 0x20 != 0 {
            extend(Extension::TransportSequence, &script.short().to_be_bytes());
            extend(Extension::AudioLevel, &[script.byte()]);
        }
        packet.resize(packet.len().next_multiple_of(4), 0);
        packet[15] = u8::try_from((packet.len() - start) / 4).unwrap_or(0);
        packet.extend(script.bytes());
        self.decrypted(at, &mut packet);
    }

    /// RTCP about a stream of the peer's, or one that it gets.
    fn report(&mut self, script: &mut Script<'_>) {
        let at = script.below(PEERS_MAX);
        let (count, kind) = script.one_of(&REPORTS).unwrap_or_default();
        let body = script.bytes();
        let length = u16::try_from(body.len() / 4).unwrap_or(0);
        let mut packet = vec![0x80 | count, kind];
        packet.extend(length.to_be_bytes());
        packet.extend(body.get(..usize::from(length) * 4).unwrap_or_default());
        let streams: Vec<u32> = self.people.iter().flat_map(Person::streams).collect();
        let stream = script.one_of(&streams);
        // Where a report of a receiver, a key-frame request or a NACK names its stream, a report of a sender, and a FIR.
        let place = script.one_of(&[8, 28, 12]).unwrap_or(0);
        if let (Some(ssrc), Some(place)) = (stream, packet.get_mut(place..place + 4)) {
            place.copy_from_slice(&ssrc.to_be_bytes());
        }
        self.decrypted(at, &mut packet);
    }

    fn command(&mut self, command: Command) {
        let (room, out) = (&mut self.room, &mut self.out);
        room.command(self.now, command, out);
        self.settle();
    }

    /// Takes what the room says.
    fn settle(&mut self) {
        for change in std::mem::take(&mut self.out.routes) {
            match change {
                RouteChange::AddUfrag(ufrag, at) => {
                    self.ufrags.insert(ufrag, at);
                }
                RouteChange::RemoveUfrag(ufrag) => {
                    self.ufrags.remove(&ufrag);
                }
                RouteChange::AddPath(way, at) => {
                    self.paths.insert(way, at);
                }
                RouteChange::RemovePath(way, at) => {
                    if self.paths.get(&way) == Some(&at) {
                        self.paths.remove(&way);
                    }
                }
            }
        }
        assert!(self.room.len() <= PEERS_MAX);
        assert!(self.ufrags.len() <= 2 * PEERS_MAX && self.paths.len() <= 8 * PEERS_MAX);
        for event in std::mem::take(&mut self.out.events) {
            let Event::Offer { peer, offer, .. } = event else {
                continue;
            };
            let mids: HashSet<&str> = offer.tracks.iter().map(|track| &*track.mid).collect();
            assert_eq!(mids.len(), offer.tracks.len());
            assert!(offer.tracks.iter().all(|track| track.user != peer));
            let person = self.people.iter_mut().find(|person| person.user == peer);
            let Some(person) = person else {
                continue;
            };
            if let Some(before) = &person.offer
                && before.session == offer.session
            {
                assert_eq!(offer.revision, before.revision + 1);
            }
            person.offer = Some(offer);
        }
    }
}

impl Person {
    /// What it gets, by the latest offer.
    fn streams(&self) -> impl Iterator<Item = u32> {
        let lines = self.offer.iter().flat_map(|offer| offer.sdp.lines());
        lines.filter_map(|line| {
            let stream = line.strip_prefix("a=ssrc:")?;
            stream.split_once(' ')?.0.parse().ok()
        })
    }
}

/// What a client would answer: the other direction of everything, or of most.
fn answer_to(offer: &str, flags: u8) -> String {
    let mut answer = String::with_capacity(offer.len());
    for line in offer.lines() {
        answer.push_str(match line {
            "a=recvonly" if flags & 0x40 != 0 => "a=inactive",
            "a=recvonly" => "a=sendonly",
            "a=sendonly" => "a=recvonly",
            "a=setup:actpass" => "a=setup:active",
            _ if line.starts_with("a=ssrc") || line.starts_with("a=candidate") => continue,
            _ if flags & 0x20 != 0 && line.starts_with("a=extmap:") => continue,
            _ => line,
        });
        answer.push_str("\r\n");
    }
    for layer in Layer::ALL {
        let rid = layer.rid();
        answer = answer.replace(&format!("a=rid:{rid} recv"), &format!("a=rid:{rid} send"));
    }
    answer.replace("a=simulcast:recv", "a=simulcast:send")
}

fn local_parameters(offer: &str) -> Option<LocalParameters> {
    let value = |key: &str| {
        let line = offer.lines().find_map(|line| line.strip_prefix(key))?;
        Some(line.to_owned())
    };
    Some(LocalParameters {
        ufrag: value("a=ice-ufrag:")?,
        pwd: value("a=ice-pwd:")?,
        fingerprint: value("a=fingerprint:")?,
    })
}
