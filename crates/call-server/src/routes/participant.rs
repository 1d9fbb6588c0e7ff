use actix_web::web::{Data, Json};
use call_domain::Role;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::ParticipantPath;
use crate::http::{JsonBody, Problem};

/// Remove somebody from a call
///
/// Whoever is in the call is put out of it, whoever it rings for is called no longer. For the
/// initiator, moderators and administrators; the initiator can be removed by an administrator only.
#[utoipa::path(
    delete,
    path = "/api/calls/{id}/participants/{userId}",
    tag = "calls",
    params(crate::openapi::CallIdParam, crate::openapi::UserIdParam),
    responses(
        (status = 200, body = wire::Call, description = "Out, and may not come back uninvited"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_found`: no such call, or no such participant"),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: neither in the call nor called"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn remove(
    app: Data<App>,
    caller: Caller,
    ParticipantPath(call, user): ParticipantPath,
) -> Result<Json<wire::Call>, Problem> {
    let Caller { user_id, admin, .. } = caller;
    let engine = &app.engine;
    let view = engine
        .remove_participant(call, user_id, admin, user)
        .await?;
    Ok(Json(view.to_wire()))
}

/// Make somebody a moderator
///
/// Or no longer one. For the initiator and moderators.
#[utoipa::path(
    patch,
    path = "/api/calls/{id}/participants/{userId}",
    tag = "calls",
    params(crate::openapi::CallIdParam, crate::openapi::UserIdParam),
    request_body(content = wire::RoleRequest, example = json!({ "role": "moderator" })),
    responses(
        (status = 200, body = wire::Participant, description = "The participant"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_found`: no such call, or no such participant"),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: removed from the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn set_role(
    app: Data<App>,
    caller: Caller,
    ParticipantPath(call, user): ParticipantPath,
    body: JsonBody<wire::RoleRequest>,
) -> Result<Json<wire::Participant>, Problem> {
    let role = match body.value.role {
        wire::AssignableRole::Moderator => Role::Moderator,
        wire::AssignableRole::Participant => Role::Participant,
    };
    let engine = &app.engine;
    let view = engine
        .set_role(call, caller.user_id, user.clone(), role)
        .await?;
    view.participant_to_wire(&user)
        .map(Json)
        .ok_or_else(Problem::no_such_call)
}
