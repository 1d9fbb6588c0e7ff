use actix_web::web::{Data, Json};
use call_signal::wire;

use super::to_wire;
use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::{JsonBody, Problem};

/// Say whether you may be recorded
///
/// Where people are asked (`consent` is `ask`), nothing is written of whoever has not said yes. It may be taken
/// back, and given again, at any time; it counts from then on.
#[utoipa::path(
    put,
    path = "/api/calls/{id}/recording/consent",
    tag = "recordings",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::ConsentRequest, example = json!({ "given": true })),
    responses(
        (status = 200, body = wire::Recording, description = "It counts"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_recording`; `not_asked`: everybody is told, and nobody asked"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn consent(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::ConsentRequest>,
) -> Result<Json<wire::Recording>, Problem> {
    let engine = &app.engine;
    let recording = engine
        .consent_to_recording(call, caller.user_id, body.value.given)
        .await?;
    Ok(Json(to_wire(&recording)))
}
