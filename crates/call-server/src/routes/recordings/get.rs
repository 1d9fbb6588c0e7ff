use actix_web::web::{Data, Json};
use call_signal::wire;

use super::{RecordingPath, requester, to_wire};
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;

/// Get a recording
///
/// With its files. For those who took part in the call, and administrators.
#[utoipa::path(
    get,
    path = "/api/recordings/{id}",
    tag = "recordings",
    params(crate::openapi::RecordingIdParam),
    responses(
        (status = 200, body = wire::Recording, description = "The recording as it is now"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchRecording),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn get(
    app: Data<App>,
    caller: Caller,
    RecordingPath(id): RecordingPath,
) -> Result<Json<wire::Recording>, Problem> {
    let recording = app.engine.recording(id, &requester(caller)).await?;
    Ok(Json(to_wire(&recording)))
}
