use call_domain::UserId;
use call_store::{StoreError, TurnCredential};
use call_turn::IceServers;

use crate::Engine;
use crate::id::new_id;

impl Engine {
    /// The STUN and TURN servers for a user's browser. A credential is recorded before it is
    /// given out.
    pub async fn issue_turn_credential(&self, user: UserId) -> Result<IceServers, StoreError> {
        let now = self.clock.now();
        let issued = self.config.turn.issue(&user, now);
        if let Some(credential) = &issued.credential {
            let record = TurnCredential {
                id: new_id(now),
                user_id: user,
                username: credential.username.clone(),
                issued_at: now,
                expires_at: credential.expires_at,
            };
            self.store.record_turn_credential(record).await?;
        }
        Ok(issued)
    }
}
