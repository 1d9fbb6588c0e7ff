//! ffmpeg and ffprobe (Debian's package `ffmpeg`), which know nothing of how the files were made.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn run(program: &str, arguments: &[&str], file: Option<&Path>) -> Output {
    let mut command = Command::new(program);
    command.args(["-v", "error"]).args(arguments);
    command.args(file);
    command
        .output()
        .expect("Debian's package ffmpeg is installed")
}

/// What the program prints, without a complaint.
fn silent(program: &str, arguments: &[&str], file: Option<&Path>) -> Vec<u8> {
    let output = run(program, arguments, file);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{file:?}: {complaints}"
    );
    output.stdout
}

/// Runs ffmpeg; what it writes.
pub(crate) fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    silent("ffmpeg", arguments, None)
}

/// Decodes every frame.
pub(crate) fn decode(file: &Path) {
    let file = file.to_str().unwrap();
    ffmpeg(&[
        "-xerror",
        "-i",
        file,
        "-vsync",
        "passthrough",
        "-f",
        "null",
        "-",
    ]);
}

/// Decodes from there to the end; how many seconds that is.
pub(crate) fn decode_from(file: &Path, seconds: &str) -> f64 {
    let file = file.to_str().unwrap();
    let to = [
        "-vsync",
        "passthrough",
        "-progress",
        "pipe:1",
        "-f",
        "null",
        "/dev/null",
    ];
    let text = ffmpeg(&[&["-xerror", "-ss", seconds, "-i", file][..], &to].concat());
    let text = String::from_utf8(text).unwrap();
    let last = text
        .lines()
        .filter_map(|line| line.strip_prefix("out_time_us="))
        .next_back();
    last.unwrap().parse::<f64>().unwrap() / 1_000_000.0
}

/// The file and its streams, as ffprobe tells.
pub(crate) fn about(file: &Path) -> Value {
    let wanted = ["-of", "json", "-show_format", "-show_streams"];
    serde_json::from_slice(&silent("ffprobe", &wanted, Some(file))).unwrap()
}

fn column(file: &Path, entry: &str) -> Vec<String> {
    let entries = format!("frame={entry}");
    let wanted = [
        "-show_frames",
        "-show_entries",
        &entries,
        "-of",
        "default=noprint_wrappers=1",
    ];
    let text = String::from_utf8(silent("ffprobe", &wanted, Some(file))).unwrap();
    // Among other lines, of what a frame carries besides.
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix(entry)?.strip_prefix('='));
    lines.map(str::to_owned).collect()
}

/// When each frame is shown or heard, in milliseconds.
pub(crate) fn frame_times(file: &Path) -> Vec<f64> {
    let times = column(file, "pts_time");
    times
        .iter()
        .map(|time| time.parse::<f64>().unwrap() * 1000.0)
        .collect()
}

/// How wide each picture is.
pub(crate) fn frame_widths(file: &Path) -> Vec<u32> {
    column(file, "width")
        .iter()
        .map(|width| width.parse().unwrap())
        .collect()
}
