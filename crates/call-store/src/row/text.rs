use serde::Serialize;
use serde_json::Value;

use crate::StoreError;
use crate::columns::Json;

/// Refuses what PostgreSQL cannot keep in `text`, on either database, so that both behave alike.
pub(crate) fn text(value: &str, what: &'static str) -> Result<String, StoreError> {
    if value.contains('\0') {
        return Err(StoreError::Unstorable(what));
    }
    Ok(value.to_owned())
}

/// Refuses what PostgreSQL cannot keep in `jsonb`, on either database.
pub(crate) fn keepable(value: &Value, what: &'static str) -> Result<(), StoreError> {
    let keeps = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => !text.contains('\0'),
        Value::Array(items) => return items.iter().try_for_each(|item| keepable(item, what)),
        Value::Object(fields) => {
            for (key, value) in fields {
                text(key, what)?;
                keepable(value, what)?;
            }
            true
        }
    };
    if keeps {
        Ok(())
    } else {
        Err(StoreError::Unstorable(what))
    }
}

/// A JSON document of our own making.
pub(crate) fn json<T: Serialize + ?Sized>(
    value: &T,
    what: &'static str,
) -> Result<Json, StoreError> {
    Json::new(value).map_err(|_| StoreError::Unstorable(what))
}
