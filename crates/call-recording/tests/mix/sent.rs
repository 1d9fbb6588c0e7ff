//! What people send, as the recorder gets it: frames of real encoders in every encoding that browsers choose.

use std::time::Duration;

use call_domain::UserId;
use call_recording::{Codec, EncodedFrame, Recorder, Source};

use crate::tracks::{self, FPS, Stretch, run};

/// The frames of some people, in the order of time.
#[derive(Default)]
pub(crate) struct Sent(Vec<One>);

struct One {
    user: UserId,
    source: Source,
    codec: Codec,
    frame: EncodedFrame,
}

impl Sent {
    /// A camera of one colour that flashes at full seconds. Each stretch begins with a key frame, in a size of its own, as where
    /// another layer is forwarded from then on.
    pub(crate) fn camera(
        &mut self,
        user: &str,
        codec: Codec,
        colour: &str,
        stretches: &[Stretch],
    ) -> &mut Self {
        for stretch in stretches {
            let Stretch(from, _, width) = *stretch;
            let width = u16::try_from(width).unwrap();
            for (data, number) in pictures(codec, colour, stretch).into_iter().zip(0..) {
                let key = is_key(codec, &data);
                assert!(key || number > 0, "{codec:?} begins with a key frame");
                self.0.push(One {
                    user: user.parse().unwrap(),
                    source: Source::Video,
                    codec,
                    frame: EncodedFrame {
                        at: Duration::from_millis(from + number * 1000 / FPS),
                        key,
                        after_gap: false,
                        size: key.then_some((width, width * 9 / 16)),
                        data: data.into(),
                    },
                });
            }
        }
        self
    }

    /// A tone that beeps at full seconds.
    pub(crate) fn voice(&mut self, user: &str, hertz: u32, from: u64, length: u64) -> &mut Self {
        for (data, number) in tracks::opus(hertz, from, length).into_iter().zip(0..) {
            self.0.push(One {
                user: user.parse().unwrap(),
                source: Source::Audio,
                codec: Codec::Opus,
                frame: EncodedFrame {
                    at: Duration::from_millis(from + number * 20),
                    key: true,
                    after_gap: false,
                    size: None,
                    data: data.into(),
                },
            });
        }
        self
    }

    pub(crate) fn record(&mut self, recorder: &mut Recorder) {
        self.0.sort_by_key(|sent| sent.frame.at);
        for sent in self.0.drain(..) {
            recorder
                .frame(&sent.user, sent.source, sent.codec, sent.frame)
                .unwrap();
        }
    }
}

/// The frames of a stretch. A browser's encoder is in a hurry, too, and none shows frames in another order than it sends them.
fn pictures(codec: Codec, colour: &str, stretch: &Stretch) -> Vec<Vec<u8>> {
    let Stretch(from, length, width) = *stretch;
    let hurried =
        "-deadline realtime -cpu-used 8 -lag-in-frames 0 -auto-alt-ref 0 -b:v 300k -f ivf";
    let encoder = match codec {
        Codec::Vp8 => format!("libvpx {hurried}"),
        Codec::Vp9 => format!("libvpx-vp9 {hurried}"),
        Codec::Av1 => {
            "libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -b:v 300k -f ivf".to_owned()
        }
        Codec::H264 => "libx264 -preset ultrafast -tune zerolatency -profile:v baseline \
                        -x264-params aud=1:repeat-headers=1 -f h264"
            .to_owned(),
        Codec::Opus => panic!("no pictures"),
    };
    let options = format!("-pix_fmt yuv420p -threads 1 -c:v {encoder} -");
    let options: Vec<&str> = options.split_whitespace().collect();
    let source = tracks::look(colour, from, length, width);
    // An encoder that this ffmpeg lacks fails the test, with its name: Debian's has them all.
    let stream = run(&[&["-f", "lavfi", "-i", &source], &options[..]].concat());
    let frames: Vec<Vec<u8>> = if codec == Codec::H264 {
        access_units(&stream)
    } else {
        tracks::frames(&stream).map(<[u8]>::to_vec).collect()
    };
    assert_eq!(frames.len() as u64, length * FPS / 1000, "{codec:?}");
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

fn is_key(codec: Codec, data: &[u8]) -> bool {
    match codec {
        Codec::Opus => true,
        // RFC 6386, section 9.1.
        Codec::Vp8 => data[0] & 1 == 0,
        // VP9's bitstream specification, section 6.2, in profile 0: shown for the first time, and a key frame.
        Codec::Vp9 => data[0] & 0b1100 == 0,
        // A sequence parameter set (ITU-T H.264, table 7-1), which this encoder repeats with every key frame.
        Codec::H264 => data
            .windows(4)
            .any(|four| four[..3] == [0, 0, 1] && four[3] & 31 == 7),
        // AV1's specification, section 5.3: a sequence header after the temporal delimiter, which has two bytes.
        Codec::Av1 => data[2] >> 3 & 15 == 1,
    }
}
