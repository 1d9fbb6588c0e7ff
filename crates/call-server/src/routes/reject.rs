use actix_web::web::{Data, Json};
use call_domain::RejectReason;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::fields::optional;
use crate::http::{JsonBody, Problem};

/// Refuse a call
///
/// On all devices of the user.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/reject",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    request_body(content = Option<wire::RejectRequest>, example = json!({ "reason": "busy" })),
    responses(
        (status = 200, body = wire::Call, description = "It does not ring for the caller any more"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_ringing`: the caller of this route began the call, or took it"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn reject(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::RejectRequest>,
) -> Result<Json<wire::Call>, Problem> {
    let reason: Option<RejectReason> = optional("reason", body.value.reason.as_deref())?;
    let view = app
        .engine
        .reject(call, caller.user_id, reason.unwrap_or_default())
        .await?;
    Ok(Json(view.to_wire()))
}
