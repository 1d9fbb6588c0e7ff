use actix_web::web::{Data, Json};
use call_signal::wire;

use super::{requester, to_wire};
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// Stop recording a call
///
/// For the initiator and moderators in the call, and for administrators; where the server's policy records every
/// call, for administrators alone. The files follow: `processing` first.
#[utoipa::path(
    delete,
    path = "/api/calls/{id}/recording",
    tag = "recordings",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::Recording, description = "It has stopped"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_recording`; `not_joined`: the caller is not in the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn stop(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::Recording>, Problem> {
    let recording = app.engine.stop_recording(call, requester(caller)).await?;
    Ok(Json(to_wire(&recording)))
}
