use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use call_domain::{Address, MediaOff, MediaState, SfuRoomId, Timestamp, Topology, UserId};
use call_media::sfu::{Command, Publication, RoomId, SessionId};

use super::{Wish, member::Member};

/// How long a room stays after its call went back to peer-to-peer, for those who still render it.
const FAREWELL: Duration = Duration::from_secs(20);

/// What is to be asked of the media plane, in order.
pub(crate) type Orders = Vec<(RoomId, Command)>;

/// The rooms of one call: the one in use, and the one that was in use before, on its way out.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    /// The version of the call that was last followed; older ones are passed over.
    version: u64,
    over: bool,
    current: Option<Room>,
    closing: Option<Closing>,
    /// What was turned off for somebody by others, until that user turns it on.
    silenced: BTreeMap<UserId, MediaOff>,
}

/// One room of the media plane.
#[derive(Debug)]
pub(crate) struct Room {
    id: SfuRoomId,
    name: RoomId,
    members: BTreeMap<UserId, Member>,
    /// Who speaks, as the media plane said it last.
    pub(crate) speakers: Vec<UserId>,
}

#[derive(Debug)]
struct Closing {
    room: Room,
    deadline: Timestamp,
    /// Those who render another way.
    switched: BTreeSet<UserId>,
}

/// Why something about a session cannot be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSession {
    /// The device is in no room.
    NoRoom,
    /// The device is in a room, and was never offered such a session.
    Unknown,
}

impl Rooms {
    /// Brings the rooms to what a call wants. Again with the same wish: nothing happens.
    pub(crate) fn follow(&mut self, wish: &Wish, now: Timestamp, orders: &mut Orders) {
        if self.over || wish.version < self.version {
            return;
        }
        self.version = wish.version;
        self.lift(wish);
        if self.current.as_ref().map(|room| room.id) != wish.room {
            self.replace(wish.room, now, orders);
        }
        for room in self.rooms_mut() {
            room.put_out_absent(wish, orders);
        }
        self.close_if_deserted(orders);
        let silenced = &self.silenced;
        if let Some(room) = &mut self.current {
            room.take_in(wish, silenced, now, orders);
        }
        self.publish(orders);
    }

    /// The call is over: so are its rooms, for good.
    pub(crate) fn close(&mut self, orders: &mut Orders) {
        self.over = true;
        self.silenced.clear();
        let closing = self.closing.take().map(|closing| closing.room);
        for room in closing.into_iter().chain(self.current.take()) {
            orders.push((room.name, Command::CloseRoom));
        }
    }

    /// Takes everything that is off for turned off by others: what was turned off by whom was forgotten.
    pub(crate) fn distrust(&mut self, wish: &Wish, orders: &mut Orders) {
        for present in &wish.present {
            self.silence_those(&present.who.user, not(present.media));
        }
        self.publish(orders);
    }

    /// Somebody else turned off what a user sends: it is dropped until that user turns it on.
    pub(crate) fn silence(&mut self, user: &UserId, off: MediaOff, orders: &mut Orders) {
        self.silence_those(user, off);
        self.publish(orders);
    }

    /// A device renders everything over a topology now.
    pub(crate) fn switched(&mut self, user: &UserId, to: Topology, orders: &mut Orders) {
        let Some(closing) = &mut self.closing else {
            return;
        };
        // With a new room there, the other way is that one.
        let away = match to {
            Topology::P2p => true,
            Topology::Sfu => self.current.is_some(),
        };
        if away && closing.room.members.contains_key(user) {
            closing.switched.insert(user.clone());
        }
        self.close_if_deserted(orders);
    }

