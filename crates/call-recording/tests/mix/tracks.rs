//! Tracks as the recorder leaves them, made by ffmpeg: every person has a colour and a tone, and flashes and beeps at every
//! full second of the recording.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use call_domain::{CallId, RecordingFileId, RecordingId, RecordingMode};
use call_recording::mix::Ffmpeg;
use call_recording::{
    Codec, Event, Gap, MANIFEST_VERSION, Manifest, ManifestParticipant, ManifestTrack, Source,
    TimedEvent,
};
use uuid::Uuid;

/// Frames in a second of every camera here.
pub(crate) const FPS: u64 = 25;

/// How long a flash and a beep are, in seconds.
const BEAT: f64 = 0.12;

pub(crate) fn ffmpeg() -> Ffmpeg {
    Ffmpeg::find(Path::new("ffmpeg")).expect("Debian's package ffmpeg is installed")
}

/// Runs ffmpeg and returns what it wrote to its standard output. It may not complain.
pub(crate) fn run(args: &[&str]) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-v", "error", "-y"])
        .args(args)
        .output()
        .expect("Debian's package ffmpeg is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "ffmpeg {args:?}: {said}"
    );
    output.stdout
}

/// A recording in a folder of its own.
pub(crate) struct Recorded {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) manifest: Manifest,
}

/// A stretch of a camera's track: from a time of the recording on, so long, in milliseconds, of that width.
pub(crate) struct Stretch(pub(crate) u64, pub(crate) u64, pub(crate) u32);

