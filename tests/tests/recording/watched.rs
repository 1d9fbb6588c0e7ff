use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long a scenario waits for what must happen, before it fails. Mixes and retries take their time.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

const PACE: Duration = Duration::from_millis(50);

/// Looks until there is something to be seen.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < end, "waited in vain until {what}");
        tokio::time::sleep(PACE).await;
    }
}

/// The media files of a folder; none if it does not exist.
pub(crate) fn media_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "webm"))
        .collect();
    files.sort();
    files
}

/// Frames of a file, all of them decoded without a complaint.
pub(crate) fn frames_without_complaint(file: &Path) -> u64 {
    let output = decode(file, true);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{}: {said}",
        file.display()
    );
    count(file)
}

/// Frames of a file that lies there as a crash left it: a decoder may mention its end, and takes the rest.
pub(crate) fn frames_of_torn(file: &Path) -> u64 {
    let output = decode(file, false);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", file.display());
    count(file)
}

fn decode(file: &Path, strict: bool) -> std::process::Output {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-nostdin", "-v", "error"]);
    if strict {
        command.arg("-xerror");
    }
    command.arg("-i").arg(file);
    // Frames keep their own times, which need not be those of a constant rate.
    command.args(["-vsync", "passthrough", "-enc_time_base", "-1"]);
    command.args(["-f", "null", "-"]);
    command.output().expect("ffmpeg is installed")
}

fn count(file: &Path) -> u64 {
    let output = Command::new("ffprobe")
        .args(["-v", "quiet", "-count_frames", "-of", "csv=p=0"])
        .args(["-show_entries", "stream=nb_read_frames"])
        .arg(file)
        .output()
        .expect("ffprobe is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    let counts = said
        .lines()
        .filter_map(|line| line.trim_end_matches(',').parse::<u64>().ok());
    counts.sum()
}
