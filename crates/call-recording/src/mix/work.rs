//! Steps done one after the other in the folder of a recording.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::fs::{self, File};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::child::{self, Bounds, PATIENCE, Reached};
use super::room::Room;
use super::step::{Amount, FOLDER, Pace, Step, words};
use super::{Ffmpeg, MixConfig, MixError};
use crate::disk;

/// What is not finished ends so. It is of no use to a second try.
const UNFINISHED: &str = ".part";

/// What steps leave that is read back is no longer.
const MOST_READ: u64 = 64 << 20;

/// Takes away what tries at a mix have left in the folder of a recording, for good: the next try begins anew.
pub async fn discard(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir.join(FOLDER)).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The work on one mix.
pub(super) struct Work<'a> {
    dir: &'a Path,
    ffmpeg: &'a Ffmpeg,
    nice: u8,
    room: Room<'a>,
    pace: Pace,
    progress: &'a (dyn Fn(f64) + Send + Sync),
    /// All that is to be done, and what has been, by [cost](Amount::cost).
    all: f64,
    done: f64,
    told: f64,
}

impl<'a> Work<'a> {
    /// Makes the folder for what the steps leave, and takes away what a former try has not finished.
    pub(super) async fn begin(
        dir: &'a Path,
        ffmpeg: &'a Ffmpeg,
        config: &MixConfig,
        pace: Pace,
        progress: &'a (dyn Fn(f64) + Send + Sync),
    ) -> Result<Self, MixError> {
        let least = config.min_free_bytes;
        let work = Self {
            dir,
            ffmpeg,
            nice: config.nice,
            room: Room { dir, least },
            pace,
            progress,
            all: 0.0,
            done: 0.0,
            told: 0.0,
        };
        work.tidy().await.map_err(MixError::of)?;
        (work.progress)(0.0);
        Ok(work)
    }

    async fn tidy(&self) -> io::Result<()> {
        let folder = self.dir.join(FOLDER);
        disk::make_folder_async(&folder).await?;
        let mut entries = fs::read_dir(&folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            if entry.file_name().to_string_lossy().ends_with(UNFINISHED) {
                fs::remove_file(entry.path()).await?;
            }
        }
        Ok(())
    }

    /// So much is to be done. To be said of all before the first is done, for the progress.
    pub(super) fn expect(&mut self, amounts: impl IntoIterator<Item = Amount>) {
        self.all += amounts.into_iter().map(Amount::cost).sum::<f64>();
    }

    /// Does a step, unless it has been done.
    pub(super) async fn done(&mut self, step: &Step) -> Result<(), MixError> {
        let path = self.dir.join(step.path());
        if !fs::try_exists(&path).await.map_err(MixError::of)? {
            let part = self.dir.join(format!("{}{UNFINISHED}", step.path()));
            let made = self.make(step, &part, &path).await;
            if made.is_err() {
                forget(&part).await;
            }
            made?;
        }
        self.count(step.amount);
        Ok(())
    }

    async fn make(&mut self, step: &Step, part: &Path, path: &Path) -> Result<(), MixError> {
        let reached = self
            .run(&step.args, step.what, Some(part), step.amount)
            .await?;
        if matches!(step.amount, Amount::ClipFrames(_)) && reached.frames == 0 {
            return Err(MixError::Failed {
                what: step.what.to_owned(),
                status: 0,
                said: "no picture came out of it".to_owned(),
            });
        }
        fs::rename(part, path).await.map_err(MixError::of)
    }

