//! What the parts of a mix, and then the mix, are encoded with.

use crate::storage::Container;

/// What a mix is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// H.264 and AAC in MP4, which every player plays.
    Mp4,
    /// VP8 and Opus in WebM.
    WebM,
}

impl Format {
    /// What a mix is kept as, and its media type.
    pub(super) fn file(self, with_pictures: bool) -> (Container, &'static str) {
        match (self, with_pictures) {
            (Self::Mp4, true) => (Container::Mp4, "video/mp4"),
            (Self::Mp4, false) => (Container::M4a, "audio/mp4"),
            (Self::WebM, true) => (Container::Webm, "video/webm"),
            (Self::WebM, false) => (Container::Webm, "audio/webm"),
        }
    }

    /// Options for the container. The index of an MP4 goes to its beginning, so that it plays while it is fetched.
    pub(super) fn container(self) -> &'static str {
        match self {
            Self::Mp4 => "-movflags +faststart -f mp4",
            Self::WebM => "-f webm",
        }
    }

    /// Options for the voices.
    pub(super) fn audio(self) -> &'static str {
        match self {
            Self::Mp4 => "-c:a aac -b:a 128k",
            Self::WebM => "-c:a libopus -b:a 96k",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum VideoEncoder {
    X264,
    OpenH264,
    Vp8,
}

/// The picture that is to be encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) fps: u8,
    pub(super) threads: u8,
}

impl VideoEncoder {
    pub(super) fn choose(encoders: &[&str]) -> Option<Self> {
        let has = |name| encoders.contains(&name);
        if has("libx264") && has("aac") {
            Some(Self::X264)
        } else if has("libopenh264") && has("aac") {
            Some(Self::OpenH264)
        } else if has("libvpx") && has("libopus") {
            Some(Self::Vp8)
        } else {
            None
        }
    }

    pub(super) fn format(self) -> Format {
        match self {
            Self::X264 | Self::OpenH264 => Format::Mp4,
            Self::Vp8 => Format::WebM,
        }
    }

    /// Options for what is decoded again soon: quick rather than small.
    pub(super) fn passing(self, picture: Picture) -> String {
        let common = picture.common();
        let rate = picture.bits(300);
        match self {
            Self::X264 => format!("-c:v libx264 -preset ultrafast -crf 18 {common}"),
            Self::OpenH264 => format!("-c:v libopenh264 -b:v {rate} {common}"),
            Self::Vp8 => format!(
                "-c:v libvpx -deadline realtime -cpu-used 8 -lag-in-frames 0 -auto-alt-ref 0 -crf 8 -b:v {rate} {common}"
            ),
        }
    }

    /// Options for what is kept. Parts that are encoded so can be joined.
    pub(super) fn lasting(self, picture: Picture) -> String {
        let common = picture.common();
        let rate = picture.bits(90);
        match self {
            // Browsers send BT.601; players take what is not marked and large for BT.709.
            Self::X264 => format!(
                "-c:v libx264 -preset veryfast -crf 23 -x264-params colorprim=smpte170m:transfer=smpte170m:colormatrix=smpte170m {common}"
            ),
            Self::OpenH264 => format!("-c:v libopenh264 -b:v {rate} {common}"),
            Self::Vp8 => format!(
                "-c:v libvpx -deadline realtime -cpu-used 5 -lag-in-frames 0 -auto-alt-ref 0 -crf 16 -b:v {rate} {common}"
            ),
        }
    }
}

impl Picture {
    /// A key frame every two seconds: so far apart are the places to which a player jumps.
    fn common(self) -> String {
        let Self { fps, threads, .. } = self;
        format!(
            "-pix_fmt yuv420p -g {} -threads {threads}",
            u16::from(fps) * 2
        )
    }

    /// A bit rate, by thousandths of a bit for each pixel.
    fn bits(self, thousandths: u64) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height) * u64::from(self.fps);
        (pixels * thousandths / 1000).max(100_000)
    }
}

#[cfg(test)]
mod tests {
    use call_domain::{RecordingFileId, RecordingId};
    use uuid::Uuid;

    use super::*;
    use crate::storage::{FileName, ObjectKey};

    #[test]
    fn every_mix_has_a_name_that_stores_take() {
        let recording = RecordingId::new(Uuid::from_u128(1));
        let id = RecordingFileId::new(Uuid::from_u128(2));
        for format in [Format::Mp4, Format::WebM] {
            for with_pictures in [true, false] {
                let file = FileName::Media(id, format.file(with_pictures).0);
                let key = ObjectKey { recording, file };
                assert_eq!(key.to_string().parse(), Ok(key), "{format:?}");
            }
        }
    }

    #[test]
    fn the_format_is_what_the_encoders_allow() {
        let choose = |names: &[&str]| VideoEncoder::choose(names).map(VideoEncoder::format);
        assert_eq!(
            choose(&["libx264", "aac", "libvpx", "libopus"]),
            Some(Format::Mp4)
        );
        assert_eq!(
            choose(&["libopenh264", "aac", "libvpx", "libopus"]),
            Some(Format::Mp4)
        );
        assert_eq!(
            choose(&["libx264", "libvpx", "libopus"]),
            Some(Format::WebM)
        );
        assert_eq!(choose(&["libvpx", "aac"]), None);
        assert_eq!(choose(&[]), None);
    }
}
