use std::time::Duration;

use call_domain::{RecordingFault, RecordingFileKind, RecordingId};
use call_engine::Finished;
use call_recording::mix::Mix;
use call_recording::storage::ObjectKey;
use call_recording::{self as files, Codec, MANIFEST_FILE, ManifestTrack, Source};
use call_store::RecordingFile;

/// The media type of a manifest.
const JSON: &str = "application/json";

/// What there is of a recording, as it is stored.
pub(super) fn finished(finished: &files::Finished) -> Finished {
    let manifest = &finished.manifest;
    let recording = manifest.recording_id;
    let mut files: Vec<RecordingFile> = manifest
        .tracks
        .iter()
        .map(|track_| track(recording, track_))
        .collect();
    let bytes = finished.files.iter();
    let bytes = bytes.filter(|file| file.file_id == manifest.file_id);
    files.push(RecordingFile {
        id: manifest.file_id,
        kind: RecordingFileKind::Manifest,
        user_id: None,
        source: None,
        codec: None,
        content_type: JSON.to_owned(),
        object_key: format!("{recording}/{MANIFEST_FILE}"),
        bytes: bytes.map(|file| file.bytes).sum(),
        offset: Duration::ZERO,
        duration: None,
        width: None,
        height: None,
    });
    Finished {
        files,
        duration: Duration::from_millis(manifest.duration_ms),
        cause: manifest.cause,
    }
}

fn track(recording: RecordingId, track: &ManifestTrack) -> RecordingFile {
    RecordingFile {
        id: track.file_id,
        kind: RecordingFileKind::Track,
        user_id: Some(track.user_id.clone()),
        source: Some(source_name(track.source).to_owned()),
        codec: Some(codec_name(track.codec).to_owned()),
        content_type: track.content_type.clone(),
        object_key: format!("{recording}/{}", track.file),
        bytes: track.bytes,
        offset: Duration::from_millis(track.offset_ms),
        duration: Some(Duration::from_millis(track.duration_ms)),
        width: track.width.map(u32::from),
        height: track.height.map(u32::from),
    }
}

/// The file of a whole call, as it is stored.
pub(super) fn mixed(recording: RecordingId, mix: &Mix) -> Result<RecordingFile, RecordingFault> {
    let name = mix.path.file_name().and_then(|name| name.to_str());
    Ok(RecordingFile {
        id: mix.file_id,
        kind: RecordingFileKind::Mixed,
        user_id: None,
        source: None,
        codec: None,
        content_type: mix.content_type.to_owned(),
        object_key: format!("{recording}/{}", name.ok_or(RecordingFault::MixFailed)?),
        bytes: mix.bytes,
        offset: Duration::ZERO,
        duration: Some(mix.duration),
        width: mix.size.map(|(width, _)| width.into()),
        height: mix.size.map(|(_, height)| height.into()),
    })
}

/// Where a stored file is, in any store.
pub(super) fn key(file: &RecordingFile) -> Result<ObjectKey, RecordingFault> {
    file.object_key.parse().map_err(|_| {
        tracing::error!(file = %file.id, "the key of a stored file is none");
        RecordingFault::StorageUnreachable
    })
}

/// What a source of a track is called in the database.
const fn source_name(source: Source) -> &'static str {
    match source {
        Source::Audio => "audio",
        Source::Video => "video",
        Source::Screen => "screen",
        Source::ScreenAudio => "screenAudio",
    }
}

/// What a codec of a track is called in the database, and on the wire.
const fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus => "opus",
        Codec::Vp8 => "vp8",
        Codec::Vp9 => "vp9",
        Codec::H264 => "h264",
        Codec::Av1 => "av1",
    }
}
