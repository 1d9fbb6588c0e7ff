//! Whose pages may use this server.

use actix_cors::Cors;
use actix_web::dev::RequestHead;
use actix_web::http::{Method, header};

use crate::settings::{Origin, ServerSettings};

/// Decides about the `Origin` of requests, for CORS and for the socket alike.
#[derive(Debug, Clone)]
pub(crate) struct Origins {
    allowed: Vec<Origin>,
}

impl Origins {
    /// The server's own origin, that of `public_url`, and the configured ones.
    pub(crate) fn new(settings: &ServerSettings) -> Self {
        let mut allowed = settings.allowed_origins.clone();
        allowed.extend(settings.public_url.clone());
        Self { allowed }
    }

    /// Whether a request may go on: it names no origin (it comes from no browser, or from a page
    /// of this server), or one that is allowed.
    pub(crate) fn allow(&self, head: &RequestHead) -> bool {
        match head.headers.get(header::ORIGIN) {
            None => true,
            Some(origin) => origin
                .to_str()
                .is_ok_and(|origin| self.allow_origin(origin, head)),
        }
    }

    fn allow_origin(&self, origin: &str, head: &RequestHead) -> bool {
        Origin::parse(origin).is_some_and(|origin| {
            self.allowed.contains(&origin)
                || host(head).is_some_and(|host| origin.is_served_as(host))
        })
    }

    /// Cross-origin resource sharing by the same rule.
    pub(crate) fn cors(&self) -> Cors {
        let origins = self.clone();
        Cors::default()
            .allowed_origin_fn(move |origin, head| {
                origin
                    .to_str()
                    .is_ok_and(|origin| origins.allow_origin(origin, head))
            })
            .allowed_methods([
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ])
            .allowed_headers([
                header::AUTHORIZATION.as_str(),
                header::CONTENT_TYPE.as_str(),
                "idempotency-key",
                "x-request-id",
            ])
            .expose_headers([
                "location",
                "retry-after",
                "idempotent-replayed",
                "x-request-id",
            ])
            .max_age(3600)
    }
}

/// The name under which the client reached this server.
pub(crate) fn host(head: &RequestHead) -> Option<&str> {
    head.headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| {
            head.uri
                .authority()
                .map(actix_web::http::uri::Authority::as_str)
        })
}
