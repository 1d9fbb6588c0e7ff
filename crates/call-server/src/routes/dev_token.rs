use std::net::IpAddr;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use call_domain::UserId;
use call_signal::wire::{self, rfc3339};

use crate::app::App;
use crate::auth::{TokenRequest, presentable};
use crate::http::fields::field;
use crate::http::{Code, JsonBody, Problem, origins};

const TTL: Duration = Duration::from_hours(24);

/// Become anybody
///
/// Exists only with `dev = true`; else 404.
#[utoipa::path(
    post,
    path = "/api/dev/token",
    tag = "app",
    request_body(content = wire::DevTokenRequest,
        example = json!({ "userId": "alice", "name": "Alice" })),
    responses(
        (status = 200, body = wire::DevToken, description = "A token for 24 h"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_found`: not a server for development"),
    )
)]
pub(crate) async fn dev_token(
    app: Data<App>,
    request: HttpRequest,
    body: JsonBody<wire::DevTokenRequest>,
) -> Result<Json<wire::DevToken>, Problem> {
    if !app.settings.dev {
        return Err(Problem::no_such_path());
    }
    if !app.origins.allow(request.head()) || is_rebound(&app, &request) {
        app.metrics.refused("origin");
        return Err(Problem::new(
            Code::NotAllowed,
            "Not for pages of other origins.",
        ));
    }
    let user_id: UserId = field("userId", &body.value.user_id)?;
    let token = app
        .tokens
        .issue(&TokenRequest {
            user_id,
            name: body.value.name.as_deref().and_then(presentable),
            ttl: TTL,
            roles: Vec::new(),
            conversations: Vec::new(),
        })
        .ok_or_else(|| Problem::new(Code::Internal, "There is no secret to sign with."))?;
    let caller = app
        .tokens
        .verify(&token)
        .map_err(|_| Problem::new(Code::Internal, "The token could not be signed."))?;
    Ok(Json(wire::DevToken {
        token,
        expires_at: rfc3339(caller.expires_at),
    }))
}

/// Whether a foreign site had its own name resolve to this machine (DNS rebinding), which makes its
/// pages look like ours. A server on loopback is reached by names of loopback only.
fn is_rebound(app: &App, request: &HttpRequest) -> bool {
    if !app.settings.server.host.is_loopback() {
        return false;
    }
    let Some(host) = origins::host(request.head()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let loopback = name
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_loopback());
    !loopback && !name.eq_ignore_ascii_case("localhost") && !name.ends_with(".localhost")
        // A proxy with a name of its own, as `server.public_url` says.
        && !app.settings.server.public_url.as_ref().is_some_and(|url| url.is_served_as(host))
}
