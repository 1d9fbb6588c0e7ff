//! The SFU with participants of another engine: real sockets, real ICE, DTLS and SRTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use call_domain::UserId;
use call_media::sfu::{
    Command, Event, Offer, Publication, Refusal, RoomId, SessionId, Sfu, SfuConfig, Source,
    Subscription, View,
};
use call_tests::PATIENCE;
use call_tests::media::{Crowd, MediaPeer, PeerId, SendPlan};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PLAN: SendPlan = SendPlan {
    frame_rate: 30.0,
    packets: 3,
    packet_bytes: 1000,
};

struct Stage {
    sfu: Sfu,
    /// The latest offer to each.
    offers: HashMap<UserId, Offer>,
    /// Whom the SFU refused something, and what.
    refused: Vec<(UserId, Refusal)>,
    room: RoomId,
    crowd: Crowd,
    began: Instant,
    people: Vec<(UserId, PeerId)>,
}

impl Stage {
    fn new() -> Self {
        let config = SfuConfig {
            shards: 2,
            simulcast: false,
            ..SfuConfig::default()
        };
        Self {
            sfu: Sfu::start(&config).unwrap(),
            room: RoomId::new("room"),
            crowd: Crowd::new().unwrap(),
            began: Instant::now(),
            people: Vec::new(),
            offers: HashMap::new(),
            refused: Vec::new(),
        }
    }

    fn join(&mut self, name: &str, plan: Option<SendPlan>) -> PeerId {
        let user: UserId = name.parse().unwrap();
        let peer = MediaPeer::new(LOOPBACK, self.began, plan).unwrap();
        let id = self.crowd.add(peer).unwrap();
        self.people.push((user.clone(), id));
        self.command(Command::Join {
            peer: user,
            publication: Publication::ALL,
        });
        id
    }

    fn command(&self, command: Command) {
        self.sfu.command(self.room.clone(), command).unwrap();
    }

    /// Lets everybody live until it is so.
    fn until(&mut self, what: &str, mut so: impl FnMut(&mut Crowd) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so(&mut self.crowd) {
            assert!(Instant::now() < end, "waited in vain until {what}");
            self.answer_offers();
            self.crowd.run(Duration::from_millis(5)).unwrap();
        }
    }

    fn answer_offers(&mut self) {
        while let Ok(event) = self.sfu.events().try_recv() {
            match event {
                Event::Offer { peer, offer, .. } => {
                    let Some((_, id)) = self.people.iter().find(|(user, _)| *user == peer) else {
                        continue;
                    };
                    self.offers.insert(peer.clone(), offer.clone());
                    let participant = self.crowd.peer(*id).unwrap();
                    let sdp = participant
                        .answer(&offer.sdp, &offer.publish.video)
                        .unwrap();
                    self.command(Command::Answer {
                        peer,
                        session: offer.session,
                        revision: offer.revision,
                        sdp,
                    });
                }
                Event::Refused { peer, refusal, .. } => self.refused.push((peer, refusal)),
                Event::Connected { .. }
                | Event::Disconnected { .. }
                | Event::Streams { .. }
                | Event::Speakers { .. }
                | Event::Wanted { .. } => {}
            }
        }
    }
}

#[test]
fn what_one_sends_the_others_get() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    let carol = stage.join("carol", None);
    stage.until("bob and carol see alice", |crowd| {
        [bob, carol]
            .into_iter()
            .all(|id| crowd.peer(id).unwrap().received.packets > 100)
    });
}

#[test]
fn a_picture_that_is_not_on_the_screen_is_not_sent() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| {
        crowd.peer(bob).unwrap().received.packets > 30
    });
    stage.command(Command::Subscribe {
        peer: "bob".parse().unwrap(),
        subscription: Subscription::default(),
    });
    stage.crowd.run(Duration::from_millis(100)).unwrap();
    let before = stage.crowd.peer(bob).unwrap().received.packets;
    stage.crowd.run(Duration::from_millis(300)).unwrap();
    assert_eq!(stage.crowd.peer(bob).unwrap().received.packets, before);
    stage.command(Command::Subscribe {
        peer: "bob".parse().unwrap(),
        subscription: Subscription {
            views: vec![View {
                user: "alice".parse().unwrap(),
                source: Source::Video,
                width: 640,
                height: 360,
                pinned: false,
            }],
        },
    });
    stage.until("bob sees alice again", |crowd| {
        crowd.peer(bob).unwrap().received.packets > before + 30
    });
}

/// Packets that somebody got so far.
fn got(crowd: &mut Crowd, id: PeerId) -> u64 {
    crowd.peer(id).unwrap().received.packets
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

#[test]
fn what_may_not_be_sent_is_not_passed_on() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    let muted = Publication {
        video: false,
        ..Publication::ALL
    };
    for (publication, flows) in [(muted, false), (Publication::ALL, true)] {
        stage.command(Command::Publish {
            peer: user("alice"),
            publication,
        });
        stage.crowd.run(Duration::from_millis(200)).unwrap();
        let before = got(&mut stage.crowd, bob);
        if flows {
            stage.until("bob sees alice again", |crowd| {
                got(crowd, bob) > before + 30
            });
        } else {
            stage.crowd.run(Duration::from_millis(300)).unwrap();
            assert_eq!(got(&mut stage.crowd, bob), before);
        }
    }
    assert_eq!(stage.refused, []);
}

