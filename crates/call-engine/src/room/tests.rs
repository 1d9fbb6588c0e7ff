//! Any history of a call against a reference of what a media plane would hold.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call_domain::{
    Address, CallId, DeviceId, MediaOff, MediaState, SfuRoomId, Timestamp, Topology, UserId,
};
use call_media::sfu::{Command, Publication, RoomId, SessionId};
use proptest::prelude::*;
use uuid::Uuid;

use super::member::Member;
use super::wish::InCall;
use super::{NoSession, OfferKey, Orders, Rooms, Wish};

const USERS: usize = 4;

fn user(n: usize) -> UserId {
    format!("u{n}").parse().expect("user id")
}

fn device(n: usize) -> DeviceId {
    format!("d{n}").parse().expect("device id")
}

fn room(version: u64) -> SfuRoomId {
    SfuRoomId::new(CallId::new(Uuid::from_u128(7)), version)
}

fn name(version: u64) -> RoomId {
    RoomId::new(room(version).to_string())
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(0) + Duration::from_secs(seconds)
}

fn in_call(n: usize) -> InCall {
    InCall {
        who: Address {
            user: user(n),
            device: device(0),
        },
        online: true,
        media: MediaState::default(),
    }
}

fn wish(version: u64, room_of: Option<u64>, users: &[usize]) -> Wish {
    Wish {
        version,
        room: room_of.map(room),
        present: users.iter().copied().map(in_call).collect(),
    }
}

fn follow(rooms: &mut Rooms, wish: &Wish, seconds: u64) -> Orders {
    let mut orders = Orders::new();
    rooms.follow(wish, at(seconds), &mut orders);
    orders
}

/// What a media plane holds after these orders, which it could all carry out.
#[derive(Debug, Default)]
struct Held {
    rooms: BTreeMap<RoomId, BTreeMap<UserId, Publication>>,
}

impl Held {
    fn take(&mut self, orders: Orders) {
        for (room, command) in orders {
            let closed = command == Command::CloseRoom;
            let members = self.rooms.entry(room.clone()).or_default();
            match command {
                Command::Join { peer, publication } => {
                    let there = members.insert(peer, publication);
                    assert_eq!(there, None, "came in twice");
                }
                Command::Publish { peer, publication } => {
                    let before = members.insert(peer, publication);
                    assert!(before.is_some_and(|before| before != publication));
                }
                Command::Leave { peer } => assert!(members.remove(&peer).is_some()),
                Command::CloseRoom => {}
                Command::Answer { .. }
                | Command::Candidate { .. }
                | Command::Restart { .. }
                | Command::Subscribe { .. }
                | Command::Tap { .. }
                | Command::Untap { .. } => unreachable!("nobody said so"),
            }
            if closed {
                self.rooms.remove(&room);
            }
        }
    }

    fn users(&self, room: &RoomId) -> BTreeSet<UserId> {
        let members = self.rooms.get(room).into_iter().flatten();
        members.map(|(user, _)| user.clone()).collect()
    }
}

#[derive(Debug, Clone)]
enum Happens {
    /// The call changes: who is in it, with which device, online or not, and what each sends.
    Changes {
        people: Vec<(bool, usize, bool, MediaState)>,
        sfu: bool,
    },
    /// The same version is followed again, perhaps with others online.
    Again,
    Switched(usize, Topology),
    Silenced(usize, MediaOff),
    Distrusted,
    Passes(u64),
    Ends,
}

fn media() -> impl Strategy<Value = MediaState> {
    any::<(bool, bool, bool)>().prop_map(|(audio, video, screen)| MediaState {
        audio,
        video,
        screen,
    })
}

fn happens() -> impl Strategy<Value = Happens> {
    let person = (
        any::<bool>(),
        0..2_usize,
        prop::bool::weighted(0.8),
        media(),
    );
    let people = prop::collection::vec(person, USERS);
    let topology = prop_oneof![Just(Topology::P2p), Just(Topology::Sfu)];
    let off = media().prop_map(|media| MediaOff {
        audio: media.audio,
        video: media.video,
        screen: media.screen,
    });
    prop_oneof![
        8 => (people, any::<bool>()).prop_map(|(people, sfu)| Happens::Changes { people, sfu }),
        2 => Just(Happens::Again),
        4 => (0..USERS, topology).prop_map(|(n, to)| Happens::Switched(n, to)),
        2 => (0..USERS, off).prop_map(|(n, off)| Happens::Silenced(n, off)),
        1 => Just(Happens::Distrusted),
        3 => (0..15_u64).prop_map(Happens::Passes),
        1 => Just(Happens::Ends),
    ]
}

/// The reference: what should be silenced, and what the call wants.
#[derive(Debug)]
struct World {
    rooms: Rooms,
    held: Held,
    wish: Wish,
    silenced: BTreeMap<UserId, MediaOff>,
    now: u64,
    over: bool,
}