impl Recorded {
    pub(crate) fn new(duration_ms: u64) -> Self {
        let manifest = Manifest {
            version: MANIFEST_VERSION,
            file_id: RecordingFileId::new(Uuid::new_v4()),
            recording_id: RecordingId::new(Uuid::new_v4()),
            call_id: CallId::new(Uuid::new_v4()),
            mode: RecordingMode::Mixed,
            started_at: SystemTime::UNIX_EPOCH,
            stopped_at: SystemTime::UNIX_EPOCH,
            duration_ms,
            participants: Vec::new(),
            tracks: Vec::new(),
            events: Vec::new(),
            complete: true,
            cause: None,
        };
        let folder = tempfile::tempdir().unwrap();
        Self { folder, manifest }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn person(&mut self, user: &str, name: &str) {
        self.manifest.participants.push(ManifestParticipant {
            user_id: user.parse().unwrap(),
            name: Some(name.to_owned()),
            consent: None,
        });
    }

    pub(crate) fn event(&mut self, at_ms: u64, event: Event) {
        self.manifest.events.push(TimedEvent { at_ms, event });
    }

    pub(crate) fn media(&mut self, at_ms: u64, user: &str, video: bool, screen: bool) {
        let user_id = user.parse().unwrap();
        self.event(
            at_ms,
            Event::MediaChanged {
                user_id,
                audio: true,
                video,
                screen,
            },
        );
    }

    /// A picture of one colour that flashes at full seconds. Nothing comes between the stretches; each begins with a key
    /// frame.
    pub(crate) fn picture(
        &mut self,
        user: &str,
        source: Source,
        colour: &str,
        stretches: &[Stretch],
    ) {
        let begin = stretches[0].0;
        let mut spliced = Vec::new();
        let mut gaps = Vec::new();
        let mut end = begin;
        for Stretch(from, length, width) in stretches {
            if *from > end {
                gaps.push(Gap {
                    from_ms: end - begin,
                    to_ms: from - begin,
                });
            }
            end = from + length;
            let at = (from - begin) * FPS / 1000;
            splice(&mut spliced, &camera(colour, *from, *length, *width), at);
        }
        let track = self.track(user, source, Codec::Vp8, begin, end - begin, gaps);
        let plain = track.with_extension("ivf");
        std::fs::write(&plain, spliced).unwrap();
        run(&[
            "-i",
            plain.to_str().unwrap(),
            "-c",
            "copy",
            track.to_str().unwrap(),
        ]);
        std::fs::remove_file(plain).unwrap();
    }

    /// A tone that beeps at full seconds, from a time of the recording on, so long, in milliseconds.
    pub(crate) fn voice(&mut self, user: &str, hertz: u32, from: u64, length: u64) {
        let expression = format!("0.4*sin(2*PI*{hertz}*t)*lt(mod(t+{},1),{BEAT})", secs(from));
        self.sound(user, &expression, from, length);
    }

    /// Whatever is to be heard, by an expression of the track's time.
    pub(crate) fn sound(&mut self, user: &str, expression: &str, from: u64, length: u64) {
        let track = self.track(user, Source::Audio, Codec::Opus, from, length, Vec::new());
        let source = format!("aevalsrc='{expression}':s=48000:d={}", secs(length));
        let coded = ["-c:a", "libopus", "-b:a", "32k"];
        run(&[
            &["-f", "lavfi", "-i", &source],
            &coded[..],
            &[track.to_str().unwrap()],
        ]
        .concat());
    }

    /// Notes a track. Where its file belongs.
    pub(crate) fn track(
        &mut self,
        user: &str,
        source: Source,
        codec: Codec,
        offset_ms: u64,
        duration_ms: u64,
        gaps: Vec<Gap>,
    ) -> PathBuf {
        let file_id = RecordingFileId::new(Uuid::new_v4());
        self.manifest.tracks.push(ManifestTrack {
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
            gaps,
            clean: true,
        });
        Manifest::path(self.dir(), self.manifest.tracks.last().unwrap())
    }
}

fn secs(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// The packets of a voice that beeps as [`Recorded::voice`] says, of 20 ms each.
pub(crate) fn opus(hertz: u32, from: u64, length: u64) -> Vec<Vec<u8>> {
    let expression = format!("0.4*sin(2*PI*{hertz}*t)*lt(mod(t+{},1),{BEAT})", secs(from));
    let source = format!("aevalsrc='{expression}':s=48000:d={}", secs(length));
    let coded = ["-c:a", "libopus", "-b:a", "32k", "-f", "ogg", "-"];
    let ogg = run(&[&["-f", "lavfi", "-i", &source], &coded[..]].concat());
    // RFC 3533, section 6: pages with a table of the lengths of segments; a packet ends with one that is not full.
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    let mut rest = &ogg[..];
    while rest.starts_with(b"OggS") {
        let segments = &rest[27..27 + usize::from(rest[26])];
        rest = &rest[27 + segments.len()..];
        for length in segments {
            let (segment, after) = rest.split_at(usize::from(*length));
            packet.extend(segment);
            rest = after;
            if *length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
    }
    // The two headers of RFC 7845, section 5.
    packets.split_off(2)
}

/// A camera's picture of one colour that flashes at full seconds, from a time of the recording on, as ffmpeg draws it.
pub(crate) fn look(colour: &str, from: u64, length: u64, width: u32) -> String {
    let height = width * 9 / 16;
    format!(
        "color=c={colour}:s={width}x{height}:r={FPS}:d={},\
         drawbox=c=white:t=fill:enable='lt(mod(t+{}+0.001,1),{BEAT})'",
        secs(length),
        secs(from),
    )
}

/// A piece of a camera's stream in IVF.
fn camera(colour: &str, from: u64, length: u64, width: u32) -> Vec<u8> {
    let source = look(colour, from, length, width);
    // With more threads, libvpx spends more on waiting than on so small pictures.
    let coded = "-c:v libvpx -deadline realtime -cpu-used 8 -threads 1 -b:v 300k -f ivf -";
    let coded: Vec<&str> = coded.split(' ').collect();
    run(&[&["-f", "lavfi", "-i", &source], &coded[..]].concat())
}

/// The frames of an IVF.
pub(crate) fn frames(ivf: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = &ivf[IVF_HEADER..];
    std::iter::from_fn(move || {
        let (length, _) = rest.split_first_chunk::<4>()?;
        let (frame, after) = rest[12..].split_at(u32::from_le_bytes(*length) as usize);
        rest = after;
        Some(frame)
    })
}

const IVF_HEADER: usize = 32;

/// Appends the frames of one IVF to another, from the frame of that number on.
fn splice(into: &mut Vec<u8>, piece: &[u8], at: u64) {
    if into.is_empty() {
        into.extend(&piece[..IVF_HEADER]);
    }
    for (frame, number) in frames(piece).zip(at..) {
        into.extend(u32::try_from(frame.len()).unwrap().to_le_bytes());
        into.extend(number.to_le_bytes());
        into.extend(frame);
    }
}
