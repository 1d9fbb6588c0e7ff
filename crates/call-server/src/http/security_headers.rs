//! Headers that keep a browser from doing what these pages never ask for.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::uncompressed::IN_PARTS;
use crate::app::App;
use crate::settings::Origin;

/// Answers that are no pages load nothing.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// What a browser makes a page of by itself to play it.
const MEDIA_POLICY: &str =
    "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// What pages may load (CSP).
pub(crate) struct Policies {
    app: HeaderValue,
}

impl Policies {
    /// Everything comes from this server, and recordings from where they are kept; pictures and media may also be made
    /// in the page.
    pub(crate) fn new(recordings: Option<&Origin>) -> Self {
        let recordings = recordings.map(|origin| format!(" {origin}"));
        let recordings = recordings.unwrap_or_default();
        let app = format!(
            "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
             media-src 'self' blob: mediastream:{recordings}; font-src 'self' data:; connect-src 'self'; \
             worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        );
        Self {
            // An origin is made of what hosts are made of.
            app: HeaderValue::try_from(app).unwrap_or(HeaderValue::from_static(API_POLICY)),
        }
    }
}

const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), \
    autoplay=(self), fullscreen=(self), picture-in-picture=(self), screen-wake-lock=(self), \
    geolocation=(), payment=(), usb=(), serial=(), bluetooth=(), hid=(), midi=()";

/// Adds the headers to every answer.
pub(crate) async fn security_headers(
    app: Data<App>,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let path = request.path();
    let api = path.starts_with("/api/");
    let policy = if path.starts_with(IN_PARTS) {
        HeaderValue::from_static(MEDIA_POLICY)
    } else if !api || path.starts_with("/api/docs") {
        app.policies.app.clone()
    } else {
        HeaderValue::from_static(API_POLICY)
    };
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    add(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, header::REFERRER_POLICY, "no-referrer");
    add(headers, header::X_FRAME_OPTIONS, "DENY");
    add(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    add(
        headers,
        HeaderName::from_static("permissions-policy"),
        PERMISSIONS,
    );
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if api {
        add(headers, header::CACHE_CONTROL, "no-store");
    }
    Ok(response)
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
