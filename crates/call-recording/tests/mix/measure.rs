//! What is to be seen and heard in a file.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::tracks::run;

/// A picture is looked at in so many pixels.
const WIDTH: usize = 64;
const HEIGHT: usize = 36;

/// The colours that people have here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Colour {
    Red,
    Green,
    Blue,
}

/// How many of the pixels of a picture have a colour.
pub(crate) struct Seen(Vec<[u8; 3]>);

impl Seen {
    pub(crate) fn share(&self, colour: Colour) -> f64 {
        let count = self.0.iter().filter(|pixel| is(**pixel, colour)).count();
        f64::from(u32::try_from(count).unwrap()) / f64::from(64 * 36)
    }

    /// The people to be seen.
    pub(crate) fn people(&self) -> BTreeSet<Colour> {
        let colours = [Colour::Red, Colour::Green, Colour::Blue];
        colours
            .into_iter()
            .filter(|colour| self.share(*colour) > 0.02)
            .collect()
    }
}

fn is([red, green, blue]: [u8; 3], colour: Colour) -> bool {
    match colour {
        Colour::Red => red > 150 && green < 90 && blue < 90,
        Colour::Green => red < 90 && green > 90 && blue < 90,
        Colour::Blue => red < 90 && green < 90 && blue > 150,
    }
}

/// Every picture of a file.
pub(crate) fn pictures(file: &Path) -> Vec<Seen> {
    let size = format!("scale={WIDTH}:{HEIGHT}:flags=area");
    let options = ["-vf", &size, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    seen(&run(
        &[&["-i", file.to_str().unwrap()], &options[..]].concat()
    ))
}

/// The picture to which a player jumps.
pub(crate) fn picture_at(file: &Path, seconds: &str) -> Seen {
    let size = format!("scale={WIDTH}:{HEIGHT}:flags=area");
    let from = [
        "-ss",
        seconds,
        "-i",
        file.to_str().unwrap(),
        "-frames:v",
        "1",
    ];
    let to = ["-vf", &size, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
    seen(&run(&[&from[..], &to[..]].concat())).remove(0)
}

fn seen(raw: &[u8]) -> Vec<Seen> {
    let (pixels, rest) = raw.as_chunks::<3>();
    assert!(rest.is_empty());
    pixels
        .chunks(WIDTH * HEIGHT)
        .map(|pixels| Seen(pixels.to_vec()))
        .collect()
}

/// When the picture becomes bright, in seconds.
pub(crate) fn flashes(file: &Path) -> Vec<f64> {
    // A part of the picture, for it is not everybody's flash; more than what is written in white.
    let filter = "lutyuv=y='if(gt(val,190),255,0)',signalstats,\
                  metadata=mode=print:key=lavfi.signalstats.YAVG:file=-";
    rises(&series(file, "-vf", filter, "0:v:0"), 15.0, 30.0)
}

/// When a tone begins, in seconds.
pub(crate) fn beeps(file: &Path, hertz: u32) -> Vec<f64> {
    let filter = format!(
        "aresample=48000,bandpass=f={hertz}:width_type=h:w=200,asetnsamples=n=240:p=0,\
         astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level,\
         ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=-"
    );
    let levels = series(file, "-af", &filter, "0:a:0");
    let linear = levels
        .into_iter()
        .map(|(at, db)| (at, 10_f64.powf(db / 20.0)));
    rises(&linear.collect::<Vec<_>>(), 0.02, 0.04)
}

fn series(file: &Path, kind: &str, filter: &str, map: &str) -> Vec<(f64, f64)> {
    let input = ["-copyts", "-i", file.to_str().unwrap(), "-map", map];
    let text = run(&[&input[..], &[kind, filter, "-f", "null", "-"]].concat());
    let text = String::from_utf8(text).unwrap();
    let mut values = text.split_whitespace().filter_map(|word| {
        let number = word
            .strip_prefix("pts_time:")
            .or_else(|| word.split_once('=').map(|w| w.1));
        number.and_then(|number| number.parse::<f64>().ok())
    });
    let mut series = Vec::new();
    // The number of a frame has a space before it, so that only times and values are left.
    while let (Some(at), Some(value)) = (values.next(), values.next()) {
        series.push((at, value));
    }
    series
}

fn rises(series: &[(f64, f64)], low: f64, high: f64) -> Vec<f64> {
    let mut up = false;
    let mut rises = Vec::new();
    for (at, value) in series {
        if *value > high && !up {
            rises.push(*at);
        }
        up = if up { *value > low } else { *value > high };
    }
    rises
}

/// What ffprobe says of a file, by section and key.
pub(crate) fn probe(file: &Path, entries: &str) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-show_entries", entries, "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("Debian's package ffmpeg is installed");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.trim_end_matches(',').to_owned())
        .collect()
}

/// Everything in it can be decoded.
pub(crate) fn decodes(file: &Path) {
    run(&["-xerror", "-i", file.to_str().unwrap(), "-f", "null", "-"]);
}
