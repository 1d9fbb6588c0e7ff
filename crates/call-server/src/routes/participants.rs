use std::time::Instant;

use actix_web::web::{Data, Json};
use call_domain::UserId;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::fields::{field, invalid};
use crate::http::{Code, JsonBody, Problem};

/// The most that one request may name; calls have their own limit.
const MOST_AT_ONCE: usize = 1000;

/// Add people to a call
///
/// Rings them on every device; a call of two becomes a group call by it. Whoever is in the call, or
/// rings already, is left alone; whoever declined, missed it or left rings again. Whoever was removed
/// can be added by moderators only. All of them are called, or none.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/participants",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::AddParticipantsRequest, example = json!({ "userIds": ["carol"] })),
    responses(
        (status = 200, body = wire::Call, description = "They are called"),
        (status = 400, body = wire::Problem, content_type = "application/problem+json",
            description = "`invalid_request`, `too_many_participants`"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: the caller is not in the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 429, response = crate::openapi::RateLimited),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn add(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::AddParticipantsRequest>,
) -> Result<Json<wire::Call>, Problem> {
    let users = users(&body.value.user_ids)?;
    // Whom one may ring that often, and whether by a new call or this one, is the same.
    if let Err(wait) = app.initiate_limit.take(&caller.user_id, Instant::now()) {
        app.metrics.refused("rate");
        let problem = Problem::new(Code::RateLimited, "You call too many people.");
        return Err(problem.retry_after(wait.as_secs() + 1));
    }
    let engine = &app.engine;
    let view = engine.add_participants(call, caller.user_id, users).await?;
    Ok(Json(view.to_wire()))
}

fn users(ids: &[String]) -> Result<Vec<UserId>, Problem> {
    if ids.is_empty() {
        return Err(invalid("userIds", &"nobody is named"));
    }
    if ids.len() > MOST_AT_ONCE {
        return Err(Problem::new(
            Code::TooManyParticipants,
            format!("More than {MOST_AT_ONCE} users are named."),
        ));
    }
    let users = ids.iter().enumerate();
    users
        .map(|(index, id)| field(&format!("userIds[{index}]"), id))
        .collect()
}
