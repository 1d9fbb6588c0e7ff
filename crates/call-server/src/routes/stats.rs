use actix_web::web::{Data, Json};
use call_signal::wire;

use super::get::reader;
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// See how media flows in a call
///
/// Now, for everybody who is in the call: what the server sees of each stream, where media goes over
/// it, and what the device reported last. For participants and administrators. A call that is over has
/// nobody in it.
#[utoipa::path(
    get,
    path = "/api/calls/{id}/stats",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::CallStats, description = "Names and units as in W3C webrtc-stats"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn stats(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::CallStats>, Problem> {
    let stats = app.engine.call_stats(call, &reader(caller)).await?;
    Ok(Json(stats))
}
