use ::time::OffsetDateTime;
use call_domain::Timestamp;

/// A moment as RFC 3339 in UTC with milliseconds, such as `2026-01-31T08:15:30.250Z`.
///
/// Moments outside the years 0 to 9999, which no clock gives, are shown as the nearest end.
pub fn rfc3339(moment: Timestamp) -> String {
    let nanos = i128::from(moment.as_micros()).saturating_mul(1000);
    let moment = OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .ok()
        .filter(|m| m.year() >= 0);
    let Some(moment) = moment else {
        let end = if nanos < 0 {
            "0000-01-01T00:00:00.000Z"
        } else {
            "9999-12-31T23:59:59.999Z"
        };
        return end.to_owned();
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        moment.year(),
        u8::from(moment.month()),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        moment.millisecond()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_always_three_digits_and_cut_not_rounded() {
        let shown = |micros| rfc3339(Timestamp::from_micros(micros));
        assert_eq!(shown(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(shown(1_769_847_330_250_999), "2026-01-31T08:15:30.250Z");
        assert_eq!(shown(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(shown(i64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(shown(i64::MIN), "0000-01-01T00:00:00.000Z");
    }
}
