use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use call_signal::wire;

use super::{requester, to_wire};
use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::{JsonBody, Problem};

/// Record a call
///
/// For the initiator and moderators in the call, and for administrators. Everybody in the call is told
/// (`call:recording-changed`). A call from browser to browser moves to the server's forwarding unit.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/recording",
    tag = "recordings",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::RecordingRequest, example = json!({ "mode": "tracks" })),
    responses(
        (status = 201, body = wire::Recording, description = "It runs",
            headers(("Location" = String, description = "The recording"))),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_allowed`: the caller may not; `recording_forbidden`: nobody may"),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`already_recording`; `not_answered`: nobody has taken the call; \
                `recording_unavailable`: the server cannot, or not now, and `cause` says why (`disk_full`, `overloaded`, \
                `sfu_unavailable`); `mixing_unavailable`: it has no ffmpeg; \
                `not_joined`: the caller is not in the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn start(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::RecordingRequest>,
) -> Result<HttpResponse, Problem> {
    let mode = body.value.mode.into();
    let by = requester(caller);
    let recording = app.engine.start_recording(call, by, mode).await?;
    Ok(HttpResponse::Created()
        .insert_header((
            header::LOCATION,
            format!("/api/recordings/{}", recording.id),
        ))
        .json(to_wire(&recording)))
}
