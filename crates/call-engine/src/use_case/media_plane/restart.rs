use call_domain::Address;
use call_media::sfu::{Command, SessionId};

use super::MediaError;
use crate::Engine;
use crate::room::NoSession;
use crate::roster::LiveCall;

impl Engine {
    /// A device asks for an ICE restart of a session, or for a new session (`media:restart`).
    ///
    /// A new session is not asked of the media plane while one is on its way.
    pub(super) fn restart_media(
        &self,
        live: &LiveCall,
        who: &Address,
        session: Option<&str>,
    ) -> Result<(), MediaError> {
        // A device that the media plane had no place for may try again.
        self.follow_rooms(live);
        let (call, now) = (live.call.id(), self.clock.now());
        let session = session.map(SessionId::new);
        let passed_on = self.with_rooms(call, &live.line, |rooms, orders| {
            let room = match &session {
                Some(session) => rooms.of_session(who, session)?,
                None => rooms.of_device(who).ok_or(NoSession::NoRoom)?,
            };
            let room = room.clone();
            let restarts = session.is_some()
                || rooms
                    .room_mut(&room)
                    .and_then(|room| room.member_mut(&who.user))
                    .is_some_and(|member| member.asks_anew(now));
            if restarts {
                let restart = Command::Restart {
                    peer: who.user.clone(),
                    session,
                };
                orders.push((room, restart));
            }
            Ok::<_, NoSession>(())
        });
        Ok(passed_on.ok_or(MediaError::NotOnSfu)??)
    }
}
