//! Whether sound and picture are in step: when something flashes in a file, when something beeps in it or in another, and how
//! far the two are apart. By ffmpeg (Debian's package `ffmpeg`), with the time stamps that the files have.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A flash and a beep that belong together are no further apart, in seconds.
const TOGETHER: f64 = 0.45;

/// A part of a picture: from the left, from the top, width and height, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Of the picture's width.
    pub width: f64,
    /// Of the picture's height.
    pub height: f64,
}

impl Region {
    /// All of the picture.
    pub const WHOLE: Self = Self {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 1.0,
    };
}

/// A file and its place in a recording, in seconds: what a manifest's `offsetMs` says of a track, 0 for a mix.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// The file.
    pub file: &'a Path,
    /// Its beginning.
    pub offset: f64,
}

/// When a part of the picture became brighter by a good part of how bright it ever becomes: the seconds, in the recording, of the
/// first bright frames. Nothing, where it is never brighter by more than a tenth of white.
///
/// # Errors
///
/// When ffmpeg is missing or cannot decode the file.
pub fn flashes(video: Placed<'_>, region: Region) -> Result<Vec<f64>> {
    let Region {
        x,
        y,
        width,
        height,
    } = region;
    // Brought to one size: what browsers send changes it.
    let filter = format!(
        "crop=iw*{width}:ih*{height}:iw*{x}:ih*{y},scale=32:32:flags=area,format=gray,signalstats,\
         metadata=mode=print:key=lavfi.signalstats.YAVG:file=-"
    );
    let series = series(video, ["-map", "0:v:0", "-vf", &filter])?;
    Ok(rises(&series, 25.0))
}

/// When a tone of so many hertz began: the seconds, in the recording, to 5 ms. Nothing, where there is none.
///
/// # Errors
///
/// As with [`flashes`].
pub fn beeps(audio: Placed<'_>, hertz: f64) -> Result<Vec<f64>> {
    // Twice, so that a loud tone elsewhere is not heard.
    let band = format!(
        "bandpass=f={hertz}:width_type=h:w={}",
        (hertz / 5.0).max(100.0)
    );
    let filter = format!(
        "aresample=48000,aformat=channel_layouts=mono,{band},{band},\
         asetnsamples=n=240:p=0,\
         astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level,\
         ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=-"
    );
    let levels = series(audio, ["-map", "0:a:0", "-af", &filter])?;
    let levels = levels
        .into_iter()
        .map(|(at, decibels)| (at, 10_f64.powf(decibels / 20.0)));
    Ok(rises(&levels.collect::<Vec<_>>(), 0.01))
}

/// By how much each beep comes after its flash, in seconds: negative where it comes before. A flash without a beep, or a beep
/// without a flash, is left out.
pub fn lags(flashes: &[f64], beeps: &[f64]) -> Vec<f64> {
    let nearest = |flash: &f64| {
        let lags = beeps.iter().map(|beep| beep - flash);
        lags.min_by(|a, b| a.abs().total_cmp(&b.abs()))
    };
    flashes
        .iter()
        .filter_map(nearest)
        .filter(|lag| lag.abs() <= TOGETHER)
        .collect()
}

/// The largest [lag](lags) of sound against picture, either way, of at least so many beats.
///
/// # Errors
///
/// As with [`flashes`], and when there are fewer beats.
pub fn worst_lag(
    video: Placed<'_>,
    region: Region,
    audio: Placed<'_>,
    hertz: f64,
    at_least: usize,
) -> Result<f64> {
    let (flashes, beeps) = (flashes(video, region)?, beeps(audio, hertz)?);
    let lags = lags(&flashes, &beeps);
    if lags.len() < at_least {
        bail!("{lags:?} are too few beats, of flashes at {flashes:?} and beeps at {beeps:?}");
    }
    let worst = lags.into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs()));
    worst.context("no beats")
}

/// What a filter prints for each frame, with the frame's time in the recording.
fn series(of: Placed<'_>, options: [&str; 4]) -> Result<Vec<(f64, f64)>> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-hide_banner", "-v", "error", "-copyts", "-i"])
        .arg(of.file)
        .args(options)
        .args(["-f", "null", "-"])
        .output()
        .context("ffmpeg cannot be run: on Debian, apt-get install ffmpeg")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} cannot be decoded: {}", of.file.display(), said.trim());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut at = None;
    let mut series = Vec::new();
    for line in text.lines() {
        if let Some((_, time)) = line.split_once("pts_time:") {
            at = time.trim().parse::<f64>().ok();
        } else if let Some((_, value)) = line.split_once('=')
            && let (Some(at), Ok(value)) = (at.take(), value.trim().parse::<f64>())
        {
            series.push((at + of.offset, value));
        }
    }
    Ok(series)
}