    /// Closes the room whose time is over.
    pub(crate) fn expire(&mut self, now: Timestamp, orders: &mut Orders) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.close_former(orders);
        }
    }

    /// When [`Rooms::expire`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        self.closing.as_ref().map(|closing| closing.deadline)
    }

    /// The room that a device is in: the one in use before the one on its way out.
    pub(crate) fn of_device(&self, who: &Address) -> Option<&RoomId> {
        self.rooms()
            .find(|room| room.member(who).is_some())
            .map(|room| &room.name)
    }

    /// The room in which a device was offered a session.
    pub(crate) fn of_session(
        &self,
        who: &Address,
        session: &SessionId,
    ) -> Result<&RoomId, NoSession> {
        let mut known = NoSession::NoRoom;
        for room in self.rooms() {
            match room.member(who) {
                Some(member) if member.knows(session) => return Ok(&room.name),
                Some(_) => known = NoSession::Unknown,
                None => {}
            }
        }
        Err(known)
    }

    /// What a device is owed, in every room that it is in.
    pub(crate) fn memberships(&mut self, who: &Address) -> impl Iterator<Item = &mut Member> {
        self.rooms_mut()
            .filter_map(|room| room.members.get_mut(&who.user))
            .filter(|member| member.device == who.device)
    }

    /// A room by its name.
    pub(crate) fn room_mut(&mut self, name: &RoomId) -> Option<&mut Room> {
        self.rooms_mut().find(|room| room.name == *name)
    }

    /// The room that members are told of: the one in use, else the one on its way out.
    pub(crate) fn shown(&mut self) -> Option<&mut Room> {
        self.rooms_mut().next()
    }

    /// Whether this is the room that members are told of.
    pub(crate) fn is_shown(&self, name: &RoomId) -> bool {
        self.rooms().next().is_some_and(|room| room.name == *name)
    }

    fn rooms(&self) -> impl Iterator<Item = &Room> {
        let closing = self.closing.as_ref().map(|closing| &closing.room);
        self.current.iter().chain(closing)
    }

    fn rooms_mut(&mut self) -> impl Iterator<Item = &mut Room> {
        let closing = self.closing.as_mut().map(|closing| &mut closing.room);
        self.current.iter_mut().chain(closing)
    }

    fn replace(&mut self, by: Option<SfuRoomId>, now: Timestamp, orders: &mut Orders) {
        if let Some(room) = self.current.take() {
            self.close_former(orders);
            self.closing = Some(Closing {
                room,
                deadline: now + FAREWELL,
                switched: BTreeSet::new(),
            });
        }
        self.current = by.map(Room::new);
    }

    fn close_if_deserted(&mut self, orders: &mut Orders) {
        let deserted = self.closing.as_ref().is_some_and(|closing| {
            let mut members = closing.room.members.keys();
            members.all(|user| closing.switched.contains(user))
        });
        if deserted {
            self.close_former(orders);
        }
    }

    fn close_former(&mut self, orders: &mut Orders) {
        if let Some(closing) = self.closing.take() {
            orders.push((closing.room.name, Command::CloseRoom));
        }
    }

    /// What a user turned on is silenced no longer; nor is anything of those who are out of the call.
    fn lift(&mut self, wish: &Wish) {
        self.silenced.retain(|user, off| {
            let Some(present) = wish.of_user(user) else {
                return false;
            };
            off.audio &= !present.media.audio;
            off.video &= !present.media.video;
            off.screen &= !present.media.screen;
            *off != MediaOff::default()
        });
    }

    fn silence_those(&mut self, user: &UserId, off: MediaOff) {
        if off == MediaOff::default() {
            return;
        }
        let silenced = self.silenced.entry(user.clone()).or_default();
        silenced.audio |= off.audio;
        silenced.video |= off.video;
        silenced.screen |= off.screen;
    }

    fn publish(&mut self, orders: &mut Orders) {
        let silenced = std::mem::take(&mut self.silenced);
        for room in self.rooms_mut() {
            for (user, member) in &mut room.members {
                let publication = publication(silenced.get(user));
                if member.publication != publication {
                    member.publication = publication;
                    let peer = user.clone();
                    let order = Command::Publish { peer, publication };
                    orders.push((room.name.clone(), order));
                }
            }
        }
        self.silenced = silenced;
    }
}

impl Room {
    fn new(id: SfuRoomId) -> Self {
        Self {
            id,
            name: RoomId::new(id.to_string()),
            members: BTreeMap::new(),
            speakers: Vec::new(),
        }
    }

    /// As the media plane knows it.
    pub(crate) fn name(&self) -> &RoomId {
        &self.name
    }

    /// The devices in the room.
    pub(crate) fn devices(&self) -> Vec<Address> {
        let members = self.members.iter().map(|(user, member)| Address {
            user: user.clone(),
            device: member.device.clone(),
        });
        members.collect()
    }

    /// A user's device in the room.
    pub(crate) fn member_mut(&mut self, user: &UserId) -> Option<&mut Member> {
        self.members.get_mut(user)
    }

    /// The media plane did not take a member in, or has lost it.
    pub(crate) fn forget(&mut self, user: &UserId) {
        self.members.remove(user);
    }

    fn member(&self, who: &Address) -> Option<&Member> {
        self.members
            .get(&who.user)
            .filter(|member| member.device == who.device)
    }

    fn put_out_absent(&mut self, wish: &Wish, orders: &mut Orders) {
        let name = &self.name;
        self.members.retain(|user, member| {
            let stays = wish.has(user, &member.device);
            if !stays {
                orders.push((name.clone(), Command::Leave { peer: user.clone() }));
            }
            stays
        });
    }

    /// Whoever can be told of an offer comes in; the others once they are connected.
    fn take_in(
        &mut self,
        wish: &Wish,
        silenced: &BTreeMap<UserId, MediaOff>,
        now: Timestamp,
        orders: &mut Orders,
    ) {
        for present in wish.present.iter().filter(|present| present.online) {
            let Address { user, device } = &present.who;
            if self.members.contains_key(user) {
                continue;
            }
            let publication = publication(silenced.get(user));
            let member = Member::new(device.clone(), publication, now);
            self.members.insert(user.clone(), member);
            let join = Command::Join {
                peer: user.clone(),
                publication,
            };
            orders.push((self.name.clone(), join));
        }
    }
}

fn publication(silenced: Option<&MediaOff>) -> Publication {
    silenced.map_or(Publication::ALL, |off| Publication {
        audio: !off.audio,
        video: !off.video,
        screen: !off.screen,
    })
}

fn not(media: MediaState) -> MediaOff {
    MediaOff {
        audio: !media.audio,
        video: !media.video,
        screen: !media.screen,
    }
}
