use actix_web::web::{Data, Json};
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;

/// List who is online
///
/// Only where `presence.directory` is on; else 404.
#[utoipa::path(
    get,
    path = "/api/presence",
    tag = "app",
    responses(
        (status = 200, body = wire::PresenceList, description = "Everybody with an open socket",
            example = json!({ "items": [{ "userId": "bob", "name": "Bob" }] })),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_found`: there is no directory here"),
    ),
    security(("token" = []))
)]
pub(crate) async fn presence(
    app: Data<App>,
    _caller: Caller,
) -> Result<Json<wire::PresenceList>, Problem> {
    let present = app.engine.present().ok_or_else(Problem::no_such_path)?;
    let items = present.into_iter().map(|present| wire::OnlineUser {
        user_id: present.user_id.to_string(),
        name: present.name,
    });
    Ok(Json(wire::PresenceList {
        items: items.collect(),
    }))
}
