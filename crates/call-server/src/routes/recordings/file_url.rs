use actix_web::web::{Data, Json};
use call_engine::Disposition;
use call_signal::wire::{self, rfc3339};

use super::{FilePath, requester};
use crate::app::App;
use crate::auth::Caller;
use crate::http::{JsonBody, Problem};

/// Get a signed URL of a file
///
/// Whoever has it reads the file until it expires, without a token: for `<video>` and for downloads. It serves ranges,
/// so that players can seek. For those who took part in the call, and administrators.
#[utoipa::path(
    post,
    path = "/api/recordings/{id}/files/{fileId}/url",
    tag = "recordings",
    params(crate::openapi::RecordingIdParam, crate::openapi::FileIdParam),
    request_body(content = wire::FileUrlRequest, example = json!({ "download": true })),
    responses(
        (status = 200, body = wire::FileUrl, description = "A URL of this server, or of the store where it keeps recordings"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchRecording),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn file_url(
    app: Data<App>,
    caller: Caller,
    FilePath(id, file): FilePath,
    body: JsonBody<wire::FileUrlRequest>,
) -> Result<Json<wire::FileUrl>, Problem> {
    let disposition = if body.value.download {
        Disposition::Attachment
    } else {
        Disposition::Inline
    };
    let engine = &app.engine;
    let signed = engine
        .recording_url(id, file, disposition, &requester(caller))
        .await?;
    Ok(Json(wire::FileUrl {
        url: signed.url,
        expires_at: rfc3339(signed.expires_at),
    }))
}
