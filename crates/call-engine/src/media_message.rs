//! What devices are told about media that goes through the media plane, as frames.

use bytestring::ByteString;
use call_domain::{CallId, Topology, UserId};
use call_media::sfu::{self, Layer, Offer, Refusal, Source, StreamState, WantedLayer};
use call_signal::wire::{
    ErrorCode, MediaSource, OfferedTrack, PausedReason, PublishMids, PublishedStream,
    ServerMessage, StreamLayer, StreamStatus, SubscribedStream, VideoSource,
};

use crate::room::Latest;

pub(crate) fn offer(call: CallId, offer: &Offer) -> ByteString {
    let tracks = offer.tracks.iter().map(|track| OfferedTrack {
        mid: track.mid.clone(),
        user_id: track.user.to_string(),
        source: source(track.source),
    });
    let message = ServerMessage::MediaOffer {
        call_id: call.to_string(),
        session: offer.session.to_string(),
        revision: offer.revision,
        sdp: offer.sdp.clone(),
        publish: PublishMids {
            audio: offer.publish.audio.clone(),
            video: offer.publish.video.clone(),
            screen: offer.publish.screen.clone(),
            screen_audio: offer.publish.screen_audio.clone(),
        },
        tracks: tracks.collect(),
    };
    message.to_frame()
}

/// How the pictures that a device asked for come to it; `None` before anything is known.
pub(crate) fn streams(call: CallId, latest: &Latest) -> Option<ByteString> {
    if latest.streams.is_none() && latest.hidden.is_empty() {
        return None;
    }
    let is_hidden = |state: &StreamState| {
        let mut hidden = latest.hidden.iter();
        hidden.any(|view| view.user == state.user && view.source == state.source)
    };
    let forwarded = latest.streams.iter().flatten();
    let forwarded = forwarded
        .filter(|state| !is_hidden(state))
        .filter_map(|state| {
            Some(SubscribedStream {
                user_id: state.user.to_string(),
                source: video_source(state.source)?,
                state: match state.paused {
                    None => StreamStatus::Active,
                    Some(_) => StreamStatus::Paused,
                },
                reason: state.paused.map(paused),
                layer: state.layer.map(layer),
            })
        });
    let hidden = latest.hidden.iter().filter_map(|view| {
        Some(SubscribedStream {
            user_id: view.user.to_string(),
            source: video_source(view.source)?,
            state: StreamStatus::Paused,
            reason: Some(PausedReason::Hidden),
            layer: None,
        })
    });
    let message = ServerMessage::MediaSubscription {
        call_id: call.to_string(),
        streams: forwarded.chain(hidden).collect(),
    };
    Some(message.to_frame())
}

/// Which of its own pictures a device need not encode in all sizes.
pub(crate) fn wanted(call: CallId, wanted: &[WantedLayer]) -> ByteString {
    let streams = wanted.iter().filter_map(|wanted| {
        Some(PublishedStream {
            source: video_source(wanted.source)?,
            layer: layer(wanted.layer),
        })
    });
    let message = ServerMessage::MediaPublication {
        call_id: call.to_string(),
        streams: streams.collect(),
    };
    message.to_frame()
}

pub(crate) fn speakers(call: CallId, users: &[UserId]) -> ByteString {
    let message = ServerMessage::MediaSpeakers {
        call_id: call.to_string(),
        user_ids: users.iter().map(ToString::to_string).collect(),
    };
    message.to_frame()
}

pub(crate) fn switched(call: CallId, user: &UserId, to: Topology) -> ByteString {
    let message = ServerMessage::MediaSwitched {
        call_id: call.to_string(),
        user_id: user.to_string(),
        topology: to.into(),
    };
    message.to_frame()
}

pub(crate) fn refused(call: CallId, code: ErrorCode, refusal: Refusal) -> ByteString {
    let message = ServerMessage::Error {
        id: None,
        call_id: Some(call.to_string()),
        code,
        detail: refusal.to_string(),
    };
    message.to_frame()
}

pub(crate) fn reaction(call: CallId, user: &UserId, reaction: &str) -> ByteString {
    let message = ServerMessage::CallReaction {
        call_id: call.to_string(),
        user_id: user.to_string(),
        reaction: reaction.to_owned(),
    };
    message.to_frame()
}

pub(crate) fn source(source: Source) -> MediaSource {
    match source {
        Source::Audio => MediaSource::Audio,
        Source::Video => MediaSource::Video,
        Source::Screen => MediaSource::Screen,
        Source::ScreenAudio => MediaSource::ScreenAudio,
    }
}

pub(crate) fn layer(layer: Layer) -> StreamLayer {
    match layer {
        Layer::Low => StreamLayer::Low,
        Layer::Medium => StreamLayer::Medium,
        Layer::High => StreamLayer::High,
    }
}

fn video_source(source: Source) -> Option<VideoSource> {
    match source {
        Source::Video => Some(VideoSource::Video),
        Source::Screen => Some(VideoSource::Screen),
        Source::Audio | Source::ScreenAudio => None,
    }
}

fn paused(reason: sfu::PausedReason) -> PausedReason {
    match reason {
        sfu::PausedReason::Bandwidth => PausedReason::Bandwidth,
        sfu::PausedReason::Muted => PausedReason::Muted,
        sfu::PausedReason::LastN => PausedReason::LastN,
        sfu::PausedReason::Codec => PausedReason::Codec,
    }
}
