//! The cases that every implementation of the quality model has to pass, in any language.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use call_domain::{Quality, UserId};
use call_media::{
    Assessment, CandidateType, Inbound, Outbound, QualityLimitationReason, QualityMonitor,
    RelayProtocol, StatsSample, assess,
};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../vectors/quality.json")).unwrap()
}

/// JSON has no NaN and no infinity, so the vectors spell them.
fn number(object: &Value, key: &str) -> Option<f64> {
    match object.get(key)? {
        Value::String(word) => Some(word.parse().unwrap()),
        value => Some(value.as_f64().unwrap()),
    }
}

fn inbound(object: &Value) -> Inbound {
    Inbound {
        packets_received: number(object, "packetsReceived").unwrap(),
        packets_lost: number(object, "packetsLost").unwrap(),
        jitter: number(object, "jitter").unwrap(),
        bytes_received: number(object, "bytesReceived").unwrap(),
        concealed_samples: number(object, "concealedSamples"),
        total_samples_received: number(object, "totalSamplesReceived"),
        frames_decoded: number(object, "framesDecoded"),
        frames_per_second: number(object, "framesPerSecond"),
        frame_width: number(object, "frameWidth"),
        frame_height: number(object, "frameHeight"),
        freeze_count: number(object, "freezeCount"),
        total_freezes_duration: number(object, "totalFreezesDuration"),
    }
}

fn outbound(object: &Value) -> Outbound {
    Outbound {
        bytes_sent: number(object, "bytesSent").unwrap(),
        packets_sent: number(object, "packetsSent").unwrap(),
        fraction_lost: number(object, "fractionLost"),
        frames_per_second: number(object, "framesPerSecond"),
        frame_height: number(object, "frameHeight"),
        quality_limitation_reason: object.get("qualityLimitationReason").map(|reason| {
            serde_json::from_value::<QualityLimitationReason>(reason.clone()).unwrap()
        }),
    }
}

fn sample(object: &Value) -> StatsSample {
    StatsSample {
        interval_ms: number(object, "intervalMs").unwrap(),
        round_trip_time: number(object, "roundTripTime"),
        available_outgoing_bitrate: number(object, "availableOutgoingBitrate"),
        candidate_type: object
            .get("candidateType")
            .map(|v| serde_json::from_value::<CandidateType>(v.clone()).unwrap()),
        relay_protocol: object
            .get("relayProtocol")
            .map(|v| serde_json::from_value::<RelayProtocol>(v.clone()).unwrap()),
        audio: object.get("audio").map(inbound),
        video: object.get("video").map(inbound),
        outbound: object.get("outbound").map(outbound),
    }
}

#[test]
fn every_case_is_assessed_as_the_vectors_say() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 40, "the vectors were cut to {}", cases.len());
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let expect: Assessment = serde_json::from_value(case["expect"].clone()).unwrap();
        let got = assess(&sample(&case["input"]));
        assert!((got.score - expect.score).abs() < 0.001, "{name}: {got:?}");
        assert_eq!(got.quality, expect.quality, "{name}");
        assert_eq!(got.reasons, expect.reasons, "{name}");
    }
}

#[test]
fn the_vectors_reach_every_level_and_every_reason() {
    let vectors = vectors();
    let of = |key: &str| -> BTreeSet<String> {
        let cases = vectors["cases"].as_array().unwrap();
        cases
            .iter()
            .flat_map(|case| match &case["expect"][key] {
                Value::Array(several) => several.clone(),
                one => vec![one.clone()],
            })
            .map(|value| value.as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of("quality").len(), 5);
    assert_eq!(of("reasons").len(), 8);
}

#[test]
fn a_sample_reads_and_writes_the_names_of_the_wire() {
    for case in vectors()["cases"].as_array().unwrap() {
        // Cases that spell NaN are no JSON that a client could send.
        if let Ok(read) = serde_json::from_value::<StatsSample>(case["input"].clone()) {
            assert_eq!(read, sample(&case["input"]));
            let again = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<StatsSample>(&again).unwrap(), read);
        }
    }
}

#[test]
fn every_sequence_is_announced_as_the_vectors_say() {
    for sequence in vectors()["sequences"].as_array().unwrap() {
        let name = sequence["name"].as_str().unwrap();
        let mut monitor = QualityMonitor::new();
        for (step, i) in sequence["steps"].as_array().unwrap().iter().zip(1..) {
            let peer: UserId = step["peer"].as_str().unwrap().parse().unwrap();
            let change = if step.get("forget").is_some() {
                monitor.forget(&peer)
            } else {
                let quality: Quality = serde_json::from_value(step["quality"].clone()).unwrap();
                monitor.observe(
                    &peer,
                    &Assessment {
                        score: 3.0,
                        quality,
                        reasons: Vec::new(),
                    },
                )
            };
            let expect: Option<Quality> = serde_json::from_value(step["change"].clone()).unwrap();
            assert_eq!(change.map(|c| c.quality), expect, "{name}, step {i}");
        }
    }
}
