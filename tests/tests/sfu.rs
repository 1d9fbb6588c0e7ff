//! The SFU with participants of another engine: real sockets, real ICE, DTLS and SRTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use call_domain::UserId;
use call_media::sfu::{
    Command, Event, Publication, RoomId, Sfu, SfuConfig, Subscription, View,
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
                    let participant = self.crowd.peer(*id).unwrap();
                    let sdp = participant.answer(&offer.sdp, &offer.publish.video).unwrap();
                    self.command(Command::Answer {
                        peer,
                        session: offer.session,
                        revision: offer.revision,
                        sdp,
                    });
                }
                Event::Refused { peer, refusal, .. } => panic!("{peer} was refused: {refusal}"),
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
                source: call_media::sfu::Source::Video,
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
