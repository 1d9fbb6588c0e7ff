use actix_web::web::{Data, Json};
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// Leave a call
///
/// A call of two ends with that. Whoever left a group call may come back by answering while it
/// lives.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/leave",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::Call, description = "The caller is out of the call"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: the caller has not taken the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn leave(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::Call>, Problem> {
    let view = app.engine.leave(call, caller.user_id).await?;
    Ok(Json(view.to_wire()))
}
