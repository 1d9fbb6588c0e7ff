use actix_web::web::{Data, Json};
use call_signal::wire::{self, rfc3339};

use super::get::reader;
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// Get the quality of a call over time
///
/// What each participant measured of each other one, oldest first. The last seconds of a live call
/// may be missing. For participants and administrators.
#[utoipa::path(
    get,
    path = "/api/calls/{id}/quality",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::QualityList, description = "What was measured"),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn quality(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::QualityList>, Problem> {
    let samples = app.engine.quality_samples(call, &reader(caller)).await?;
    let items = samples.into_iter().map(|sample| wire::QualityItem {
        user_id: sample.user_id.to_string(),
        peer_id: sample.peer_id.to_string(),
        at: rfc3339(sample.at),
        quality: sample.quality.into(),
        score: sample.score,
        round_trip_time: sample.round_trip_time,
        jitter: sample.jitter,
        packet_loss: sample.packet_loss,
        bitrate_in: sample.bitrate_in,
        bitrate_out: sample.bitrate_out,
    });
    Ok(Json(wire::QualityList {
        items: items.collect(),
    }))
}
