use call_domain::Address;
use call_media::sfu::{Command, SessionId};

use super::MediaError;
use crate::Engine;
use crate::room::{NoSession, OfferKey};
use crate::roster::LiveCall;

impl Engine {
    /// A device answers an offer of the media plane (`media:answer`).
    pub(super) fn media_answer(
        &self,
        live: &LiveCall,
        who: &Address,
        session: &str,
        revision: u32,
        sdp: String,
    ) -> Result<(), MediaError> {
        let session = SessionId::new(session);
        let key = OfferKey { session, revision };
        let passed_on = self.with_rooms(live.call.id(), &live.line, |rooms, orders| {
            let room = rooms.of_session(who, &key.session)?.clone();
            if let Some(member) = rooms
                .room_mut(&room)
                .and_then(|room| room.member_mut(&who.user))
            {
                member.answered(&key);
            }
            let answer = Command::Answer {
                peer: who.user.clone(),
                session: key.session,
                revision,
                sdp,
            };
            orders.push((room, answer));
            Ok::<_, NoSession>(())
        });
        Ok(passed_on.ok_or(MediaError::NotOnSfu)??)
    }
}
