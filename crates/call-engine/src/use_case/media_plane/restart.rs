use call_domain::Address;
use call_media::sfu::{Command, SessionId};

use super::MediaError;
use crate::Engine;
use crate::room::NoSession;
use crate::roster::LiveCall;

impl Engine {
    /// A device asks for an ICE restart of a session, or for a new session (`media:restart`).
    pub(super) fn restart_media(
        &self,
        live: &LiveCall,
        who: &Address,
        session: Option<&str>,
    ) -> Result<(), MediaError> {
        let call = live.call.id();
        let was_in = self.with_rooms(call, &live.line, |rooms, _| rooms.of_device(who).cloned());
        // A device that the media plane had no place for may try again.
        self.follow_rooms(live);
        let session = session.map(SessionId::new);
        let passed_on = self.with_rooms(call, &live.line, |rooms, orders| {
            let room = match &session {
                Some(session) => rooms.of_session(who, session)?,
                None => rooms.of_device(who).ok_or(NoSession::NoRoom)?,
            };
            // Whoever just came in is sent a new session anyway.
            if was_in
                .as_ref()
                .is_some_and(|was| was.as_ref() == Some(room))
            {
                let restart = Command::Restart {
                    peer: who.user.clone(),
                    session,
                };
                orders.push((room.clone(), restart));
            }
            Ok::<_, NoSession>(())
        });
        Ok(passed_on.ok_or(MediaError::NotOnSfu)??)
    }
}