impl World {
    fn step(&mut self, happens: Happens) {
        let mut orders = Orders::new();
        match happens {
            Happens::Changes { people, sfu } => {
                let version = self.wish.version + 1;
                let room_before = self.wish.room;
                let present = people.into_iter().enumerate().filter(|(_, p)| p.0);
                self.wish = Wish {
                    version,
                    room: sfu.then(|| room_before.unwrap_or(room(version))),
                    present: present
                        .map(|(n, (_, used, online, media))| InCall {
                            who: Address {
                                user: user(n),
                                device: device(used),
                            },
                            online,
                            media,
                        })
                        .collect(),
                };
                self.rooms.follow(&self.wish, at(self.now), &mut orders);
            }
            Happens::Again => self.rooms.follow(&self.wish, at(self.now), &mut orders),
            Happens::Switched(n, to) => self.rooms.switched(&user(n), to, &mut orders),
            Happens::Silenced(n, off) => {
                if !self.over && self.wish.of_user(&user(n)).is_some() {
                    let known = self.silenced.entry(user(n)).or_default();
                    known.audio |= off.audio;
                    known.video |= off.video;
                    known.screen |= off.screen;
                    self.rooms.silence(&user(n), off, &mut orders);
                }
            }
            Happens::Distrusted => {
                if !self.over {
                    for present in &self.wish.present {
                        let known = self.silenced.entry(present.who.user.clone()).or_default();
                        known.audio |= !present.media.audio;
                        known.video |= !present.media.video;
                        known.screen |= !present.media.screen;
                    }
                    self.rooms.distrust(&self.wish, &mut orders);
                }
            }
            Happens::Passes(seconds) => {
                self.now += seconds;
                self.rooms.expire(at(self.now), &mut orders);
            }
            Happens::Ends => {
                self.over = true;
                self.rooms.close(&mut orders);
            }
        }
        self.held.take(orders);
    }

    /// What its owner turned on, or whose owner is gone, is silenced no longer.
    fn lift(&mut self) {
        let wish = &self.wish;
        self.silenced.retain(|user, off| {
            let Some(present) = wish.of_user(user) else {
                return false;
            };
            off.audio &= !present.media.audio;
            off.video &= !present.media.video;
            off.screen &= !present.media.screen;
            true
        });
    }

    fn check(&mut self, followed: bool) {
        if self.over {
            assert!(self.held.rooms.is_empty());
            assert_eq!(self.rooms.deadline(), None);
            return;
        }
        assert!(self.held.rooms.len() <= 2, "{:?}", self.held.rooms);
        let present: BTreeSet<_> = self
            .wish
            .present
            .iter()
            .map(|p| p.who.user.clone())
            .collect();
        for room in self.held.rooms.keys() {
            assert!(self.held.users(room).is_subset(&present));
        }
        if let Some(current) = self.wish.room {
            let current = RoomId::new(current.to_string());
            let members = self.held.users(&current);
            for person in self.wish.present.iter().filter(|p| p.online) {
                assert!(members.contains(&person.who.user));
            }
        }
        let expected = usize::from(self.rooms.deadline().is_some());
        let others = self.held.rooms.keys();
        let others = others.filter(|room| {
            self.wish
                .room
                .is_none_or(|id| id.to_string() != room.as_str())
        });
        assert_eq!(others.count(), expected, "a room that nothing closes");
        for members in self.held.rooms.values() {
            for (user, publication) in members {
                let off = self.silenced.get(user).copied().unwrap_or_default();
                let expected = Publication {
                    audio: !off.audio,
                    video: !off.video,
                    screen: !off.screen,
                };
                assert_eq!(*publication, expected);
            }
        }
        if followed {
            let mut again = Orders::new();
            self.rooms.follow(&self.wish, at(self.now), &mut again);
            assert_eq!(again, [], "not idempotent");
        }
    }
}

proptest! {
    #[test]
    fn rooms_hold_who_is_in_the_call_and_end(history in prop::collection::vec(happens(), 0..40)) {
        let mut world = World {
            rooms: Rooms::default(),
            held: Held::default(),
            wish: wish(1, None, &[]),
            silenced: BTreeMap::new(),
            now: 0,
            over: false,
        };
        for happens in history {
            let followed = matches!(happens, Happens::Changes { .. } | Happens::Again);
            world.step(happens);
            if followed {
                world.lift();
            }
            world.check(followed);
        }
        world.step(Happens::Ends);
        world.check(false);
    }
}

#[test]
fn a_room_goes_when_all_have_switched() {
    let mut rooms = Rooms::default();
    follow(&mut rooms, &wish(3, Some(3), &[0, 1]), 0);
    assert_eq!(follow(&mut rooms, &wish(4, None, &[0, 1]), 10), []);
    assert_eq!(rooms.deadline(), Some(at(30)));
    let mut orders = Orders::new();
    rooms.switched(&user(0), Topology::Sfu, &mut orders);
    rooms.switched(&user(0), Topology::P2p, &mut orders);
    rooms.switched(&user(0), Topology::P2p, &mut orders);
    assert_eq!(orders, []);
    rooms.switched(&user(1), Topology::P2p, &mut orders);
    assert_eq!(orders, [(name(3), Command::CloseRoom)]);
    assert_eq!(rooms.deadline(), None);
}

