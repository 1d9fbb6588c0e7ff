use std::collections::BTreeMap;

use call_domain::{Quality, UserId};
use call_store::QualitySample;
use serde::Serialize;

/// The quality of a call as a whole: what a call's `qualityStats` holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QualitySummary {
    /// Over all samples of all participants.
    pub overall: QualityFigures,
    /// As each participant received the others, by user id.
    pub participants: BTreeMap<UserId, QualityFigures>,
}

/// Averages and extremes over a number of samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityFigures {
    /// How many samples there were.
    pub samples: u64,
    /// Mean score, 1.0 to 4.5.
    pub average_score: f64,
    /// Lowest score.
    pub worst_score: f64,
    /// Lowest level.
    pub worst_quality: Quality,
    /// Mean, in seconds.
    pub average_round_trip_time: Option<f64>,
    /// Mean, in seconds.
    pub average_jitter: Option<f64>,
    /// Mean share of packets lost, 0 to 1.
    pub average_packet_loss: Option<f64>,
}

/// Sums up the samples of a call; `None` if there are none.
pub fn summarise(samples: &[QualitySample]) -> Option<QualitySummary> {
    let mut participants: BTreeMap<UserId, Sums> = BTreeMap::new();
    let mut overall = Sums::default();
    for sample in samples {
        overall.add(sample);
        participants
            .entry(sample.user_id.clone())
            .or_default()
            .add(sample);
    }
    Some(QualitySummary {
        overall: overall.figures()?,
        participants: participants
            .into_iter()
            .filter_map(|(user, sums)| sums.figures().map(|figures| (user, figures)))
            .collect(),
    })
}

#[derive(Debug, Default)]
struct Sums {
    score: Mean,
    worst: Option<(f64, Quality)>,
    round_trip_time: Mean,
    jitter: Mean,
    packet_loss: Mean,
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Sums {
    fn add(&mut self, sample: &QualitySample) {
        self.score.add(Some(sample.score));
        self.round_trip_time.add(sample.round_trip_time);
        self.jitter.add(sample.jitter);
        self.packet_loss.add(sample.packet_loss);
        self.worst = Some(match self.worst {
            None => (sample.score, sample.quality),
            // `Quality` sorts worst last.
            Some((score, quality)) => (score.min(sample.score), quality.max(sample.quality)),
        });
    }

    fn figures(&self) -> Option<QualityFigures> {
        let (worst_score, worst_quality) = self.worst?;
        Some(QualityFigures {
            samples: u64::from(self.score.count),
            average_score: self.score.get()?,
            worst_score,
            worst_quality,
            average_round_trip_time: self.round_trip_time.get(),
            average_jitter: self.jitter.get(),
            average_packet_loss: self.packet_loss.get(),
        })
    }
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count = self.count.saturating_add(1);
        }
    }

    fn get(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / f64::from(self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call_domain::{CallId, Timestamp};
    use uuid::Uuid;

    fn sample(user: &str, score: f64, quality: Quality, rtt: Option<f64>) -> QualitySample {
        QualitySample {
            call_id: CallId::new(Uuid::nil()),
            user_id: user.parse().expect("user id"),
            peer_id: "peer".parse().expect("user id"),
            at: Timestamp::from_micros(0),
            quality,
            score,
            round_trip_time: rtt,
            jitter: None,
            packet_loss: Some(0.25),
            bitrate_in: None,
            bitrate_out: None,
        }
    }

    #[test]
    fn averages_what_is_known_and_keeps_the_worst() {
        let summary = summarise(&[
            sample("alice", 4.0, Quality::Excellent, Some(0.1)),
            sample("alice", 2.0, Quality::Poor, None),
            sample("bob", 4.5, Quality::Excellent, Some(0.3)),
        ])
        .expect("samples");
        let json = serde_json::to_value(&summary).expect("json");
        assert_eq!(json["overall"]["samples"], 3);
        assert_eq!(json["overall"]["averageScore"], 3.5);
        assert_eq!(json["overall"]["averageRoundTripTime"], 0.2);
        assert_eq!(json["overall"]["averageJitter"], serde_json::Value::Null);
        assert_eq!(json["overall"]["averagePacketLoss"], 0.25);
        let alice = &json["participants"]["alice"];
        assert_eq!(alice["averageScore"], 3.0);
        assert_eq!(alice["worstScore"], 2.0);
        assert_eq!(alice["worstQuality"], "poor");
        assert_eq!(alice["averageRoundTripTime"], 0.1);
        assert_eq!(json["participants"]["bob"]["samples"], 1);
    }

    #[test]
    fn no_samples_no_summary() {
        assert_eq!(summarise(&[]), None);
    }
}
