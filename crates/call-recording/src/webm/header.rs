//! What a file begins with: everything before its first cluster.

use std::time::{Duration, SystemTime};

use super::ebml::{
    self, Head, Size, UNKNOWN_SIZE, put_bytes, put_float, put_id, put_master, put_uint, put_void,
};
use super::element as id;
use crate::Codec;
use crate::codec::{Beginning, opus};

/// Kept free for the list of the file's parts, which can only be written at the end.
pub(super) const SEEK_HEAD_LENGTH: u64 = 68;

/// Kept free for the duration.
pub(super) const DURATION_LENGTH: u64 = 11;

/// The only track's number.
pub(super) const TRACK: u8 = 1;

/// No header is longer: private data are a few hundred bytes.
pub(super) const MAX_HEADER: usize = 1 << 16;

/// `DateUTC` counts from the beginning of 2001.
const EPOCH: Duration = Duration::from_hours(271_752);

/// Where in a file the places lie that are patched at the end, in bytes from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    /// The size of the segment, 8 bytes; positions in the file are counted from behind it.
    pub(super) segment_size: u64,
    /// [`SEEK_HEAD_LENGTH`] bytes.
    pub(super) seek_head: u64,
    /// The element that says how to read timestamps.
    pub(super) info: u64,
    /// [`DURATION_LENGTH`] bytes.
    pub(super) duration: u64,
    /// The element that describes the track.
    pub(super) tracks: u64,
    /// The numbers that are the width and the height, 2 bytes each.
    pub(super) picture: Option<(u64, u64)>,
    /// Where the first cluster begins, or is to begin.
    pub(super) media: u64,
}

impl Places {
    /// Where positions are counted from.
    pub(super) const fn segment(&self) -> u64 {
        self.segment_size + 8
    }
}

/// A header for these frames, which begin at that time.
pub(super) fn written(codec: Codec, beginning: &Beginning, date: SystemTime, uid: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    put_master(&mut out, id::EBML, |out| {
        put_uint(out, id::EBML_VERSION, 1);
        put_uint(out, id::EBML_READ_VERSION, 1);
        put_uint(out, id::EBML_MAX_ID_LENGTH, 4);
        put_uint(out, id::EBML_MAX_SIZE_LENGTH, 8);
        put_bytes(out, id::DOC_TYPE, doc_type(codec));
        put_uint(out, id::DOC_TYPE_VERSION, 4);
        put_uint(out, id::DOC_TYPE_READ_VERSION, 2);
    });
    put_id(&mut out, id::SEGMENT);
    out.extend_from_slice(&UNKNOWN_SIZE);
    put_void(&mut out, SEEK_HEAD_LENGTH);
    put_master(&mut out, id::INFO, |out| {
        put_uint(out, id::TIMESTAMP_SCALE, 1_000_000);
        put_void(out, DURATION_LENGTH);
        let since = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(EPOCH);
        let since = since.saturating_sub(EPOCH).as_nanos();
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        put_bytes(out, id::DATE_UTC, &since.to_be_bytes());
        put_bytes(out, id::MUXING_APP, b"call-recording");
        put_bytes(out, id::WRITING_APP, b"call-recording");
    });
    put_master(&mut out, id::TRACKS, |out| {
        put_master(out, id::TRACK_ENTRY, |out| {
            track_entry(out, codec, beginning, uid);
        });
    });
    out
}

fn track_entry(out: &mut Vec<u8>, codec: Codec, beginning: &Beginning, uid: u64) {
    put_uint(out, id::TRACK_NUMBER, u64::from(TRACK));
    put_uint(out, id::TRACK_UID, uid.max(1));
    put_uint(out, id::TRACK_TYPE, if codec.is_audio() { 2 } else { 1 });
    put_uint(out, id::FLAG_LACING, 0);
    put_bytes(out, id::LANGUAGE, b"und");
    put_bytes(out, id::CODEC_ID, codec_id(codec));
    if let Some(private) = &beginning.private {
        put_bytes(out, id::CODEC_PRIVATE, private);
    }
    if codec.is_audio() {
        put_uint(out, id::CODEC_DELAY, nanos(opus::CODEC_DELAY));
        put_uint(out, id::SEEK_PRE_ROLL, nanos(opus::SEEK_PRE_ROLL));
        put_master(out, id::AUDIO, |out| {
            put_float(out, id::SAMPLING_FREQUENCY, f64::from(opus::RATE));
            put_uint(out, id::CHANNELS, u64::from(opus::CHANNELS));
        });
    }
    if let Some((width, height)) = beginning.size {
        put_master(out, id::VIDEO, |out| {
            put_bytes(out, id::PIXEL_WIDTH, &width.to_be_bytes());
            put_bytes(out, id::PIXEL_HEIGHT, &height.to_be_bytes());
        });
    }
}

