use std::sync::Arc;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use call_signal::{SocketConfig, serve_socket};

use crate::app::App;
use crate::http::{Code, Problem};

/// How many seconds' worth of messages may come at once.
const BURST_SECONDS: u32 = 10;

/// Open the socket
///
/// Signalling over WebSocket; the `AsyncAPI` document describes its messages. Pages of foreign origins
/// are refused before the upgrade.
#[utoipa::path(
    get,
    path = "/ws",
    tag = "app",
    responses(
        (status = 101, description = "The protocol is WebSocket from here on"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 503, response = crate::openapi::Unavailable),
    )
)]
pub(crate) async fn ws(
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if !app.origins.allow(request.head()) {
        app.metrics.refused("origin");
        return Err(Problem::new(
            Code::NotAllowed,
            "Not for pages of other origins.",
        ));
    }
    if app.is_draining() {
        return Err(Problem::new(Code::Unavailable, "The server drains.").retry_after(1));
    }
    let limit = app.settings.limits.messages_per_second;
    let config = SocketConfig {
        messages_per_second: limit,
        message_burst: limit.saturating_mul(BURST_SECONDS),
        ..SocketConfig::default()
    };
    let (service, hub) = (Arc::clone(&app.sockets), Arc::clone(&app.hub));
    serve_socket(request, payload, service, hub, config)
        .await
        .map_err(|error| {
            let detail = format!("This is for WebSocket connections: {error}.");
            Problem::new(Code::InvalidRequest, detail)
        })
}
