use actix_web::HttpResponse;
use actix_web::web::Data;
use call_signal::wire;

use super::{RecordingPath, requester, to_wire};
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;

/// Make a mix
///
/// One file of the whole call, out of the tracks. It waits for its turn (`mix` is `queued`); `progress` says how far
/// it is. Asked for again, nothing happens; one that failed is tried anew. For the initiator and moderators of the
/// call, and administrators.
#[utoipa::path(
    post,
    path = "/api/recordings/{id}/mix",
    tag = "recordings",
    params(crate::openapi::RecordingIdParam),
    responses(
        (status = 202, body = wire::Recording, description = "It will be made"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, response = crate::openapi::NoSuchRecording),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`recording_live`: it runs, or its files are being made; `mixing_unavailable`: the server \
                has no ffmpeg, there is nothing to mix, or, with the `cause` `disk_full`, too little room"),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn mix(
    app: Data<App>,
    caller: Caller,
    RecordingPath(id): RecordingPath,
) -> Result<HttpResponse, Problem> {
    let recording = app.engine.request_mix(id, &requester(caller)).await?;
    Ok(HttpResponse::Accepted().json(to_wire(&recording)))
}
