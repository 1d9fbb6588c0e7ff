//! What holds for every sample, however absurd.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use call_domain::{Quality, UserId};
use call_media::{
    Inbound, Outbound, QualityLimitationReason, QualityMonitor, Reason, StatsSample, assess,
};
use proptest::option;
use proptest::prelude::*;

/// Plausible numbers, and every number that a stranger could send.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.0..1.0,
        0.0..10_000.0,
        any::<f64>(),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(-1.0),
    ]
}

prop_compose! {
    fn any_inbound()(
        packets_received in any_number(),
        packets_lost in any_number(),
        jitter in any_number(),
        bytes_received in any_number(),
        concealed_samples in option::of(any_number()),
        total_samples_received in option::of(any_number()),
        frames_decoded in option::of(any_number()),
        freeze_count in option::of(any_number()),
        total_freezes_duration in option::of(any_number()),
    ) -> Inbound {
        Inbound {
            packets_received,
            packets_lost,
            jitter,
            bytes_received,
            concealed_samples,
            total_samples_received,
            frames_decoded,
            freeze_count,
            total_freezes_duration,
            ..Inbound::default()
        }
    }
}

prop_compose! {
    fn any_outbound()(
        bytes_sent in any_number(),
        fraction_lost in option::of(any_number()),
        frames_per_second in option::of(any_number()),
        quality_limitation_reason in option::of(prop_oneof![
            Just(QualityLimitationReason::None),
            Just(QualityLimitationReason::Cpu),
            Just(QualityLimitationReason::Bandwidth),
            Just(QualityLimitationReason::Other),
        ]),
    ) -> Outbound {
        Outbound {
            bytes_sent,
            fraction_lost,
            frames_per_second,
            quality_limitation_reason,
            ..Outbound::default()
        }
    }
}

prop_compose! {
    fn any_sample()(
        interval_ms in any_number(),
        round_trip_time in option::of(any_number()),
        available_outgoing_bitrate in option::of(any_number()),
        audio in option::of(any_inbound()),
        video in option::of(any_inbound()),
        outbound in option::of(any_outbound()),
    ) -> StatsSample {
        StatsSample {
            interval_ms,
            round_trip_time,
            available_outgoing_bitrate,
            audio,
            video,
            outbound,
            ..StatsSample::default()
        }
    }
}

fn any_quality() -> impl Strategy<Value = Quality> {
    prop_oneof![
        Just(Quality::Excellent),
        Just(Quality::Good),
        Just(Quality::Fair),
        Just(Quality::Poor),
        Just(Quality::Lost),
    ]
}

proptest! {
    #[test]
    fn a_score_is_within_its_range_and_fits_its_level(sample in any_sample()) {
        let got = assess(&sample);
        prop_assert!((1.0..=4.5).contains(&got.score), "{got:?}");
        let fits = match got.quality {
            Quality::Excellent => got.score >= 4.2,
            Quality::Good => (3.6..4.2).contains(&got.score),
            Quality::Fair => (2.6..3.6).contains(&got.score),
            Quality::Poor => got.score < 2.6,
            Quality::Lost => got.score <= 1.0 && got.reasons == [Reason::NoMedia],
        };
        prop_assert!(fits, "{got:?}");
        prop_assert!(got.reasons.is_sorted_by(|a, b| a < b), "{got:?}");
    }

    #[test]
    fn more_loss_never_sounds_better(
        mut sample in any_sample(),
        lost in 0.0..5000.0,
        more in 0.0..5000.0,
    ) {
        for kind in 0..2 {
            let media = if kind == 0 { &mut sample.audio } else { &mut sample.video };
            let Some(before) = *media else { continue };
            *media = Some(Inbound { packets_lost: lost, ..before });
            let less = assess(&sample);
            let media = if kind == 0 { &mut sample.audio } else { &mut sample.video };
            *media = Some(Inbound { packets_lost: lost + more, ..before });
            prop_assert!(assess(&sample).score <= less.score);
        }
    }

    #[test]
    fn a_longer_way_never_sounds_better(
        sample in any_sample(),
        round_trip_time in 0.0..20.0,
        more in 0.0..20.0,
    ) {
        let at = |rtt| assess(&StatsSample { round_trip_time: Some(rtt), ..sample.clone() }).score;
        prop_assert!(at(round_trip_time + more) <= at(round_trip_time));
    }

    #[test]
    fn figures_are_numbers_that_a_column_can_hold(sample in any_sample()) {
        let figures = sample.figures();
        for value in [
            figures.round_trip_time,
            figures.jitter,
            figures.packet_loss,
            figures.bitrate_in,
            figures.bitrate_out,
        ] {
            prop_assert!(value.is_none_or(|v| v.is_finite() && v >= 0.0), "{figures:?}");
        }
        prop_assert!(figures.packet_loss.is_none_or(|v| v <= 1.0));
    }

    #[test]
    fn a_monitor_announces_changes_only_and_agrees_with_itself(
        samples in prop::collection::vec((0..3_u8, any_quality()), 0..60),
    ) {
        let mut monitor = QualityMonitor::new();
        let mut last = None;
        for (peer, quality) in samples {
            let peer: UserId = format!("peer-{peer}").parse().unwrap();
            let mut assessment = assess(&StatsSample::default());
            assessment.quality = quality;
            if let Some(change) = monitor.observe(&peer, &assessment) {
                prop_assert_ne!(Some(change.quality), last);
                last = Some(change.quality);
            }
            prop_assert_eq!(monitor.quality(), last);
        }
    }

    #[test]
    fn a_level_that_stays_is_reached(from in any_quality(), to in any_quality()) {
        let bob: UserId = "bob".parse().unwrap();
        let mut monitor = QualityMonitor::new();
        let mut assessment = assess(&StatsSample::default());
        assessment.quality = from;
        monitor.observe(&bob, &assessment);
        assessment.quality = to;
        for _ in 0..3 {
            monitor.observe(&bob, &assessment);
        }
        prop_assert_eq!(monitor.quality(), Some(to));
    }
}

#[test]
fn a_change_names_the_reasons_of_the_worst_peers() {
    let [bob, carol, dave] = ["bob", "carol", "dave"].map(|id| id.parse::<UserId>().unwrap());
    let with = |quality, score, reasons: &[Reason]| call_media::Assessment {
        score,
        quality,
        reasons: reasons.to_vec(),
    };
    let mut monitor = QualityMonitor::new();
    monitor.observe(&bob, &with(Quality::Poor, 2.0, &[Reason::Jitter]));
    monitor.observe(
        &carol,
        &with(Quality::Poor, 1.5, &[Reason::PacketLoss, Reason::Jitter]),
    );
    monitor.observe(&dave, &with(Quality::Lost, 1.0, &[Reason::NoMedia]));
    let change = monitor.forget(&dave).unwrap();
    assert_eq!(change.quality, Quality::Poor);
    assert!((change.score - 1.5).abs() < f64::EPSILON);
    assert_eq!(change.reasons, [Reason::PacketLoss, Reason::Jitter]);
}

#[test]
fn the_code_of_a_reason_is_its_name_on_the_wire() {
    for reason in [
        Reason::HighRoundTripTime,
        Reason::PacketLoss,
        Reason::Jitter,
        Reason::LowBitrate,
        Reason::FrozenVideo,
        Reason::CpuLimited,
        Reason::BandwidthLimited,
        Reason::NoMedia,
    ] {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
    }
}
