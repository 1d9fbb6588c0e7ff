use actix_web::web::{Data, Json};
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::{JsonBody, Problem};

/// Raise your hand
///
/// Or lower it. Raised twice, it counts from the first time.
#[utoipa::path(
    put,
    path = "/api/calls/{id}/hand",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::HandRequest, example = json!({ "raised": true })),
    responses(
        (status = 200, body = wire::Participant, description = "The caller as participant"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: the caller is not in the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn hand(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::HandRequest>,
) -> Result<Json<wire::Participant>, Problem> {
    let user = caller.user_id;
    let engine = &app.engine;
    let view = engine
        .raise_hand(call, user.clone(), body.value.raised)
        .await?;
    view.participant_to_wire(&user)
        .map(Json)
        .ok_or_else(Problem::no_such_call)
}
