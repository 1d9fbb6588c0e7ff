//! The OpenAPI description of the REST side.

use std::sync::OnceLock;

use call_signal::wire;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi, ToResponse};

use crate::routes;

/// `{id}` of a call.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "stands in the description only")]
pub(crate) struct CallIdParam {
    /// Which call (UUID).
    #[param(example = "01924a5e-7c3d-7b1a-9f5e-3c2d1b0a9f8e")]
    id: String,
}

/// `{userId}` of a participant.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "stands in the description only")]
pub(crate) struct UserIdParam {
    /// Which participant.
    #[param(rename = "userId", example = "bob")]
    user_id: String,
}

/// `{id}` of a recording.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "stands in the description only")]
pub(crate) struct RecordingIdParam {
    /// Which recording (UUID).
    #[param(example = "01924a5e-7c3d-7b1a-9f5e-3c2d1b0a9f90")]
    id: String,
}

/// `{fileId}` of a recording's file.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "stands in the description only")]
pub(crate) struct FileIdParam {
    /// Which file (UUID).
    #[param(rename = "fileId", example = "3f0c6a52-2f8e-4a4e-9d55-0a4b8f3b8a11")]
    file_id: String,
}

macro_rules! problem_response {
    ($(#[$doc:meta])* $name:ident, $status:literal, $code:literal, $title:literal, $detail:literal) => {
        $(#[$doc])*
        #[derive(ToResponse)]
        #[response(content_type = "application/problem+json", example = json!({
            "type": "about:blank",
            "title": $title,
            "status": $status,
            "detail": $detail,
            "code": $code
        }))]
        #[allow(dead_code, reason = "stands in the description only")]
        pub(crate) struct $name(wire::Problem);
    };
}

problem_response!(
    /// `invalid_request`: the request is not as described here
    InvalidRequest, 400, "invalid_request", "Bad Request", "deviceId: not a valid device id."
);
problem_response!(
    /// `unauthenticated`: no token, or one that is not good
    Unauthenticated, 401, "unauthenticated", "Unauthorized", "The token has expired."
);
problem_response!(
    /// `not_allowed`: the token does not open this
    NotAllowed, 403, "not_allowed", "Forbidden", "Only for administrators."
);
problem_response!(
    /// `not_found`: no such call, or none of the caller's business; nobody can tell which
    NoSuchCall, 404, "not_found", "Not Found", "There is no such call."
);
problem_response!(
    /// `not_found`: no such recording, or none of the caller's business; nobody can tell which
    NoSuchRecording, 404, "not_found", "Not Found", "There is no such recording."
);
problem_response!(
    /// The call is over; the code is its end reason, and `ended` for `completed`
    CallOver, 410, "cancelled", "Gone", "The call has ended."
);
problem_response!(
    /// `payload_too_large`: the body has more than 64 KiB
    PayloadTooLarge, 413, "payload_too_large", "Payload Too Large", "The body may have 65536 bytes."
);
problem_response!(
    /// `unsupported_media_type`: the body is not `application/json`
    UnsupportedMediaType, 415, "unsupported_media_type", "Unsupported Media Type",
    "Send the body as application/json."
);
problem_response!(
    /// `rate_limited`: too many requests by this user; `Retry-After` says when to come again
    RateLimited, 429, "rate_limited", "Too Many Requests", "You start too many calls."
);
problem_response!(
    /// `unavailable`: the server drains, or its database is away; `Retry-After` says when to try again
    Unavailable, 503, "unavailable", "Service Unavailable",
    "The database cannot do this at the moment."
);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Call Server",
        description = "Voice and video calls for any product. This is the REST side; the socket \
            at `/ws` is described by the AsyncAPI document. Errors are `application/problem+json` \
            (RFC 9457): branch on `code`.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        routes::initiate::initiate,
        routes::answer::answer,
        routes::reject::reject,
        routes::end::end,
        routes::leave::leave,
        routes::media::change_media,
        routes::participants::add,
        routes::participant::remove,
        routes::participant::set_role,
        routes::mute::mute,
        routes::join::join,
        routes::hand::hand,
        routes::stats::stats,
        routes::turn_credentials::turn_credentials,
        routes::get::get_call,
        routes::history::history,
        routes::events::events,
        routes::quality::quality,
        routes::recordings::start::start,
        routes::recordings::stop::stop,
        routes::recordings::consent::consent,
        routes::recordings::list::list,
        routes::recordings::get::get,
        routes::recordings::mix::mix,
        routes::recordings::delete::delete,
        routes::recordings::file_url::file_url,
        routes::recordings::media::media,
        routes::recordings::alerts::alerts,
        routes::presence::presence,
        routes::config::config,
        routes::docs::openapi_json,
        routes::dev_token::dev_token,
        routes::ws::ws,
        routes::health::healthz,
        routes::health::readyz,
        routes::metrics::metrics,
    ),
    components(responses(
        InvalidRequest,
        Unauthenticated,
        NotAllowed,
        NoSuchCall,
        NoSuchRecording,
        CallOver,
        PayloadTooLarge,
        UnsupportedMediaType,
        RateLimited,
        Unavailable,
    )),
    tags(
        (name = "calls", description = "Calls between users"),
        (name = "recordings", description = "Recordings of calls"),
        (name = "app", description = "What apps need beside"),
        (name = "operation", description = "For those who run the server"),
    ),
    modifiers(&Token)
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "Issued by the product's backend: `sub` is the user id; `exp` is required; `name` \
                 , `roles` and `conversations` are optional.",
            ))
            .build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description as JSON.
pub fn json() -> &'static str {
    static JSON: OnceLock<String> = OnceLock::new();
    JSON.get_or_init(|| Description::openapi().to_json().unwrap_or_default())
}
