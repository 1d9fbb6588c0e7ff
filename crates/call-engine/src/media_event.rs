use call_domain::{Address, CallId, SfuRoomId, UserId};
use call_media::sfu::{Command, Event, Offer, Refusal, RoomId, StreamState, WantedLayer};
use call_signal::wire::ErrorCode;

use crate::Engine;
use crate::media_message;
use crate::room::{OfferKey, Rooms};
use crate::roster::LiveCall;

impl Engine {
    /// Takes in what the media plane tells, and tells the devices concerned.
    ///
    /// Quick, and never waits: it may be called from the thread that forwards. Must not be called from within
    /// [`MediaPlane::command`](crate::MediaPlane::command). Events about rooms that are no more are passed over.
    pub fn media_event(&self, event: Event) {
        match event {
            Event::Offer { room, peer, offer } => self.offered(&room, &peer, &offer),
            Event::Connected {
                room,
                peer,
                session,
            } => {
                tracing::debug!(%room, user = %peer, %session, "media is connected");
                self.media_connected(&room, &peer);
            }
            Event::Disconnected {
                room,
                peer,
                session,
            } => tracing::info!(%room, user = %peer, %session, "media is disconnected"),
            Event::Streams {
                room,
                peer,
                streams,
            } => self.streams_changed(&room, &peer, streams),
            Event::Wanted {
                room,
                peer,
                streams,
            } => self.wanted_changed(&room, &peer, streams),
            Event::Speakers { room, users } => self.speakers_changed(&room, users),
            Event::Refused {
                room,
                peer,
                refusal,
            } => self.refused(&room, &peer, refusal),
        }
    }

    fn offered(&self, room: &RoomId, peer: &UserId, offer: &Offer) {
        self.with_room(room, |call, rooms| {
            let frame = media_message::offer(call, offer);
            let member = rooms.room_mut(room)?.member_mut(peer)?;
            let who = address(peer, &member.device);
            let key = OfferKey {
                session: offer.session.clone(),
                revision: offer.revision,
            };
            member.offered(key, frame, self.clock.now(), |frame| {
                self.bus.send_to(&who, frame)
            });
            Some(())
        });
    }

    fn media_connected(&self, room: &RoomId, peer: &UserId) {
        self.with_room(room, |call, rooms| {
            let member = rooms.room_mut(room)?.member_mut(peer)?;
            let who = address(peer, &member.device);
            self.tell_speakers_to(call, rooms, &who);
            Some(())
        });
    }

    fn streams_changed(&self, room: &RoomId, peer: &UserId, streams: Vec<StreamState>) {
        self.with_room(room, |call, rooms| {
            let member = rooms.room_mut(room)?.member_mut(peer)?;
            member.latest.streams = Some(streams);
            let who = address(peer, &member.device);
            self.tell_streams(call, rooms, &who);
            Some(())
        });
    }

    fn wanted_changed(&self, name: &RoomId, peer: &UserId, streams: Vec<WantedLayer>) {
        self.with_room(name, |call, rooms| {
            let shown = rooms.is_shown(name);
            let member = rooms.room_mut(name)?.member_mut(peer)?;
            member.latest.wanted = Some(streams);
            let who = address(peer, &member.device);
            if shown {
                self.tell_wanted(call, rooms, &who);
            }
            Some(())
        });
    }

    fn speakers_changed(&self, name: &RoomId, users: Vec<UserId>) {
        self.with_room(name, |call, rooms| {
            let shown = rooms.is_shown(name);
            let room = rooms.room_mut(name)?;
            room.speakers = users;
            if shown {
                let frame = media_message::speakers(call, &room.speakers);
                for who in room.devices() {
                    self.bus.send_to(&who, &frame);
                }
            }
            Some(())
        });
    }

