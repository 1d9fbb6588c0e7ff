use call_domain::Timestamp;
use uuid::{NoContext, Uuid};

/// A UUID of version 7 (RFC 9562 section 5.7) that sorts by `now`.
pub(crate) fn new_id(now: Timestamp) -> Uuid {
    let micros = u64::try_from(now.as_micros()).unwrap_or(0);
    let nanos = u32::try_from(micros % 1_000_000).unwrap_or(0) * 1_000;
    Uuid::new_v7(uuid::Timestamp::from_unix(
        NoContext,
        micros / 1_000_000,
        nanos,
    ))
}