#[test]
fn a_room_goes_when_its_time_is_over() {
    let mut rooms = Rooms::default();
    follow(&mut rooms, &wish(3, Some(3), &[0, 1]), 0);
    follow(&mut rooms, &wish(4, None, &[0, 1]), 10);
    let mut orders = Orders::new();
    rooms.expire(at(29), &mut orders);
    assert_eq!(orders, []);
    rooms.expire(at(30), &mut orders);
    assert_eq!(orders, [(name(3), Command::CloseRoom)]);
}

#[test]
fn a_room_goes_when_the_last_who_render_it_are_out() {
    let mut rooms = Rooms::default();
    follow(&mut rooms, &wish(3, Some(3), &[0, 1]), 0);
    follow(&mut rooms, &wish(4, None, &[0, 1]), 0);
    let mut orders = Orders::new();
    rooms.switched(&user(0), Topology::P2p, &mut orders);
    let left = follow(&mut rooms, &wish(5, None, &[0]), 1);
    let leave = Command::Leave { peer: user(1) };
    assert_eq!(left, [(name(3), leave), (name(3), Command::CloseRoom)]);
}

#[test]
fn a_third_room_takes_the_place_of_the_first() {
    let mut rooms = Rooms::default();
    follow(&mut rooms, &wish(3, Some(3), &[0, 1]), 0);
    follow(&mut rooms, &wish(4, None, &[0, 1]), 1);
    let back = follow(&mut rooms, &wish(5, Some(5), &[0, 1]), 2);
    assert!(!back.contains(&(name(3), Command::CloseRoom)), "{back:?}");
    let mut orders = Orders::new();
    rooms.switched(&user(0), Topology::Sfu, &mut orders);
    assert_eq!(orders, []);
    let again = follow(&mut rooms, &wish(6, None, &[0, 1]), 3);
    assert_eq!(again, [(name(3), Command::CloseRoom)]);
    assert_eq!(rooms.deadline(), Some(at(23)));
}

#[test]
fn an_older_version_changes_nothing() {
    let mut rooms = Rooms::default();
    follow(&mut rooms, &wish(5, Some(5), &[0, 1]), 0);
    assert_eq!(follow(&mut rooms, &wish(4, None, &[0]), 0), []);
    let mut orders = Orders::new();
    rooms.close(&mut orders);
    assert_eq!(orders, [(name(5), Command::CloseRoom)]);
    assert_eq!(follow(&mut rooms, &wish(6, Some(5), &[0, 1]), 0), []);
}

#[test]
fn sessions_belong_to_the_room_that_offered_them() {
    let mut rooms = Rooms::default();
    let who = in_call(0).who;
    let session = |n: u32| SessionId::new(format!("s{n}"));
    let offer = |rooms: &mut Rooms, room: u64, n: u32| {
        let key = OfferKey {
            session: session(n),
            revision: 1,
        };
        let room = rooms.room_mut(&name(room)).expect("room");
        let member = room.member_mut(&user(0)).expect("member");
        member.offered(key, "offer".into(), at(0), |_| true);
    };
    assert_eq!(rooms.of_session(&who, &session(1)), Err(NoSession::NoRoom));
    follow(&mut rooms, &wish(3, Some(3), &[0, 1]), 0);
    assert_eq!(rooms.of_session(&who, &session(1)), Err(NoSession::Unknown));
    offer(&mut rooms, 3, 1);
    follow(&mut rooms, &wish(4, None, &[0, 1]), 0);
    follow(&mut rooms, &wish(5, Some(5), &[0, 1]), 0);
    offer(&mut rooms, 5, 2);
    assert_eq!(rooms.of_session(&who, &session(1)), Ok(&name(3)));
    assert_eq!(rooms.of_session(&who, &session(2)), Ok(&name(5)));
    for n in 3..6 {
        offer(&mut rooms, 5, n);
    }
    assert_eq!(rooms.of_session(&who, &session(2)), Ok(&name(5)));
    offer(&mut rooms, 5, 6);
    assert_eq!(rooms.of_session(&who, &session(2)), Err(NoSession::Unknown));
    let tablet = Address {
        user: user(0),
        device: device(9),
    };
    assert_eq!(
        rooms.of_session(&tablet, &session(1)),
        Err(NoSession::NoRoom)
    );
}

#[test]
fn an_offer_is_sent_until_it_is_answered_once_for_each_socket() {
    let mut member = Member::new(device(0), Publication::ALL, at(0));
    let key = |revision| OfferKey {
        session: SessionId::new("s"),
        revision,
    };
    let sent = |member: &mut Member| {
        let mut sent = false;
        member.deliver(at(5), |_| {
            sent = true;
            true
        });
        sent
    };
    member.offered(key(1), "one".into(), at(0), |_| false);
    assert!(sent(&mut member));
    assert!(!sent(&mut member));
    member.reconnected();
    assert!(sent(&mut member));
    member.offered(key(2), "two".into(), at(9), |_| true);
    member.answered(&key(1));
    member.reconnected();
    assert!(sent(&mut member));
    member.answered(&key(2));
    member.reconnected();
    assert!(!sent(&mut member));
}