    /// Whether the sound in a file can be decoded, as far as its beginning tells.
    pub(super) async fn can_be_heard(&mut self, input: &str) -> Result<bool, MixError> {
        let mut args = words("-threads 1 -protocol_whitelist file,pipe -f matroska -i");
        args.push(input.to_owned());
        args.extend(words("-map 0:a:0 -frames:a 1 -f null -"));
        match self
            .run(&args, "open a voice", None, Amount::Micros(0))
            .await
        {
            Ok(_) => Ok(true),
            Err(MixError::Failed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Joins all into a file beside the tracks, by the arguments for a file of a given name, and takes the folder of the
    /// steps away. Returns where the file lies, and its size in bytes.
    pub(super) async fn finish(
        mut self,
        name: &str,
        args: impl FnOnce(&str) -> Vec<String>,
        amount: Amount,
    ) -> Result<(PathBuf, u64), MixError> {
        // ffmpeg writes this one by itself, since an index goes to its beginning. Should it survive the server, it is for a
        // moment, and nobody else writes a file of this name.
        let part = format!("{FOLDER}/{}{UNFINISHED}", uuid::Uuid::new_v4());
        let what = "join the scenes and the voices";
        let joined = self.run(&args(&part), what, None, amount).await;
        let (part, path) = (self.dir.join(part), self.dir.join(name));
        let kept = match joined {
            Ok(_) => keep(&part, &path).await.map_err(MixError::of),
            Err(error) => Err(error),
        };
        if kept.is_err() {
            forget(&part).await;
        }
        let bytes = kept?;
        self.clear().await;
        (self.progress)(1.0);
        Ok((path, bytes))
    }

    /// Takes away what the steps have left.
    pub(super) async fn clear(&self) {
        if let Err(error) = discard(self.dir).await {
            tracing::warn!(%error, "what a mix was made of stays on the disk");
        }
    }

    /// What a step has left, as text.
    pub(super) async fn read(&self, step: &Step) -> Result<String, MixError> {
        let mut text = Vec::new();
        let read = async {
            let file = File::open(self.dir.join(step.path())).await?;
            file.take(MOST_READ).read_to_end(&mut text).await
        };
        read.await.map_err(MixError::of)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// A small file for ffmpeg to read, by its path from the folder of the recording. A blank stands for nothing: not every
    /// ffmpeg takes an empty one.
    pub(super) async fn write(&self, path: &str, text: &str) -> Result<(), MixError> {
        let text = if text.is_empty() { " " } else { text };
        let write = async {
            let mut file = File::create(self.dir.join(path)).await?;
            file.write_all(text.as_bytes()).await?;
            file.flush().await
        };
        write.await.map_err(MixError::of)
    }

    async fn run(
        &mut self,
        args: &[String],
        what: &str,
        into: Option<&Path>,
        amount: Amount,
    ) -> Result<Reached, MixError> {
        self.room.check().await.map_err(MixError::of)?;
        let mut command = self.ffmpeg.command(self.nice);
        command.current_dir(self.dir);
        let bounds = Bounds {
            patience: PATIENCE,
            longest: self.pace.of_step(amount),
            room: self.room,
        };
        let progress = |reached| self.tell(amount.share(reached) * amount.cost());
        child::run(command, args, what, into, bounds, progress).await
    }

    fn count(&mut self, amount: Amount) {
        self.done += amount.cost();
        self.tell(0.0);
    }

    /// Tells how far all is, with so much of the step that runs.
    fn tell(&mut self, of_this: f64) {
        if self.all > 0.0 {
            let now = ((self.done + of_this) / self.all).clamp(self.told, 1.0);
            self.told = now;
            (self.progress)(now);
        }
    }
}

/// Takes away what came of a step that failed; the next try does, if this does not.
async fn forget(part: &Path) {
    let _ = fs::remove_file(part).await;
}

/// Makes a file last under its name. Its size.
async fn keep(part: &Path, path: &Path) -> io::Result<u64> {
    let file = File::open(part).await?;
    // ffmpeg has made it.
    let private = Permissions::from_mode(disk::PRIVATE_FILE);
    file.set_permissions(private).await?;
    file.sync_all().await?;
    let bytes = file.metadata().await?.len();
    fs::rename(part, path).await?;
    Ok(bytes)
}
