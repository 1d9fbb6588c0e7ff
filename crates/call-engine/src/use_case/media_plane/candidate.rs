use call_domain::Address;
use call_media::sfu::{Command, SessionId};
use call_signal::wire::IceCandidate;

use super::MediaError;
use crate::Engine;
use crate::room::NoSession;
use crate::roster::LiveCall;

impl Engine {
    /// A device tells of an address of its own (`media:candidate`); none is the end of them.
    pub(super) fn media_candidate(
        &self,
        live: &LiveCall,
        who: &Address,
        session: &str,
        candidate: Option<IceCandidate>,
    ) -> Result<(), MediaError> {
        let session = SessionId::new(session);
        let passed_on = self.with_rooms(live.call.id(), &live.line, |rooms, orders| {
            let room = rooms.of_session(who, &session)?.clone();
            let candidate = Command::Candidate {
                peer: who.user.clone(),
                session,
                candidate: candidate.map_or_else(String::new, |candidate| candidate.candidate),
            };
            orders.push((room, candidate));
            Ok::<_, NoSession>(())
        });
        Ok(passed_on.ok_or(MediaError::NotOnSfu)??)
    }
}