#[test]
fn who_leaves_gets_nothing_more_and_may_come_back() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    stage.command(Command::Leave { peer: user("bob") });
    stage.crowd.run(Duration::from_millis(100)).unwrap();
    let before = got(&mut stage.crowd, bob);
    stage.crowd.run(Duration::from_millis(300)).unwrap();
    assert_eq!(got(&mut stage.crowd, bob), before);
    stage.people.retain(|(_, id)| *id != bob);
    stage.crowd.remove(bob).unwrap();
    let again = stage.join("bob", None);
    stage.until("bob sees alice again", |crowd| got(crowd, again) > 30);
}

#[test]
fn a_broken_path_is_mended_by_new_credentials_in_the_same_session() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    let before = stage.offers[&user("bob")].clone();
    stage.command(Command::Restart {
        peer: user("bob"),
        session: Some(before.session.clone()),
    });
    let seen = got(&mut stage.crowd, bob);
    stage.until("bob goes on seeing alice", |crowd| {
        got(crowd, bob) > seen + 200
    });
    let after = &stage.offers[&user("bob")];
    assert_eq!(after.session, before.session);
    assert!(after.revision > before.revision);
    assert_ne!(ufrag(&after.sdp), ufrag(&before.sdp));
    assert_eq!(stage.refused, []);
}

fn ufrag(sdp: &str) -> &str {
    let mut lines = sdp.lines();
    lines
        .find_map(|line| line.strip_prefix("a=ice-ufrag:"))
        .unwrap()
}

#[test]
fn whoever_lost_a_session_gets_a_new_one() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    let before = stage.offers[&user("bob")].session.clone();
    // Another page, another connection.
    stage.people.retain(|(_, id)| *id != bob);
    stage.crowd.remove(bob).unwrap();
    let peer = MediaPeer::new(LOOPBACK, stage.began, None).unwrap();
    let reloaded = stage.crowd.add(peer).unwrap();
    stage.people.push((user("bob"), reloaded));
    stage.command(Command::Restart {
        peer: user("bob"),
        session: None,
    });
    stage.until("bob sees alice again", |crowd| got(crowd, reloaded) > 30);
    assert_ne!(stage.offers[&user("bob")].session, before);
}

#[test]
fn answers_that_do_not_fit_are_refused_and_change_nothing() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    let offer = stage.offers[&user("bob")].clone();
    let answer = |peer: &str, session: SessionId, revision| Command::Answer {
        peer: user(peer),
        session,
        revision,
        sdp: "v=0".to_owned(),
    };
    stage.command(answer("bob", offer.session.clone(), offer.revision));
    stage.command(answer("bob", offer.session.clone(), offer.revision + 1));
    stage.command(answer("bob", SessionId::new("another"), offer.revision));
    stage.command(answer("mallory", offer.session, offer.revision));
    let seen = got(&mut stage.crowd, bob);
    stage.until("bob goes on seeing alice", |crowd| {
        got(crowd, bob) > seen + 100
    });
    assert_eq!(
        stage.refused,
        [
            (user("bob"), Refusal::StaleAnswer),
            (user("bob"), Refusal::StaleAnswer),
            (user("bob"), Refusal::UnknownSession),
            (user("mallory"), Refusal::NotInRoom),
        ]
    );
}

#[test]
fn rooms_do_not_hear_of_each_other() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    stage.room = RoomId::new("another room");
    let carol = stage.join("carol", None);
    stage.until("carol is connected", |crowd| {
        crowd.peer(carol).unwrap().is_connected()
    });
    stage.crowd.run(Duration::from_millis(500)).unwrap();
    assert_eq!(got(&mut stage.crowd, carol), 0);
    let stats = stage.sfu.room_stats(stage.room.clone());
    let stats = stats.recv_timeout(PATIENCE).unwrap().unwrap();
    assert_eq!(stats.peers.len(), 1);
}

#[test]
fn nothing_is_left_of_a_room_that_is_closed() {
    let mut stage = Stage::new();
    stage.join("alice", Some(PLAN));
    let bob = stage.join("bob", None);
    stage.until("bob sees alice", |crowd| got(crowd, bob) > 30);
    assert_eq!(stage.sfu.counters().peers, 2);
    stage.command(Command::CloseRoom);
    let sfu = &stage.sfu;
    let end = Instant::now() + PATIENCE;
    loop {
        let stats = sfu.room_stats(stage.room.clone());
        if stats.recv_timeout(PATIENCE).unwrap().is_none() {
            break;
        }
        assert!(Instant::now() < end, "the room does not go away");
    }
    while (sfu.counters().rooms, sfu.counters().peers) != (0, 0) {
        assert!(Instant::now() < end, "the room is still counted");
    }
    let before = got(&mut stage.crowd, bob);
    stage.crowd.run(Duration::from_millis(200)).unwrap();
    assert!(got(&mut stage.crowd, bob) < before + 5);
}
