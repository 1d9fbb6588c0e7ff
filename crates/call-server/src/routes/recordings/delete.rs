use actix_web::HttpResponse;
use actix_web::web::Data;

use super::{RecordingPath, requester};
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;

/// Delete a recording
///
/// Nobody sees it from now on, and its files are deleted. For the initiator and moderators of the call, and
/// administrators.
#[utoipa::path(
    delete,
    path = "/api/recordings/{id}",
    tag = "recordings",
    params(crate::openapi::RecordingIdParam),
    responses(
        (status = 204, description = "It is gone"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, response = crate::openapi::NoSuchRecording),
        (status = 409, body = call_signal::wire::Problem, content_type = "application/problem+json",
            description = "`recording_live`: it runs"),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn delete(
    app: Data<App>,
    caller: Caller,
    RecordingPath(id): RecordingPath,
) -> Result<HttpResponse, Problem> {
    app.engine.delete_recording(id, &requester(caller)).await?;
    Ok(HttpResponse::NoContent().finish())
}
