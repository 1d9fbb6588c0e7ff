use actix_web::web::{Data, Json};
use call_signal::wire;
use call_turn::IceServers;

use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;

/// Get STUN and TURN servers
///
/// The credential is of the REST scheme that coturn calls `use-auth-secret`. Where no TURN server is
/// configured, `username` and `credential` are empty.
#[utoipa::path(
    get,
    path = "/api/calls/turn-credentials",
    tag = "calls",
    responses(
        (status = 200, body = wire::TurnCredentials, description = "Servers, and what opens them",
            example = json!({
                "username": "1790086400:alice",
                "credential": "3fkq2mXcoGNBEkzjUSKCAv9CBYw=",
                "ttl": 86400,
                "uris": ["stun:turn.example.com:3478", "turn:turn.example.com:3478?transport=udp"],
                "iceServers": [
                    { "urls": ["stun:turn.example.com:3478"] },
                    {
                        "urls": ["turn:turn.example.com:3478?transport=udp"],
                        "username": "1790086400:alice",
                        "credential": "3fkq2mXcoGNBEkzjUSKCAv9CBYw="
                    }
                ]
            })),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn turn_credentials(
    app: Data<App>,
    caller: Caller,
) -> Result<Json<wire::TurnCredentials>, Problem> {
    let issued = app.engine.issue_turn_credential(caller.user_id).await?;
    Ok(Json(answer(issued)))
}

fn answer(issued: IceServers) -> wire::TurnCredentials {
    let (username, credential) = issued
        .credential
        .map(|issued| (issued.username, issued.password))
        .unwrap_or_default();
    let servers = issued.servers.into_iter().map(|server| wire::IceServer {
        urls: server.urls,
        username: server.username,
        credential: server.credential,
    });
    let ice_servers: Vec<wire::IceServer> = servers.collect();
    wire::TurnCredentials {
        username,
        credential,
        ttl: issued.ttl.as_secs(),
        uris: ice_servers
            .iter()
            .flat_map(|server| server.urls.clone())
            .collect(),
        ice_servers,
    }
}
