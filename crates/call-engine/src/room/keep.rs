use call_domain::{Address, CallId, Timestamp};

use super::{Orders, Rooms, Wish};
use crate::Engine;
use crate::roster::{Line, LiveCall};

impl Engine {
    /// Brings the rooms of a call to what it wants at this version. Does no harm when done again.
    pub(crate) fn follow_rooms(&self, live: &LiveCall) {
        let (wish, now) = (self.wish(live), self.clock.now());
        self.with_rooms(live.call.id(), &live.line, |rooms, orders| {
            rooms.follow(&wish, now, orders);
        });
        // Where they are, it listens.
        self.follow_recording(live);
    }

    /// A live call was loaded of which this node knew nothing: nobody knows any more what was turned off by whom.
    pub(crate) fn distrust_media(&self, live: &LiveCall) {
        let wish = self.wish(live);
        self.with_rooms(live.call.id(), &live.line, |rooms, orders| {
            rooms.distrust(&wish, orders);
        });
    }

    /// The rooms of a call that has ended are closed.
    pub(crate) fn close_rooms(&self, ended: &LiveCall) {
        self.with_rooms(ended.call.id(), &ended.line, Rooms::close);
    }

    /// The time of a room may be over.
    pub(crate) fn expire_room(&self, call: CallId, now: Timestamp) {
        if let Some(live) = self.roster.get(call) {
            self.with_rooms(call, &live.line, |rooms, orders| rooms.expire(now, orders));
        }
    }

    /// A device has another socket: what was sent to the last one may be lost.
    pub(crate) fn rooms_reconnected(&self, who: &Address) {
        for live in self.roster.of_user(&who.user) {
            self.with_rooms(live.call.id(), &live.line, |rooms, _| {
                for member in rooms.memberships(who) {
                    member.reconnected();
                }
            });
        }
    }

    /// A device can be told something: it comes into the room, or is given what it missed.
    pub(crate) fn rooms_ready(&self, live: &LiveCall, who: &Address) {
        self.follow_rooms(live);
        let (call, now) = (live.call.id(), self.clock.now());
        self.with_rooms(call, &live.line, |rooms, _| {
            for member in rooms.memberships(who) {
                member.deliver(now, |offer| self.bus.send_to(who, offer));
            }
            self.tell_streams(call, rooms, who);
            self.tell_wanted(call, rooms, who);
            self.tell_speakers_to(call, rooms, who);
        });
    }

    /// Changes the rooms of a call, and passes on what that asks of the media plane, in order. Without a media plane
    /// nothing is done.
    ///
    /// Quick, and nothing in it waits: the media plane's own thread comes here.
    pub(crate) fn with_rooms<T>(
        &self,
        call: CallId,
        line: &Line,
        change: impl FnOnce(&mut Rooms, &mut Orders) -> T,
    ) -> Option<T> {
        let media = self.config.media.as_ref()?;
        let mut orders = Orders::new();
        let mut rooms = line.rooms.lock();
        let before = rooms.deadline();
        let done = change(&mut rooms, &mut orders);
        // Under the lock, so that the media plane is asked in the order in which things changed.
        for (room, command) in orders {
            media.command(&room, command);
        }
        if rooms.deadline() != before {
            self.room_deadlines.set(call, rooms.deadline());
        }
        Some(done)
    }

    fn wish(&self, live: &LiveCall) -> Wish {
        Wish::of(&live.call, |who| self.bus.is_online(who))
    }
}