/// The list of the file's parts; the cues if there are any. [`SEEK_HEAD_LENGTH`] bytes.
pub(super) fn seek_head(places: &Places, cues: Option<u64>) -> Vec<u8> {
    let parts = [
        (id::INFO, Some(places.info)),
        (id::TRACKS, Some(places.tracks)),
        (id::CUES, cues),
    ];
    let mut out = Vec::new();
    put_master(&mut out, id::SEEK_HEAD, |out| {
        for (id, at) in parts {
            let Some(at) = at else { continue };
            put_master(out, id::SEEK, |out| {
                put_bytes(out, id::SEEK_ID, &id.to_be_bytes());
                put_bytes(
                    out,
                    id::SEEK_POSITION,
                    &(at - places.segment()).to_be_bytes(),
                );
            });
        }
    });
    let left = SEEK_HEAD_LENGTH.saturating_sub(out.len() as u64);
    if left > 0 {
        put_void(&mut out, left);
    }
    out
}

/// The duration. [`DURATION_LENGTH`] bytes.
pub(super) fn duration(ms: u64) -> Vec<u8> {
    let mut out = Vec::new();
    // Exact up to 285 000 years.
    let ms = Duration::from_millis(ms).as_secs_f64() * 1000.0;
    put_float(&mut out, id::DURATION, ms.round());
    out
}

/// The header at the beginning of a file; `None` if these bytes are not all of one that was [`written`] here.
pub(super) fn read(bytes: &[u8]) -> Option<(Codec, Places)> {
    let (_, first) = child(bytes, 0)?;
    let head = (ebml::head(bytes)?.id == id::EBML).then_some(first)?;
    let segment = ebml::head(bytes.get(head..)?)?;
    // An id of four bytes before a size of eight.
    if segment.id != id::SEGMENT || segment.length != 12 {
        return None;
    }
    let mut at = head + segment.length;
    let mut places = Places {
        segment_size: at as u64 - 8,
        seek_head: at as u64,
        info: 0,
        duration: 0,
        tracks: 0,
        picture: None,
        media: 0,
    };
    // The list of parts, or the room for it with what is left over.
    while (at as u64) < places.seek_head + SEEK_HEAD_LENGTH {
        at = child(bytes, at)?.1;
    }
    if at as u64 != places.seek_head + SEEK_HEAD_LENGTH {
        return None;
    }
    places.info = at as u64;
    let (info, next) = expect(bytes, at, id::INFO)?;
    places.duration = duration_place(bytes, info, next)?;
    places.tracks = next as u64;
    let (tracks, media) = expect(bytes, next, id::TRACKS)?;
    places.media = media as u64;
    let (entry, end) = expect(bytes, tracks, id::TRACK_ENTRY)?;
    let codec_id = find(bytes, entry, end, id::CODEC_ID)?;
    let codec = codec_of(bytes.get(codec_id.0..codec_id.1)?)?;
    if !codec.is_audio() {
        let video = find(bytes, entry, end, id::VIDEO)?;
        let width = find(bytes, video.0, video.1, id::PIXEL_WIDTH)?;
        let height = find(bytes, video.0, video.1, id::PIXEL_HEIGHT)?;
        if width.1 - width.0 != 2 || height.1 - height.0 != 2 {
            return None;
        }
        places.picture = Some((width.0 as u64, height.0 as u64));
    }
    Some((codec, places))
}

/// The duration, or the room for it.
fn duration_place(bytes: &[u8], mut at: usize, end: usize) -> Option<u64> {
    while at < end {
        let (head, next) = child(bytes, at)?;
        let fits = (next - at) as u64 == DURATION_LENGTH;
        if fits && (head.id == id::DURATION || head.id == id::VOID) {
            return Some(at as u64);
        }
        at = next;
    }
    None
}

