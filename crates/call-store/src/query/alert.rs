use diesel::prelude::*;

use crate::columns::{Id, Micros};
use crate::connection::{AnyConnection, MultiBackend, on_backend};
use crate::error::Failure;
use crate::row::AlertRow;
use crate::schema::alerts;
use crate::{AlertCursor, AlertPage};

pub(crate) fn insert_alert(
    connection: &mut AnyConnection,
    alert: &AlertRow,
) -> Result<(), Failure> {
    on_backend!(connection, inner => diesel::insert_into(alerts::table)
        .values(alert)
        .on_conflict_do_nothing()
        .execute(inner))?;
    Ok(())
}

pub(crate) fn alerts(
    connection: &mut AnyConnection,
    cursor: Option<AlertCursor>,
    limit: u32,
) -> Result<AlertPage, Failure> {
    let mut page = alerts::table
        .order((alerts::raised_at.desc(), alerts::id.desc()))
        .limit(i64::from(limit) + 1)
        .select(AlertRow::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = cursor {
        let time = Micros::from(cursor.raised_at);
        // Redundant, but it lets the index begin at the cursor.
        page = page
            .filter(alerts::raised_at.le(time))
            .filter(alerts::raised_at.lt(time).or(alerts::id.lt(Id(cursor.id))));
    }
    let rows: Vec<AlertRow> = page.load(connection)?;
    let items: Result<Vec<_>, _> = rows.into_iter().map(AlertRow::into_alert).collect();
    let mut items = items?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| AlertCursor {
        raised_at: last.raised_at,
        id: last.id,
    });
    Ok(AlertPage { items, next })
}
