use actix_web::web::{Data, Json};
use call_domain::Event;
use call_signal::wire::{self, rfc3339};
use call_store::LoggedEvent;
use serde_json::{Map, Value, json};

use super::get::reader;
use crate::app::App;
use crate::auth::Caller;
use crate::http::Problem;
use crate::http::call_path::CallPath;

/// Get the time line of a call
///
/// Everything that happened to it, oldest first. For participants and administrators.
#[utoipa::path(
    get,
    path = "/api/calls/{id}/events",
    tag = "calls",
    params(crate::openapi::CallIdParam),
    responses(
        (status = 200, body = wire::CallEventList, description = "What happened",
            example = json!({ "items": [{
                "version": 1,
                "at": "2026-01-31T08:15:30.250Z",
                "type": "created",
                "userId": "alice",
                "deviceId": "alice-laptop",
                "data": { "type": "video" }
            }] })),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 404, response = crate::openapi::NoSuchCall),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn events(
    app: Data<App>,
    caller: Caller,
    CallPath(call): CallPath,
) -> Result<Json<wire::CallEventList>, Problem> {
    let logged = app.engine.events(call, &reader(caller)).await?;
    Ok(Json(wire::CallEventList {
        items: logged.iter().map(item).collect(),
    }))
}

fn item(logged: &LoggedEvent) -> wire::CallEventItem {
    wire::CallEventItem {
        version: logged.version,
        at: rfc3339(logged.at),
        r#type: logged.event.name().to_owned(),
        user_id: logged.event.user().map(ToString::to_string),
        device_id: logged.event.device().map(ToString::to_string),
        data: data(&logged.event),
    }
}

/// What an event says beside who, with which device and when.
fn data(event: &Event) -> Map<String, Value> {
    let one = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    match event {
        Event::Created { call_type, .. } => one("type", json!(call_type.as_str())),
        Event::MediaChanged { media, .. } => one("media", json!(wire::MediaState::from(*media))),
        Event::Left { reason, .. } => one("reason", json!(reason.as_str())),
        Event::Ended { reason, .. } => one("reason", json!(reason.as_str())),
        Event::Added { by, .. } | Event::Removed { by, .. } => one("by", json!(by.as_str())),
        Event::Muted { by, media, .. } => Map::from_iter([
            ("by".to_owned(), json!(by.as_str())),
            ("media".to_owned(), json!(wire::MediaState::from(*media))),
        ]),
        Event::RoleChanged { by, role, .. } => Map::from_iter([
            ("by".to_owned(), json!(by.as_str())),
            ("role".to_owned(), json!(role.as_str())),
        ]),
        Event::TopologyChanged {
            topology,
            sfu_room_id,
        } => Map::from_iter([
            ("topology".to_owned(), json!(topology.as_str())),
            ("sfuRoomId".to_owned(), json!(sfu_room_id)),
        ]),
        Event::RecordingStarted {
            recording,
            mode,
            consent,
            ..
        } => Map::from_iter([
            ("recordingId".to_owned(), json!(recording)),
            ("mode".to_owned(), json!(mode.as_str())),
            ("consent".to_owned(), json!(consent.as_str())),
        ]),
        Event::RecordingStopped {
            recording, cause, ..
        } => Map::from_iter([
            ("recordingId".to_owned(), json!(recording)),
            ("cause".to_owned(), json!(cause)),
        ]),
        Event::RecordingConsent {
            recording, given, ..
        } => Map::from_iter([
            ("recordingId".to_owned(), json!(recording)),
            ("given".to_owned(), json!(given)),
        ]),
        Event::Entered { .. }
        | Event::HandRaised { .. }
        | Event::HandLowered { .. }
        | Event::Invited { .. }
        | Event::Offered { .. }
        | Event::Alerting { .. }
        | Event::Answered { .. }
        | Event::Declined { .. }
        | Event::Busy { .. }
        | Event::Missed { .. }
        | Event::Unreachable { .. }
        | Event::Joined { .. }
        | Event::Started
        | Event::Disconnected { .. }
        | Event::Resumed { .. }
        | Event::Alone { .. } => Map::new(),
    }
}
