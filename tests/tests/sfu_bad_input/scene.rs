use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use call_domain::UserId;
use call_media::sfu::{
    Command, Event, Offer, Publication, Refusal, RoomId, Sfu, SfuConfig, SfuCounters,
};
use call_tests::PATIENCE;
use call_tests::media::{Crowd, MediaPeer, PeerId, SendPlan};

use super::intruder::Intruder;

/// An SFU with a room in which something happens, and a quiet one whose people must not notice: alice, whom bob sees.
pub(crate) struct Scene {
    pub(crate) sfu: Sfu,
    pub(crate) crowd: Crowd,
    began: Instant,
    people: HashMap<UserId, PeerId>,
    /// Who means harm.
    pub(crate) mallory: Intruder,
    /// Whether it answers offers by itself.
    pub(crate) mallory_answers: bool,
    /// The latest offer to each, and how many there were.
    pub(crate) offers: HashMap<UserId, (Offer, usize)>,
    /// What was refused since this was looked at.
    pub(crate) refused: Vec<(UserId, Refusal)>,
    bob: PeerId,
    /// Kilobytes of this process when it began.
    resident: u64,
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PLAN: SendPlan = SendPlan {
    frame_rate: 30.0,
    packets: 3,
    packet_bytes: 1000,
};
const QUIET: &str = "quiet";
const LOUD: &str = "loud";
/// What the process may take more in the end, in kilobytes.
const GROWTH_MAX: u64 = 64 << 10;

impl Scene {
    pub(crate) fn set() -> Self {
        let config = SfuConfig {
            shards: 2,
            simulcast: false,
            ..SfuConfig::default()
        };
        let mut crowd = Crowd::new().unwrap();
        let began = Instant::now();
        let mut people = HashMap::new();
        let sfu = Sfu::start(&config).unwrap();
        for (name, plan) in [("alice", Some(PLAN)), ("bob", None)] {
            let peer = MediaPeer::new(LOOPBACK, began, plan).unwrap();
            people.insert(user(name), crowd.add(peer).unwrap());
            sfu.command(RoomId::new(QUIET), join(name)).unwrap();
        }
        let mut scene = Self {
            sfu,
            crowd,
            began,
            bob: people[&user("bob")],
            people,
            mallory: Intruder::new(),
            mallory_answers: true,
            offers: HashMap::new(),
            refused: Vec::new(),
            resident: 0,
        };
        let bob = scene.bob;
        scene.until("bob sees alice", |scene| scene.got(bob) > 30);
        scene.resident = resident();
        scene
    }

    /// Somebody with good manners in the loud room; who sends, if so.
    pub(crate) fn join(&mut self, name: &str, sends: bool) -> PeerId {
        let plan = sends.then_some(PLAN);
        let peer = MediaPeer::new(LOOPBACK, self.began, plan).unwrap();
        let id = self.crowd.add(peer).unwrap();
        self.people.insert(user(name), id);
        self.command(join(name));
        id
    }

    /// Mallory comes into the loud room.
    pub(crate) fn let_mallory_in(&mut self) {
        self.command(join("mallory"));
        self.until("mallory is in", |scene| scene.mallory.is_connected());
    }

    pub(crate) fn command(&self, command: Command) {
        self.sfu.command(RoomId::new(LOUD), command).unwrap();
    }

    /// Packets of pictures that somebody got.
    pub(crate) fn got(&mut self, id: PeerId) -> u64 {
        self.crowd.peer(id).unwrap().received.packets
    }

    pub(crate) fn offer_to(&self, name: &str) -> &Offer {
        &self.offers[&user(name)].0
    }

    /// Lets everybody live until it is so.
    pub(crate) fn until(&mut self, what: &str, mut so: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so(self) {
            assert!(Instant::now() < end, "waited in vain until {what}");
            self.live();
        }
    }

    /// Does something so many times, as fast as the SFU counts it.
    pub(crate) fn storm(
        &mut self,
        times: u64,
        counted: impl Fn(&SfuCounters) -> u64,
        mut act: impl FnMut(&mut Self, u64),
    ) {
        /// Few enough for any socket's buffer.
        const GUST: u64 = 40;
        let before = counted(&self.sfu.counters());
        for number in 0..times {
            act(self, number);
            let done = number + 1;
            if done % GUST == 0 || done == times {
                self.until(&format!("{done} of {times} are counted"), |scene| {
                    counted(&scene.sfu.counters()) >= before + done
                });
            }
        }
    }

    /// A moment of everybody's life.
    pub(crate) fn live(&mut self) {
        self.take_events();
        self.mallory.drive(Instant::now());
        self.crowd.run(Duration::from_millis(1)).unwrap();
    }

    fn take_events(&mut self) {
        while let Ok(event) = self.sfu.events().try_recv() {
            match event {
                Event::Offer { room, peer, offer } => {
                    let sdp = self.answer(&peer, &offer);
                    let count = self.offers.get(&peer).map_or(0, |(_, count)| *count);
                    self.offers.insert(peer.clone(), (offer.clone(), count + 1));
                    if let Some(sdp) = sdp {
                        let answer = Command::Answer {
                            peer,
                            session: offer.session,
                            revision: offer.revision,
                            sdp,
                        };
                        self.sfu.command(room, answer).unwrap();
                    }
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

    fn answer(&mut self, peer: &UserId, offer: &Offer) -> Option<String> {
        if *peer == user("mallory") {
            let sdp = self.mallory.answer(&offer.sdp);
            return self.mallory_answers.then_some(sdp);
        }
        let participant = self.crowd.peer(self.people[peer]).unwrap();
        let sdp = participant.answer(&offer.sdp, &offer.publish.video);
        Some(sdp.unwrap())
    }

    /// Nobody in the quiet room has noticed anything, every shard is at its work, and nothing is kept of what came.
    pub(crate) fn goes_on(mut self) {
        let bob = self.bob;
        let before = self.got(bob);
        self.until("bob goes on seeing alice", |scene| {
            scene.got(bob) > before + 60
        });
        let peer = self.crowd.peer(bob).unwrap();
        assert!(peer.is_alive());
        assert_eq!(peer.received.lost(), 0);
        // More rooms than shards: each is asked.
        for number in 0..16 {
            let stats = self.sfu.room_stats(RoomId::new(format!("room {number}")));
            assert_eq!(stats.recv_timeout(PATIENCE), Ok(None));
        }
        let grown = resident().saturating_sub(self.resident);
        assert!(grown < GROWTH_MAX, "{grown} kB");
        assert_eq!(self.refused, []);
    }
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn join(name: &str) -> Command {
    Command::Join {
        peer: user(name),
        publication: Publication::ALL,
    }
}

/// Kilobytes of memory that this process takes; none where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .unwrap_or(0)
}
