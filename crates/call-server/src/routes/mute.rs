use actix_web::web::{Data, Json};
use call_domain::MediaOff;
use call_signal::wire;

use crate::app::App;
use crate::auth::Caller;
use crate::http::call_path::ParticipantPath;
use crate::http::fields::invalid;
use crate::http::{Code, JsonBody, Problem};

/// Turn off what somebody sends
///
/// For the initiator and moderators. Only the participant can turn it on again. Nobody can be turned on
/// by others.
#[utoipa::path(
    post,
    path = "/api/calls/{id}/participants/{userId}/mute",
    tag = "calls",
    params(crate::openapi::CallIdParam, crate::openapi::UserIdParam),
    request_body(content = wire::MuteRequest, example = json!({ "audio": true })),
    responses(
        (status = 200, body = wire::Participant, description = "The participant"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 404, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_found`: no such call, or no such participant"),
        (status = 409, body = wire::Problem, content_type = "application/problem+json",
            description = "`not_joined`: the participant is not in the call"),
        (status = 410, response = crate::openapi::CallOver),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn mute(
    app: Data<App>,
    caller: Caller,
    ParticipantPath(call, user): ParticipantPath,
    body: JsonBody<wire::MuteRequest>,
) -> Result<Json<wire::Participant>, Problem> {
    let off = off(body.value)?;
    let engine = &app.engine;
    let view = engine.mute(call, caller.user_id, user.clone(), off).await?;
    view.participant_to_wire(&user)
        .map(Json)
        .ok_or_else(Problem::no_such_call)
}

fn off(request: wire::MuteRequest) -> Result<MediaOff, Problem> {
    let of = |name: &str, off: Option<bool>| match off {
        Some(true) => Ok(true),
        None => Ok(false),
        Some(false) => Err(invalid(name, &"may be true only")),
    };
    let off = MediaOff {
        audio: of("audio", request.audio)?,
        video: of("video", request.video)?,
        screen: of("screen", request.screen)?,
    };
    if off == MediaOff::default() {
        return Err(Problem::new(
            Code::InvalidRequest,
            "Say what is turned off: audio, video or screen.",
        ));
    }
    Ok(off)
}
