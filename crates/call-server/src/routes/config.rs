use actix_web::web::{Data, Json};
use call_domain::{RecordingPolicy, TopologyPolicy};
use call_engine::RecordingPlane as _;
use call_signal::wire;

use crate::app::App;

/// Learn what this server offers
///
/// Needs no token.
#[utoipa::path(
    get,
    path = "/api/config",
    tag = "app",
    responses((status = 200, body = wire::AppConfig, description = "For apps",
        example = json!({ "dev": false, "presence": false, "meshMax": 5, "sfu": true,
            "maxParticipants": 50, "recording": { "available": true, "forced": false,
                "consent": "notify", "mixing": true }, "version": "0.1.0" })))
)]
pub(crate) async fn config(app: Data<App>) -> Json<wire::AppConfig> {
    Json(wire::AppConfig {
        dev: app.settings.dev,
        presence: app.settings.presence.directory,
        mesh_max: app.settings.policy.mesh_max,
        sfu: app.settings.policy.topology != TopologyPolicy::P2p,
        max_participants: app.settings.policy.seats(),
        recording: recording(&app),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn recording(app: &App) -> wire::RecordingAbility {
    let policy = &app.settings.policy;
    let recorder = app.recorder.as_ref();
    let over_sfu = policy.topology != TopologyPolicy::P2p;
    wire::RecordingAbility {
        available: recorder.is_some() && over_sfu && policy.recording != RecordingPolicy::Forbid,
        forced: policy.recording == RecordingPolicy::Force,
        consent: policy.recording_consent.into(),
        mixing: recorder.is_some_and(|recorder| recorder.mixing_available()),
    }
}