    fn refused(&self, room: &RoomId, peer: &UserId, refusal: Refusal) {
        match refusal {
            Refusal::Full => tracing::warn!(%room, user = %peer, "the media plane has no place"),
            // Clients bring these about as often as they like.
            Refusal::NotInRoom
            | Refusal::UnknownSession
            | Refusal::StaleAnswer
            | Refusal::BadSdp
            | Refusal::BadCandidate => {
                tracing::debug!(%room, user = %peer, %refusal, "the media plane refused a command");
            }
        }
        let Some((call, live)) = self.live_of(room) else {
            return;
        };
        let who = self.with_rooms(call, &live.line, |rooms, orders| {
            let member_of = rooms.room_mut(room)?;
            let who = address(peer, &member_of.member_mut(peer)?.device);
            match refusal {
                Refusal::NotInRoom => member_of.forget(peer),
                // It may be tried again. Whatever was not taken, nobody is in a room whom nobody knows to be there.
                Refusal::Full => {
                    member_of.forget(peer);
                    let leave = Command::Leave { peer: peer.clone() };
                    orders.push((room.clone(), leave));
                }
                Refusal::UnknownSession
                | Refusal::StaleAnswer
                | Refusal::BadSdp
                | Refusal::BadCandidate => {}
            }
            Some(who)
        });
        let Some(Some(who)) = who else {
            return;
        };
        let code = match refusal {
            // Who should be there comes in anew: an offer says more than an error.
            Refusal::NotInRoom => return self.follow_rooms(&live),
            Refusal::UnknownSession => ErrorCode::UnknownSession,
            Refusal::StaleAnswer => ErrorCode::StaleAnswer,
            Refusal::BadSdp => ErrorCode::BadSdp,
            Refusal::BadCandidate => ErrorCode::InvalidMessage,
            Refusal::Full => ErrorCode::RoomFull,
        };
        let frame = media_message::refused(call, code, refusal);
        self.bus.send_to(&who, &frame);
    }

    /// Tells a device how the pictures that it asked for come to it, if that is known.
    pub(crate) fn tell_streams(&self, call: CallId, rooms: &mut Rooms, who: &Address) {
        let latest = rooms
            .shown()
            .and_then(|room| room.member_mut(&who.user))
            .map(|member| &member.latest);
        if let Some(frame) = latest.and_then(|latest| media_message::streams(call, latest)) {
            self.bus.send_to(who, &frame);
        }
    }

    /// Tells a device which of its pictures are looked at, if that is known.
    pub(crate) fn tell_wanted(&self, call: CallId, rooms: &mut Rooms, who: &Address) {
        let wanted = rooms
            .shown()
            .and_then(|room| room.member_mut(&who.user))
            .and_then(|member| member.latest.wanted.as_deref());
        if let Some(wanted) = wanted {
            let frame = media_message::wanted(call, wanted);
            self.bus.send_to(who, &frame);
        }
    }

    /// Tells a device who speaks, if anybody does.
    pub(crate) fn tell_speakers_to(&self, call: CallId, rooms: &mut Rooms, who: &Address) {
        if let Some(room) = rooms.shown()
            && room.member_mut(&who.user).is_some()
            && !room.speakers.is_empty()
        {
            let frame = media_message::speakers(call, &room.speakers);
            self.bus.send_to(who, &frame);
        }
    }

    fn with_room<T>(
        &self,
        room: &RoomId,
        change: impl FnOnce(CallId, &mut Rooms) -> Option<T>,
    ) -> Option<T> {
        let (call, live) = self.live_of(room)?;
        self.with_rooms(call, &live.line, |rooms, _| change(call, rooms))?
    }

    fn live_of(&self, room: &RoomId) -> Option<(CallId, std::sync::Arc<LiveCall>)> {
        let call = room.as_str().parse::<SfuRoomId>().ok()?.call();
        Some((call, self.roster.get(call)?))
    }
}

fn address(user: &UserId, device: &call_domain::DeviceId) -> Address {
    Address {
        user: user.clone(),
        device: device.clone(),
    }
}