/// The element there, and where the next one begins; all of it is among the bytes.
fn child(bytes: &[u8], at: usize) -> Option<(Head, usize)> {
    let head = ebml::head(bytes.get(at..)?)?;
    let Size::Known(size) = head.size else {
        return None;
    };
    let end = at
        .checked_add(head.length)?
        .checked_add(usize::try_from(size).ok()?)?;
    (end <= bytes.len()).then_some((head, end))
}

/// Where the data of that element begin and end, which must be the one there.
fn expect(bytes: &[u8], at: usize, id: u32) -> Option<(usize, usize)> {
    let (head, end) = child(bytes, at)?;
    (head.id == id).then_some((at + head.length, end))
}

/// Where the data of the first such element between two places begin and end.
fn find(bytes: &[u8], mut at: usize, end: usize, id: u32) -> Option<(usize, usize)> {
    let bytes = bytes.get(..end)?;
    while at < end {
        let (head, next) = child(bytes, at)?;
        if head.id == id {
            return Some((at + head.length, next));
        }
        at = next;
    }
    None
}

const CODECS: [Codec; 5] = [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];

fn codec_of(id: &[u8]) -> Option<Codec> {
    CODECS.into_iter().find(|codec| codec_id(*codec) == id)
}

/// The Matroska codec specifications' names.
const fn codec_id(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::Opus => b"A_OPUS",
        Codec::Vp8 => b"V_VP8",
        Codec::Vp9 => b"V_VP9",
        Codec::H264 => b"V_MPEG4/ISO/AVC",
        Codec::Av1 => b"V_AV1",
    }
}

const fn doc_type(codec: Codec) -> &'static [u8] {
    match codec {
        Codec::Opus | Codec::Vp8 | Codec::Vp9 | Codec::Av1 => b"webm",
        Codec::H264 => b"matroska",
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(codec: Codec) -> Vec<u8> {
        let size = (!codec.is_audio()).then_some((640, 480));
        let private = Some(vec![1; 40]);
        written(
            codec,
            &Beginning { private, size },
            SystemTime::UNIX_EPOCH,
            7,
        )
    }

    #[test]
    fn what_is_written_is_read() {
        for codec in CODECS {
            let mut bytes = header(codec);
            let (read_codec, places) = read(&bytes).unwrap();
            assert_eq!(read_codec, codec);
            assert_eq!(places.media, bytes.len() as u64);
            for short in 0..bytes.len() {
                assert_eq!(read(&bytes[..short]), None, "{codec:?} {short}");
            }
            if let Some((width, height)) = places.picture {
                let at = usize::try_from(width).unwrap();
                assert_eq!(bytes[at..at + 2], 640_u16.to_be_bytes());
                let at = usize::try_from(height).unwrap();
                assert_eq!(bytes[at..at + 2], 480_u16.to_be_bytes());
            }
            for cues in [None, Some(9_999)] {
                for (at, patch) in [
                    (places.seek_head, seek_head(&places, cues)),
                    (places.duration, duration(1_234)),
                ] {
                    let at = usize::try_from(at).unwrap();
                    bytes[at..at + patch.len()].copy_from_slice(&patch);
                }
                assert_eq!(read(&bytes), Some((codec, places)));
            }
        }
    }

    #[test]
    fn patches_are_as_long_as_the_room_for_them() {
        let (_, places) = read(&header(Codec::Opus)).unwrap();
        assert_eq!(
            seek_head(&places, Some(u64::from(u32::MAX))).len() as u64,
            SEEK_HEAD_LENGTH
        );
        assert_eq!(seek_head(&places, None).len() as u64, SEEK_HEAD_LENGTH);
        assert_eq!(duration(u64::from(u32::MAX)).len() as u64, DURATION_LENGTH);
    }

    proptest! {
        #[test]
        fn damage_is_read_without_harm(at in 0..400_usize, value: u8, codec in 0..5_usize) {
            let mut bytes = header(CODECS[codec]);
            let at = at % bytes.len();
            bytes[at] = value;
            if let Some((_, places)) = read(&bytes) {
                prop_assert!(places.media <= bytes.len() as u64);
            }
        }
    }
}
