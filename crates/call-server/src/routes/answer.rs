use actix_web::web::{Data, Json};
use call_domain::Address;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::fields::field;
use crate::http::{JsonBody, Problem};

/// Take a call
///
/// Of several devices of a user the first one wins; again by the same device changes nothing. In a
/// group call that lives, also after `missed` or `declined`.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/answer",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::AnswerRequest, example = json!({ "deviceId": "bob-phone" })),
    responses(
        (status = 200, body = wire::Call, description = "The device is in the call"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`answered_elsewhere`; `not_ringing` (the initiator)"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn answer(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::AnswerRequest>,
) -> Result<Json<wire::Call>, Problem> {
    let who = Address {
        user: caller.user_id,
        device: field("deviceId", &body.value.device_id)?,
    };
    let view = app.engine.answer(call, who, caller.name).await?;
    Ok(Json(view.to_wire()))
}
