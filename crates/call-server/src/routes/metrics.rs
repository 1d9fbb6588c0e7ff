use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::app::App;
use crate::http::caller::authenticate;
use crate::http::{Code, Problem};
use crate::metrics::{RecordingFigures, TEXT_FORMAT};
use crate::relay::EmbeddedRelay;

/// Numbers for Prometheus
///
/// For callers on the server's own host that did not come through a proxy, for administrators, and
/// with `server.metrics_public` for everybody.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain", description = "All numbers"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
    ),
    security((), ("token" = []))
)]
pub(crate) async fn metrics(app: Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !app.settings.server.metrics_public && !is_local(&request) && !authenticate(&request)?.admin
    {
        return Err(Problem::new(Code::NotAllowed, "Only for administrators."));
    }
    let relay = app.relay.as_ref().and_then(EmbeddedRelay::stats);
    let sfu = app.sfu.as_deref();
    let counted = sfu.and_then(|sfu| Some((sfu.counters()?, sfu.overloads())));
    let sfu = counted
        .as_ref()
        .map(|(counters, overloads)| (counters, *overloads));
    let recorder = app.recorder.as_ref();
    let recording = recorder.map(|recorder| RecordingFigures {
        counts: recorder.counts(),
        alerts: app.engine.alert_counts(),
        backlog: app.engine.recording_jobs(),
    });
    let dropped = app.engine.dropped_measurements();
    let text = app
        .metrics
        .text(
            &app.hub.counts(),
            dropped,
            relay.as_ref(),
            sfu,
            recording.as_ref(),
        )
        .map_err(|error| {
            tracing::error!(%error, "the metrics could not be written");
            Problem::new(Code::Internal, "The metrics could not be written.")
        })?;
    Ok(HttpResponse::Ok().content_type(TEXT_FORMAT).body(text))
}

/// From this host, and not on behalf of somebody else.
fn is_local(request: &HttpRequest) -> bool {
    let headers = request.headers();
    request
        .peer_addr()
        .is_some_and(|peer| peer.ip().is_loopback())
        && !headers.contains_key(header::FORWARDED)
        && !headers.contains_key(header::X_FORWARDED_FOR)
}
