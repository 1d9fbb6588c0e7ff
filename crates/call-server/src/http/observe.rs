//! A request id, a log line and a measurement for every request.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::app::App;

/// The header that carries the id of a request, in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_ID_BYTES: usize = 64;

/// Takes the id that a proxy gave the request, or makes one; logs and measures the answer.
pub(crate) async fn observe(
    app: Data<App>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let id = request_id(&request);
    let method = request.method().clone();
    let started = Instant::now();
    let span = tracing::info_span!("request", id);
    let outcome = next.call(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let mut response = outcome?;
    let took = started.elapsed();
    let status = response.status();
    // The pattern, not the path: paths would make as many series as there are calls.
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "other".to_owned());
    app.metrics
        .request(method.as_str(), &route, status.as_u16(), took);
    let milliseconds = took.as_secs_f64() * 1000.0;
    if status.is_server_error() {
        tracing::warn!(%method, route, status = status.as_u16(), milliseconds, "request failed");
    } else {
        tracing::debug!(%method, route, status = status.as_u16(), milliseconds, "request");
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

fn request_id(request: &ServiceRequest) -> String {
    let given = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| (1..=MAX_ID_BYTES).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        });
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}
