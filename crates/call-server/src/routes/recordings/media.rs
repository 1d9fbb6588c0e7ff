use std::time::{Duration, SystemTime};

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use call_recording::storage::{MediaToken, TokenError};
use call_store::RecordingFile;

use crate::app::App;
use crate::http::{Code, Problem, ranges};

/// Read a file of a recording
///
/// By a signed URL, which is all that is needed. With `Range`, a part of it (RFC 9110 section 14).
#[utoipa::path(
    get,
    path = "/api/recordings/media/{token}",
    tag = "recordings",
    params(("token" = String, Path, description = "The end of a signed URL")),
    responses(
        (status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = 206, description = "A part of it", content_type = "application/octet-stream"),
        (status = 302, description = "It was brought to the store since: there it is"),
        (status = 304, description = "`If-None-Match` names it"),
        (status = 403, body = call_signal::wire::Problem, content_type = "application/problem+json",
            description = "`url_expired`: it has, or was never given out; get a new one"),
        (status = 404, response = crate::openapi::NoSuchRecording),
        (status = 416, description = "`Range` lies outside of it"),
        (status = 503, response = crate::openapi::Unavailable),
    )
)]
pub(crate) async fn media(
    app: Data<App>,
    request: HttpRequest,
    token: Path<String>,
) -> Result<HttpResponse, Problem> {
    let recorder = app.recorder.as_ref();
    let recorder = recorder.ok_or_else(Problem::no_such_path)?;
    let now = SystemTime::now();
    let permitted = recorder.links().verify(&token, now).map_err(expired)?;
    let stored = app.recordings.recording_file(permitted.file).await?;
    let (recording, file) = stored.ok_or_else(Problem::no_such_recording)?;
    let opened = recorder.links().open(&file).await.map_err(|error| {
        tracing::error!(%recording, %error, "a file of a recording could not be opened");
        Problem::new(Code::Internal, "The file cannot be read.")
    })?;
    match opened {
        Some(open) => {
            let disposition = disposition(&file, &permitted);
            Ok(ranges::answer(
                &request,
                open,
                &file.content_type,
                &disposition,
            ))
        }
        None => moved(&app, recording, &file, &permitted, now).await,
    }
}

fn expired(error: TokenError) -> Problem {
    let detail = match error {
        TokenError::Expired => "The URL has expired; get a new one.",
        TokenError::Invalid => "The URL was not given out; get a new one.",
    };
    Problem::new(Code::UrlExpired, detail)
}

/// The file was brought to the store after the URL was given out.
async fn moved(
    app: &App,
    recording: call_domain::RecordingId,
    file: &RecordingFile,
    permitted: &MediaToken,
    now: SystemTime,
) -> Result<HttpResponse, Problem> {
    let left = permitted.expires.duration_since(now).unwrap_or_default();
    let recorder = app.recorder.as_ref();
    let recorder = recorder.ok_or_else(Problem::no_such_path)?;
    let left = left.max(Duration::from_secs(1));
    let url = recorder.elsewhere(recording, file, left, permitted.disposition);
    match url.await? {
        Some(url) => Ok(HttpResponse::Found()
            .insert_header((header::LOCATION, url))
            .finish()),
        None => Err(Problem::no_such_recording()),
    }
}

/// What browsers call the file when they keep it: its name in the store says nothing of anybody.
fn disposition(file: &RecordingFile, permitted: &MediaToken) -> String {
    let name = file.object_key.rsplit('/').next();
    let name = name.and_then(|name| name.parse().ok());
    name.map_or_else(String::new, |name| permitted.disposition.header(&name))
}
