use call_domain::{CallId, CorruptCall, Event, Step, Timestamp};
use diesel::prelude::*;

use super::json;
use crate::columns::{Id, Json, Micros};
use crate::schema::call_events;
use crate::{LoggedEvent, StoreError};

/// One line of a call's log. `data` is the event; the columns beside it are for readers of SQL.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = call_events, treat_none_as_default_value = false)]
pub(crate) struct EventRow {
    call_id: Id,
    version: i64,
    position: i32,
    at: Micros,
    event_type: String,
    user_id: Option<String>,
    device_id: Option<String>,
    data: Json,
}

/// The log lines of a step.
pub(crate) fn event_rows(step: &Step, at: Timestamp) -> Result<Vec<EventRow>, StoreError> {
    let version =
        i64::try_from(step.call.version()).map_err(|_| StoreError::Unstorable("version"))?;
    (0..)
        .zip(&step.events)
        .map(|(position, event)| {
            Ok(EventRow {
                call_id: step.call.id().into(),
                version,
                position,
                at: at.into(),
                event_type: event.name().to_owned(),
                user_id: event.user().map(ToString::to_string),
                device_id: event.device().map(ToString::to_string),
                data: json(event, "event")?,
            })
        })
        .collect()
}

impl EventRow {
    pub(crate) fn into_event(self) -> Result<LoggedEvent, CorruptCall> {
        let corrupt = |what| CorruptCall {
            id: CallId::from(self.call_id),
            what,
        };
        Ok(LoggedEvent {
            version: u64::try_from(self.version).map_err(|_| corrupt("event version"))?,
            at: self.at.into(),
            event: self.data.parse::<Event>().map_err(|_| corrupt("event"))?,
        })
    }
}
