use call_domain::{CallId, RecordingId};
use diesel::prelude::*;

use crate::columns::{Id, Micros};
use crate::schema::alerts;
use crate::{Alert, AlertKind, StoreError};

/// One alert.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = alerts, treat_none_as_default_value = false)]
pub(crate) struct AlertRow {
    id: Id,
    kind: String,
    call_id: Option<Id>,
    recording_id: Option<Id>,
    cause: String,
    raised_at: Micros,
}

impl AlertRow {
    pub(crate) fn new(alert: &Alert) -> Self {
        Self {
            id: Id(alert.id),
            kind: alert.kind.to_string(),
            call_id: alert.call_id.map(Into::into),
            recording_id: alert.recording_id.map(Into::into),
            cause: alert.cause.to_string(),
            raised_at: alert.raised_at.into(),
        }
    }

    pub(crate) fn into_alert(self) -> Result<Alert, StoreError> {
        let id = self.id.0;
        let damaged = |what| StoreError::Damaged(format!("{what} of the alert {id}"));
        Ok(Alert {
            id,
            kind: AlertKind::parse(&self.kind).ok_or_else(|| damaged("the kind"))?,
            call_id: self.call_id.map(CallId::from),
            recording_id: self.recording_id.map(RecordingId::from),
            cause: self.cause.parse().map_err(|_| damaged("the cause"))?,
            raised_at: self.raised_at.into(),
        })
    }
}
