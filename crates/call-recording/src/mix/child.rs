//! A run of ffmpeg, watched.

use std::collections::VecDeque;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStdout, Command};
use tokio::time::timeout;

use super::MixError;
use super::room::Room;

/// As much as this of what ffmpeg says is kept for an error.
const SAID_LINES: usize = 6;
const LINE_BYTES: usize = 300;

/// The signal that asks politely; ffmpeg then ends by itself, and says so by its status.
const TERMINATED: i32 = 15;
const ENDED_WHEN_ASKED: i32 = 255;

/// What nice(1) says of a program that it cannot run.
const CANNOT_RUN: [i32; 2] = [126, 127];

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Reached {
    pub(super) frames: u64,
    pub(super) micros: u64,
}

/// What every run is told: to ask nothing, and to say on the standard error output how far it is, and what went wrong.
const COMMON: [&str; 8] = [
    "-hide_banner",
    "-nostdin",
    "-y",
    "-nostats",
    "-loglevel",
    "error",
    "-progress",
    "pipe:2",
];

/// It reports twice a second; only while it moves the index of a large file it is silent. When it says nothing for so long it
/// hangs, and is killed.
pub(super) const PATIENCE: Duration = Duration::from_mins(10);

/// What a run keeps to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<'a> {
    /// The longest that it may say nothing.
    pub(super) patience: Duration,
    /// The longest that it may take.
    pub(super) longest: Duration,
    /// What it leaves free, as often as it reports.
    pub(super) room: Room<'a>,
}

/// Runs a command to its end. What it writes to its standard output goes into the file, if there is one.
///
/// The child ends with the future that waits for it. Should the whole process be killed, the child's next write fails, and
/// that ends it.
pub(super) async fn run(
    command: std::process::Command,
    args: &[String],
    what: &str,
    into: Option<&Path>,
    bounds: Bounds<'_>,
    mut progress: impl FnMut(Reached),
) -> Result<Reached, MixError> {
    let mut file = match into {
        Some(path) => Some(File::create(path).await.map_err(MixError::of)?),
        None => None,
    };
    let mut child = Command::from(command)
        .args(COMMON)
        .args(args)
        .stdout(if file.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| MixError::FfmpegMissing(error.kind()))?;
    let mut watch = Watch::default();
    let kept = keep(child.stdout.take(), file.as_mut());
    let told = watch.listen(child.stderr.take(), bounds, &mut progress);
    let ended = timeout(bounds.longest, async { tokio::try_join!(kept, told) }).await;
    if !matches!(ended, Ok(Ok(_))) {
        // It may have ended by itself meanwhile.
        let _ = child.start_kill();
    }
    let status = child.wait().await.map_err(MixError::of)?;
    match ended {
        Ok(Ok(_)) => watch.judge(status, what),
        Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => Err(MixError::Failed {
            what: what.to_owned(),
            status: -1,
            said: format!("it said nothing for {} s", bounds.patience.as_secs()),
        }),
        Ok(Err(error)) => Err(MixError::of(error)),
        Err(_) => Err(MixError::TookTooLong {
            what: what.to_owned(),
            longest: bounds.longest,
        }),
    }
}

async fn keep(from: Option<ChildStdout>, into: Option<&mut File>) -> io::Result<()> {
    let (Some(mut from), Some(into)) = (from, into) else {
        return Ok(());
    };
    let mut buffer = vec![0; 128 << 10];
    loop {
        match from.read(&mut buffer).await? {
            0 => break,
            length => into.write_all(&buffer[..length]).await?,
        }
    }
    into.flush().await?;
    into.sync_data().await
}

#[derive(Default)]
struct Watch {
    reached: Reached,
    said: VecDeque<String>,
    /// It has reported since the last look.
    reported: bool,
}

impl Watch {
    async fn listen(
        &mut self,
        from: Option<impl AsyncRead + Unpin>,
        bounds: Bounds<'_>,
        progress: &mut impl FnMut(Reached),
    ) -> io::Result<()> {
        let Some(mut from) = from else { return Ok(()) };
        let mut buffer = [0; 4096];
        let mut line = Vec::new();
        loop {
            let length = timeout(bounds.patience, from.read(&mut buffer)).await??;
            if length == 0 {
                self.line(&line, progress);
                return Ok(());
            }
            for byte in &buffer[..length] {
                match byte {
                    b'\n' | b'\r' => {
                        self.line(&line, progress);
                        line.clear();
                    }
                    _ if line.len() < LINE_BYTES => line.push(*byte),
                    _ => {}
                }
            }
            if std::mem::take(&mut self.reported) {
                bounds.room.check().await?;
            }
        }
    }

    fn line(&mut self, line: &[u8], progress: &mut impl FnMut(Reached)) {
        let line = String::from_utf8_lossy(line);
        let number = |value: &str| value.trim().parse::<u64>().ok();
        match line.split_once('=') {
            Some(("frame", value)) => self.reached.frames = number(value).unwrap_or(0),
            // Says N/A, or something negative, until there is something.
            Some(("out_time_us", value)) => self.reached.micros = number(value).unwrap_or(0),
            Some(("progress", _)) => {
                self.reported = true;
                progress(self.reached);
            }
            Some((key, _)) if is_key(key) => {}
            _ if line.trim().is_empty() => {}
            _ => {
                if self.said.len() >= SAID_LINES {
                    self.said.pop_front();
                }
                self.said.push_back(line.trim().to_owned());
            }
        }
    }

