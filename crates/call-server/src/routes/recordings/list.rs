use actix_web::web::{Data, Json};
use call_signal::wire;

use super::{requester, to_wire};
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// List the recordings of a call
///
/// Oldest first, those that run included. For those who took part in the call, and administrators; whoever was
/// called and never came sees none.
#[utoipa::path(
    get,
    path = "/api/calls/{id}/recordings",
    tag = "recordings",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::RecordingList, description = "Its recordings"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn list(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::RecordingList>, Problem> {
    let recordings = app.engine.recordings(call, &requester(caller)).await?;
    Ok(Json(wire::RecordingList {
        items: recordings.iter().map(to_wire).collect(),
    }))
}
