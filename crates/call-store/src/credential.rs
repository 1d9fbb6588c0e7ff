use call_domain::{Timestamp, UserId};
use uuid::Uuid;

/// The record of a TURN credential that was issued.
///
/// The password is not kept: it is an HMAC of the user name, so whoever holds the secret can make
/// it again, and nobody else should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnCredential {
    /// Identifies the record.
    pub id: Uuid,
    /// For whom it was issued.
    pub user_id: UserId,
    /// The user name, `<unix expiry>:<user id>`.
    pub username: String,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}
