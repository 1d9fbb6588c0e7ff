use call_domain::{CallId, CorruptCall};
use diesel::prelude::*;

use crate::columns::{Id, Micros};
use crate::schema::quality_samples;
use crate::{QualitySample, StoreError};

/// A sample about to be stored.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = quality_samples, treat_none_as_default_value = false)]
pub(crate) struct NewSampleRow {
    pub(crate) call_id: Id,
    user_id: String,
    peer_id: String,
    at: Micros,
    quality: String,
    score: f64,
    round_trip_time: Option<f64>,
    jitter: Option<f64>,
    packet_loss: Option<f64>,
    bitrate_in: Option<f64>,
    bitrate_out: Option<f64>,
}

/// A stored sample.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = quality_samples)]
pub(crate) struct SampleRow {
    call_id: Id,
    user_id: String,
    peer_id: String,
    at: Micros,
    quality: String,
    score: f64,
    round_trip_time: Option<f64>,
    jitter: Option<f64>,
    packet_loss: Option<f64>,
    bitrate_in: Option<f64>,
    bitrate_out: Option<f64>,
}

impl NewSampleRow {
    pub(crate) fn new(sample: &QualitySample) -> Result<Self, StoreError> {
        // SQLite takes "not a number" for null, PostgreSQL does not: neither gets one.
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        Ok(Self {
            call_id: sample.call_id.into(),
            user_id: sample.user_id.to_string(),
            peer_id: sample.peer_id.to_string(),
            at: sample.at.into(),
            quality: sample.quality.to_string(),
            score: finite(Some(sample.score)).ok_or(StoreError::Unstorable("score"))?,
            round_trip_time: finite(sample.round_trip_time),
            jitter: finite(sample.jitter),
            packet_loss: finite(sample.packet_loss),
            bitrate_in: finite(sample.bitrate_in),
            bitrate_out: finite(sample.bitrate_out),
        })
    }
}

impl SampleRow {
    pub(crate) fn into_sample(self) -> Result<QualitySample, CorruptCall> {
        let id = CallId::from(self.call_id);
        let corrupt = |what| CorruptCall { id, what };
        Ok(QualitySample {
            call_id: id,
            user_id: self
                .user_id
                .parse()
                .map_err(|_| corrupt("sample user_id"))?,
            peer_id: self
                .peer_id
                .parse()
                .map_err(|_| corrupt("sample peer_id"))?,
            at: self.at.into(),
            quality: self
                .quality
                .parse()
                .map_err(|_| corrupt("sample quality"))?,
            score: self.score,
            round_trip_time: self.round_trip_time,
            jitter: self.jitter,
            packet_loss: self.packet_loss,
            bitrate_in: self.bitrate_in,
            bitrate_out: self.bitrate_out,
        })
    }
}
