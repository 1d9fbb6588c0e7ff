use actix_web::web::{Data, Json};
use call_engine::CommandError;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// End a call
///
/// The initiator while it rings: cancels. A callee while it rings: declines. In a call of two: ends
/// it. In a group call: the initiator ends it for all, anyone else leaves. An administrator who is
/// not a participant ends it for all (`ended_by_moderator`). A call that is over stays as it is.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/end",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::Call, description = "Ended, for the caller at least"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn end(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::Call>, Problem> {
    let view = match app.engine.end(call, caller.user_id.clone()).await {
        Err(CommandError::NotFound) if caller.admin => {
            app.engine.end_by_moderator(call, caller.user_id).await?
        }
        ended => ended?,
    };
    Ok(Json(view.to_wire()))
}
