//! Manifests for tests.

use std::time::SystemTime;

use call_domain::{CallId, RecordingFileId, RecordingId, RecordingMode};
use uuid::Uuid;

use crate::{
    Codec, Event, Gap, MANIFEST_VERSION, Manifest, ManifestParticipant, ManifestTrack, Source,
    TimedEvent,
};

/// Of these tracks, their people in the order of appearance.
pub(super) fn manifest(duration_ms: u64, tracks: Vec<ManifestTrack>) -> Manifest {
    let mut participants: Vec<ManifestParticipant> = Vec::new();
    for track in &tracks {
        if participants.iter().all(|p| p.user_id != track.user_id) {
            participants.push(ManifestParticipant {
                user_id: track.user_id.clone(),
                name: None,
                consent: None,
            });
        }
    }
    Manifest {
        version: MANIFEST_VERSION,
        file_id: RecordingFileId::new(Uuid::from_u128(1)),
        recording_id: RecordingId::new(Uuid::from_u128(2)),
        call_id: CallId::new(Uuid::from_u128(3)),
        mode: RecordingMode::Mixed,
        started_at: SystemTime::UNIX_EPOCH,
        stopped_at: SystemTime::UNIX_EPOCH,
        duration_ms,
        participants,
        tracks,
        events: Vec::new(),
        complete: true,
        cause: None,
    }
}

pub(super) fn track(user: &str, source: Source, offset_ms: u64, duration_ms: u64) -> ManifestTrack {
    let file_id = RecordingFileId::new(Uuid::from_u128(u128::from(offset_ms) << 8));
    let codec = match source {
        Source::Audio | Source::ScreenAudio => Codec::Opus,
        Source::Video | Source::Screen => Codec::Vp8,
    };
    ManifestTrack {
        file_id,
        file: codec.file_name(file_id),
        user_id: user.parse().unwrap(),
        source,
        codec,
        content_type: "video/webm".to_owned(),
        offset_ms,
        duration_ms,
        bytes: 1,
        width: None,
        height: None,
        frames: 1,
        gaps: Vec::new(),
        clean: true,
    }
}

pub(super) fn gap(from_ms: u64, to_ms: u64) -> Gap {
    Gap { from_ms, to_ms }
}

pub(super) fn joined(at_ms: u64, user: &str) -> TimedEvent {
    let user_id = user.parse().unwrap();
    TimedEvent {
        at_ms,
        event: Event::ParticipantJoined { user_id },
    }
}

pub(super) fn left(at_ms: u64, user: &str) -> TimedEvent {
    let user_id = user.parse().unwrap();
    TimedEvent {
        at_ms,
        event: Event::ParticipantLeft { user_id },
    }
}

pub(super) fn consent(at_ms: u64, user: &str, given: bool) -> TimedEvent {
    let user_id = user.parse().unwrap();
    TimedEvent {
        at_ms,
        event: Event::Consent { user_id, given },
    }
}

pub(super) fn media(at_ms: u64, user: &str, video: bool, screen: bool) -> TimedEvent {
    let user_id = user.parse().unwrap();
    TimedEvent {
        at_ms,
        event: Event::MediaChanged {
            user_id,
            audio: true,
            video,
            screen,
        },
    }
}
