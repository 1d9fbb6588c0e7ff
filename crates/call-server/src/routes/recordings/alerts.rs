use actix_web::web::{Data, Json, Query};
use call_signal::wire::{self, rfc3339};
use call_store::Alert;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::auth::Caller;
use crate::http::fields::{limit, optional, query};
use crate::http::{Code, Problem};

/// Texts still: a wrong one is named by its parameter.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    /// The most items of a page: 1 to 200, 50 unless said otherwise.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// List alerts
///
/// What went wrong that somebody should look at, newest first. For administrators.
#[utoipa::path(
    get,
    path = "/api/alerts",
    tag = "operation",
    params(Page),
    responses(
        (status = 200, body = wire::AlertList, description = "A page of alerts"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthenticated),
        (status = 403, response = crate::openapi::NotAllowed),
        (status = 503, response = crate::openapi::Unavailable),
    ),
    security(("token" = []))
)]
pub(crate) async fn alerts(
    app: Data<App>,
    caller: Caller,
    page: Result<Query<Page>, actix_web::Error>,
) -> Result<Json<wire::AlertList>, Problem> {
    if !caller.admin {
        return Err(Problem::new(Code::NotAllowed, "Only for administrators."));
    }
    let page = query(page)?;
    let cursor = optional("cursor", page.cursor.as_deref())?;
    let limit = limit(page.limit.as_deref())?;
    let found = app.engine.alerts(cursor, limit).await?;
    Ok(Json(wire::AlertList {
        items: found.items.iter().map(alert_to_wire).collect(),
        next_cursor: found.next.map(|cursor| cursor.to_string()),
    }))
}

fn alert_to_wire(alert: &Alert) -> wire::Alert {
    wire::Alert {
        id: alert.id.to_string(),
        kind: alert.kind.as_str().to_owned(),
        call_id: alert.call_id.map(|call| call.to_string()),
        recording_id: alert.recording_id.map(|recording| recording.to_string()),
        cause: alert.cause.into(),
        raised_at: rfc3339(alert.raised_at),
    }
}
