use actix_web::web::{Data, Json};
use call_engine::Reader;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// Get a call
///
/// With its participants. For participants and administrators.
#[utoipa::path(
    get,
    path = "/api/calls/{id}",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::Call, description = "The call as it is now"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn get_call(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::Call>, Problem> {
    let view = app.engine.call(call, &reader(caller)).await?;
    Ok(Json(view.to_wire()))
}

/// What a caller may read.
pub(crate) fn reader(caller: Caller) -> Reader {
    if caller.admin {
        Reader::Admin
    } else {
        Reader::User(caller.user_id)
    }
}