    fn judge(self, status: ExitStatus, what: &str) -> Result<Reached, MixError> {
        let what = what.to_owned();
        let said = self.said.into_iter().collect::<Vec<_>>().join(" | ");
        match (status.code(), status.signal()) {
            (Some(0), _) => Ok(self.reached),
            (_, Some(signal)) => Err(MixError::Killed { what, signal }),
            (Some(ENDED_WHEN_ASKED), None) => Err(MixError::Killed {
                what,
                signal: TERMINATED,
            }),
            (Some(code), None) if CANNOT_RUN.contains(&code) => {
                Err(MixError::FfmpegMissing(io::ErrorKind::NotFound))
            }
            _ if said.contains("No space left on device") => Err(MixError::DiskFull),
            (code, None) => Err(MixError::Failed {
                what,
                status: code.unwrap_or(-1),
                said,
            }),
        }
    }
}

/// Whether a line is one of the report on progress.
fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::process::Command as Program;

    use super::*;
    use crate::mix::step::words;

    fn said(lines: &str) -> Watch {
        let mut watch = Watch::default();
        for line in lines.lines() {
            watch.line(line.as_bytes(), &mut |_| {});
        }
        watch
    }

    #[test]
    fn progress_is_read_and_complaints_are_kept() {
        let mut told = Vec::new();
        let mut watch = Watch::default();
        for line in [
            "frame=12",
            "out_time_us=480000",
            "progress=continue",
            "./x.webm: Invalid data",
            "out_time_us=N/A",
            "stream_0_0_q=28.0",
            "progress=end",
        ] {
            watch.line(line.as_bytes(), &mut |reached: Reached| told.push(reached));
        }
        let frames: Vec<(u64, u64)> = told.iter().map(|r| (r.frames, r.micros)).collect();
        assert_eq!(frames, [(12, 480_000), (12, 0)]);
        assert_eq!(watch.said, ["./x.webm: Invalid data"]);
    }

    #[test]
    fn only_the_last_of_very_much_is_kept() {
        let many: Vec<String> = (0..1000).map(|n| format!("complaint {n}")).collect();
        let watch = said(&many.join("\n"));
        assert_eq!(watch.said.len(), SAID_LINES);
        assert_eq!(watch.said.back().unwrap(), "complaint 999");
    }

    #[test]
    fn the_end_tells_why() {
        let judge = |raw, said_before: &str| {
            said(said_before)
                .judge(ExitStatus::from_raw(raw), "try")
                .unwrap_err()
        };
        assert!(matches!(judge(9, ""), MixError::Killed { signal: 9, .. }));
        assert!(matches!(
            judge(255 << 8, ""),
            MixError::Killed { signal: 15, .. }
        ));
        assert!(matches!(judge(127 << 8, ""), MixError::FfmpegMissing(_)));
        let full = "av_interleaved_write_frame(): No space left on device";
        assert!(matches!(judge(1 << 8, full), MixError::DiskFull));
        let MixError::Failed { status, said, .. } = judge(1 << 8, "a\nb") else {
            panic!("failed is failed");
        };
        assert_eq!((status, said.as_str()), (1, "a | b"));
    }

    /// With room enough.
    fn patient(patience: Duration) -> Bounds<'static> {
        let room = Room {
            dir: Path::new("/"),
            least: 0,
        };
        Bounds {
            patience,
            longest: PATIENCE,
            room,
        }
    }

    /// Pictures without end.
    fn endless() -> Vec<String> {
        let source = "-f lavfi -i testsrc2=s=320x180:r=25 -c:v rawvideo -f nut pipe:1";
        words(source)
    }

    #[tokio::test]
    async fn a_full_disk_ends_it_and_is_told() {
        let full = Some(Path::new("/dev/full"));
        let ffmpeg = Program::new("ffmpeg");
        let bounds = patient(PATIENCE);
        let result = run(ffmpeg, &endless(), "fill", full, bounds, |_| {}).await;
        assert!(matches!(result, Err(MixError::DiskFull)), "{result:?}");
    }

    #[tokio::test]
    async fn it_ends_before_others_are_without_room() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room {
            dir: folder.path(),
            least: u64::MAX,
        };
        let bounds = Bounds {
            room,
            ..patient(PATIENCE)
        };
        let ffmpeg = Program::new("ffmpeg");
        let result = run(ffmpeg, &endless(), "fill", None, bounds, |_| {}).await;
        assert!(matches!(result, Err(MixError::DiskFull)), "{result:?}");
    }

    #[tokio::test]
    async fn one_that_never_ends_is_killed() {
        let bounds = Bounds {
            longest: Duration::from_millis(50),
            ..patient(PATIENCE)
        };
        let ffmpeg = Program::new("ffmpeg");
        let result = run(ffmpeg, &endless(), "end", None, bounds, |_| {}).await;
        assert!(
            matches!(result, Err(MixError::TookTooLong { .. })),
            "{result:?}"
        );
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed() {
        // Lives as long as its input is open, and says nothing, whatever it is asked.
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("hang");
        std::fs::write(&script, "read -r never").unwrap();
        let mut hanging = Program::new("sh");
        hanging.arg(&script).stdin(Stdio::piped());
        let soon = Duration::from_millis(50);
        let result = run(hanging, &[], "hang", None, patient(soon), |_| {}).await;
        let Err(MixError::Failed { said, .. }) = result else {
            panic!("{result:?}");
        };
        assert!(said.contains("said nothing"), "{said}");
    }

    #[tokio::test]
    async fn ffmpeg_ends_when_nobody_reads_what_it_writes() {
        // As when the server is killed: its ends of the pipes are closed, and nobody kills the child.
        let mut child = Command::new("ffmpeg")
            .args(COMMON)
            .args(endless())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Debian's package ffmpeg is installed");
        drop((child.stdout.take(), child.stderr.take()));
        assert!(!child.wait().await.unwrap().success());
    }
}
