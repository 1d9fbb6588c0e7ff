use actix_web::web::{Data, Json};
use call_domain::Address;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::fields::field;
use crate::http::{JsonBody, Problem};

/// Join a call
///
/// Enters a call that does not ring, or no longer: for everybody who was a participant of it at any
/// time and was not removed, and for whoever holds a token whose `conversations` name the call's
/// conversation. Where it rings for the caller, this answers; where another device of the caller is in
/// the call, this one takes its place.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/join",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::JoinRequest, example = json!({ "deviceId": "carol-phone" })),
    responses(
        (status = 200, body = wire::Call, description = "The device is in the call"),
        (status = 400, body = wire::Problem, content_type = "application/problem+json",
            description = "`invalid_request`; `too_many_participants`: the call is full"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_allowed`: the caller was removed from this call"),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`already_in_call` with `callId`: the device is in another call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn join(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::JoinRequest>,
) -> Result<Json<wire::Call>, Problem> {
    let who = Address {
        user: caller.user_id,
        device: field("deviceId", &body.value.device_id)?,
    };
    let engine = &app.engine;
    let view = engine
        .join(call, who, caller.name, &caller.conversations)
        .await?;
    Ok(Json(view.to_wire()))
}
