//! Frames of real encoders, made by ffmpeg and taken out of its simplest containers.

use call_recording::Codec;

use crate::player::ffmpeg;

/// A frame as an encoder made it.
#[derive(Debug, Clone)]
pub(crate) struct Encoded {
    pub(crate) at_ms: u64,
    pub(crate) is_key: bool,
    pub(crate) data: Vec<u8>,
}

/// Pictures a second, and how many of them up to the next key frame.
const RATE: u64 = 30;
const KEY_EVERY: u64 = 15;

/// Two seconds of a test picture.
pub(crate) fn pictures(codec: Codec, width: u32, height: u32) -> Vec<Encoded> {
    let input = format!("testsrc2=size={width}x{height}:rate={RATE}:duration=2");
    let encoder: &[&str] = match codec {
        Codec::Vp8 => &[
            "libvpx",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-f",
            "ivf",
        ],
        Codec::Vp9 => &[
            "libvpx-vp9",
            "-deadline",
            "realtime",
            "-cpu-used",
            "8",
            "-f",
            "ivf",
        ],
        Codec::Av1 => &[
            "libaom-av1",
            "-usage",
            "realtime",
            "-cpu-used",
            "8",
            "-f",
            "ivf",
        ],
        Codec::H264 => &[
            "libx264",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
            "-sc_threshold",
            "0",
            "-x264-params",
            "aud=1:repeat-headers=1",
            "-f",
            "h264",
        ],
        Codec::Opus => panic!("no pictures"),
    };
    let every = KEY_EVERY.to_string();
    let before = [
        "-f",
        "lavfi",
        "-i",
        &input,
        "-g",
        &every,
        "-keyint_min",
        &every,
    ];
    let more = ["-pix_fmt", "yuv420p", "-auto-alt-ref", "0"];
    let more = if matches!(codec, Codec::Vp8 | Codec::Vp9) {
        &more[..]
    } else {
        &more[..2]
    };
    let stream = ffmpeg(&[&before, more, &["-c:v"], encoder, &["-"]].concat());
    let frames = if codec == Codec::H264 {
        access_units(&stream)
    } else {
        ivf(&stream)
    };
    assert_eq!(frames.len(), 60);
    let frames = frames.into_iter().zip(0..);
    frames
        .map(|(data, n)| Encoded {
            at_ms: n * 1000 / RATE,
            is_key: n % KEY_EVERY == 0,
            data,
        })
        .collect()
}

/// Two seconds of a tone, in packets of 20 ms.
pub(crate) fn sound() -> Vec<Encoded> {
    let input = "sine=frequency=440:sample_rate=48000:duration=2";
    let stream = ffmpeg(&[
        "-f",
        "lavfi",
        "-i",
        input,
        "-c:a",
        "libopus",
        "-frame_duration",
        "20",
        "-f",
        "ogg",
        "-",
    ]);
    // The first two are the headers (RFC 7845, section 3).
    let packets = ogg(&stream).into_iter().skip(2).take(100);
    let packets: Vec<_> = packets.zip(0..).collect();
    assert_eq!(packets.len(), 100);
    let packets = packets.into_iter();
    packets
        .map(|(data, n)| Encoded {
            at_ms: n * 20,
            is_key: true,
            data,
        })
        .collect()
}

/// The frames of an IVF file: 32 bytes, and 12 before each frame.
fn ivf(file: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = &file[32..];
    let mut frames = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(12) {
        let size = u32::from_le_bytes(head[..4].try_into().unwrap());
        let (frame, next) = after.split_at(usize::try_from(size).unwrap());
        frames.push(frame.to_vec());
        rest = next;
    }
    frames
}

/// The access units of a byte stream in which each begins with a delimiter.
fn access_units(stream: &[u8]) -> Vec<Vec<u8>> {
    let delimiter = [0, 0, 0, 1, 9];
    let starts = (0..stream.len()).filter(|at| stream[*at..].starts_with(&delimiter));
    let starts: Vec<usize> = starts.chain([stream.len()]).collect();
    starts
        .windows(2)
        .map(|two| stream[two[0]..two[1]].to_vec())
        .collect()
}

/// The packets of an Ogg file (RFC 3533, section 6).
fn ogg(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    while !rest.is_empty() {
        assert!(rest.starts_with(b"OggS"));
        let (lacing, mut data) = rest[27..].split_at(usize::from(rest[26]));
        for &length in lacing {
            let (part, after) = data.split_at(usize::from(length));
            packet.extend_from_slice(part);
            data = after;
            if length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        rest = data;
    }
    packets
}
