use actix_web::web::{Data, Json};
use call_domain::MediaChange;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::CallPath;
use crate::http::{Code, JsonBody, Problem};

/// Tell what you send
///
/// Turns the microphone, the camera or screen sharing on or off in the eyes of the others.
#[utoipa::path(
    patch,
    path = "/api/calls/{id}/media",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    request_body(content = wire::MediaRequest, example = json!({ "audio": false })),
    responses(
        (status = 200, body = wire::Participant, description = "The caller as participant"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: the caller has not taken the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn change_media(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
    body: JsonBody<wire::MediaRequest>,
) -> Result<Json<wire::Participant>, Problem> {
    let wire::MediaRequest {
        audio,
        video,
        screen,
    } = body.value;
    let change = MediaChange {
        audio,
        video,
        screen,
    };
    if change == MediaChange::default() {
        return Err(Problem::new(
            Code::InvalidRequest,
            "Say what changes: audio, video or screen.",
        ));
    }
    let view = app
        .engine
        .change_media(call, caller.user_id.clone(), change)
        .await?;
    view.participant_to_wire(&caller.user_id)
        .map(Json)
        .ok_or_else(Problem::no_such_call)
}
