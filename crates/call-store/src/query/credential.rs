use call_domain::Timestamp;
use diesel::prelude::*;

use crate::TurnCredential;
use crate::columns::{Id, Micros};
use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::row::text;
use crate::schema::turn_credentials;

#[derive(Debug, Insertable)]
#[diesel(table_name = turn_credentials)]
struct CredentialRow {
    id: Id,
    user_id: String,
    username: String,
    issued_at: Micros,
    expires_at: Micros,
}

pub(crate) fn insert_turn_credential(
    connection: &mut AnyConnection,
    credential: &TurnCredential,
) -> Result<(), Failure> {
    diesel::insert_into(turn_credentials::table)
        .values(&CredentialRow {
            id: Id(credential.id),
            user_id: credential.user_id.to_string(),
            username: text(&credential.username, "username")?,
            issued_at: credential.issued_at.into(),
            expires_at: credential.expires_at.into(),
        })
        .execute(connection)?;
    Ok(())
}

pub(crate) fn delete_expired_turn_credentials(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<usize, Failure> {
    Ok(diesel::delete(turn_credentials::table)
        .filter(turn_credentials::expires_at.le(Micros::from(now)))
        .execute(connection)?)
}
