use call_media::StatsSample;
use call_signal::wire;

/// What a client sent, in the words of the quality model.
pub(crate) fn from_wire(sample: &wire::StatsSample) -> StatsSample {
    StatsSample {
        interval_ms: sample.interval_ms,
        round_trip_time: sample.round_trip_time,
        available_outgoing_bitrate: sample.available_outgoing_bitrate,
        candidate_type: sample.candidate_type.map(candidate_type),
        relay_protocol: sample.relay_protocol.map(relay_protocol),
        audio: sample.audio.as_ref().map(inbound),
        video: sample.video.as_ref().map(inbound),
        outbound: sample.outbound.as_ref().map(outbound),
    }
}

fn inbound(media: &wire::Inbound) -> call_media::Inbound {
    call_media::Inbound {
        packets_received: media.packets_received,
        packets_lost: media.packets_lost,
        jitter: media.jitter,
        bytes_received: media.bytes_received,
        concealed_samples: media.concealed_samples,
        total_samples_received: media.total_samples_received,
        frames_decoded: media.frames_decoded,
        frames_per_second: media.frames_per_second,
        frame_width: media.frame_width,
        frame_height: media.frame_height,
        freeze_count: media.freeze_count,
        total_freezes_duration: media.total_freezes_duration,
    }
}

fn outbound(media: &wire::Outbound) -> call_media::Outbound {
    call_media::Outbound {
        bytes_sent: media.bytes_sent,
        packets_sent: media.packets_sent,
        fraction_lost: media.fraction_lost,
        frames_per_second: media.frames_per_second,
        frame_height: media.frame_height,
        quality_limitation_reason: media.quality_limitation_reason.map(limitation),
    }
}

fn limitation(reason: wire::QualityLimitationReason) -> call_media::QualityLimitationReason {
    use call_media::QualityLimitationReason as Reason;
    match reason {
        wire::QualityLimitationReason::None => Reason::None,
        wire::QualityLimitationReason::Cpu => Reason::Cpu,
        wire::QualityLimitationReason::Bandwidth => Reason::Bandwidth,
        wire::QualityLimitationReason::Other => Reason::Other,
    }
}

fn candidate_type(candidate: wire::CandidateType) -> call_media::CandidateType {
    match candidate {
        wire::CandidateType::Host => call_media::CandidateType::Host,
        wire::CandidateType::Srflx => call_media::CandidateType::Srflx,
        wire::CandidateType::Prflx => call_media::CandidateType::Prflx,
        wire::CandidateType::Relay => call_media::CandidateType::Relay,
    }
}

fn relay_protocol(protocol: wire::RelayProtocol) -> call_media::RelayProtocol {
    match protocol {
        wire::RelayProtocol::Udp => call_media::RelayProtocol::Udp,
        wire::RelayProtocol::Tcp => call_media::RelayProtocol::Tcp,
        wire::RelayProtocol::Tls => call_media::RelayProtocol::Tls,
    }
}