/// When a value has risen above the middle of its range, having been below 0.4 of it. Nothing, where the range is less than that.
fn rises(series: &[(f64, f64)], least_range: f64) -> Vec<f64> {
    let values = || series.iter().map(|(_, value)| *value);
    let lowest = values().fold(f64::INFINITY, f64::min);
    let range = values().fold(f64::NEG_INFINITY, f64::max) - lowest;
    if range.is_nan() || range < least_range {
        return Vec::new();
    }
    // What is high from the beginning has risen there.
    let mut high = false;
    let mut rises = Vec::new();
    for (at, value) in series {
        let share = (value - lowest) / range;
        if !high && share > 0.5 {
            rises.push(*at);
            high = true;
        } else if high && share < 0.4 {
            high = false;
        }
    }
    rises
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ffmpeg(args: &[&str]) {
        let output = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y"])
            .args(args)
            .output()
            .expect("Debian's package ffmpeg is installed");
        assert!(output.status.success(), "{output:?}");
    }

    /// Four seconds in which the left half flashes at every full second, and a tone begins so much later.
    fn beating(file: &Path, late: f64) {
        let picture = "color=c=0x205020:s=64x48:r=25:d=4,\
                       drawbox=x=0:y=0:w=32:h=48:c=white:t=fill:enable='lt(mod(t+0.001,1),0.12)'";
        let sound = format!(
            "aevalsrc='0.3*sin(2*PI*1000*t)*lt(mod(t-{late},1),0.1)*gt(t,{late})+0.05*sin(2*PI*220*t)':s=48000:d=4"
        );
        let inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", &sound];
        let coded = [
            "-c:v",
            "libvpx",
            "-deadline",
            "realtime",
            "-threads",
            "1",
            "-c:a",
            "libopus",
        ];
        ffmpeg(&[&inputs[..], &coded[..], &[file.to_str().unwrap()]].concat());
    }

    fn near(times: &[f64], expected: &[f64], tolerance: f64) {
        assert_eq!(times.len(), expected.len(), "{times:?}");
        for (time, expected) in times.iter().zip(expected) {
            assert!((time - expected).abs() < tolerance, "{times:?}");
        }
    }

    #[test]
    fn a_lag_is_measured_to_a_few_milliseconds() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("beating.webm");
        beating(&file, 0.2);
        let here = Placed {
            file: &file,
            offset: 0.0,
        };
        let flashes = flashes(here, Region::WHOLE).unwrap();
        near(&flashes, &[0.0, 1.0, 2.0, 3.0], 0.045);
        let beeps = beeps(here, 1_000.0).unwrap();
        near(&beeps, &[0.2, 1.2, 2.2, 3.2], 0.02);
        near(&lags(&flashes, &beeps), &[0.2; 4], 0.05);

        // As two files, of which the one with the sound lies earlier in the recording: in step.
        let sound = Placed {
            file: &file,
            offset: 4.8,
        };
        let picture = Placed {
            file: &file,
            offset: 5.0,
        };
        let worst = worst_lag(picture, Region::WHOLE, sound, 1_000.0, 4).unwrap();
        assert!(worst.abs() < 0.05, "{worst}");
        assert!(worst_lag(picture, Region::WHOLE, sound, 1_000.0, 5).is_err());
    }

    #[test]
    fn where_nothing_flashes_or_beeps_there_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("beating.webm");
        beating(&file, 0.0);
        let here = Placed {
            file: &file,
            offset: 0.0,
        };
        let right = Region {
            x: 0.6,
            width: 0.4,
            ..Region::WHOLE
        };
        assert_eq!(flashes(here, right).unwrap(), Vec::<f64>::new());
        assert_eq!(beeps(here, 6_000.0).unwrap(), Vec::<f64>::new());
        std::fs::write(&file, "no media").unwrap();
        assert!(flashes(here, Region::WHOLE).is_err());
    }

    #[test]
    fn a_beep_belongs_to_the_nearest_flash() {
        assert_eq!(lags(&[1.0, 2.0, 5.0], &[0.75, 2.25, 9.0]), [-0.25, 0.25]);
        assert!(lags(&[], &[1.0]).is_empty());
        assert!(lags(&[1.0], &[]).is_empty());
    }

    #[test]
    fn a_value_that_trembles_rises_once() {
        let series: Vec<(f64, f64)> = [0.0, 0.0, 9.0, 4.6, 9.0, 0.0, 1.0, 10.0]
            .into_iter()
            .zip(0_u32..)
            .map(|(value, at)| (f64::from(at), value))
            .collect();
        assert_eq!(rises(&series, 5.0), [2.0, 7.0]);
        assert_eq!(rises(&series, 50.0), Vec::<f64>::new());
        assert_eq!(rises(&[], 1.0), Vec::<f64>::new());
    }
}
