use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use call_domain::RecordingFileId;

use super::clip::{self, Clips};
use super::compose;
use super::join::{self, Part};
use super::people::{self, Person};
use super::scenes::{self, Scene, Turn};
use super::speech;
use super::step::{Amount, FOLDER, Pace, Step};
use super::voices::{self, Length};
use super::work::Work;
use super::{Ffmpeg, Layout, MixConfig, MixError};
use crate::Manifest;
use crate::storage::FileName;

/// A mix that has been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mix {
    /// Names it.
    pub file_id: RecordingFileId,
    /// Where it lies: in the recording's folder.
    pub path: PathBuf,
    /// Its media type: `video/mp4`, `video/webm`, `audio/mp4` or `audio/webm`.
    pub content_type: &'static str,
    /// Its size.
    pub bytes: u64,
    /// How long it plays: as long as the recording.
    pub duration: Duration,
    /// Width and height in pixels; absent where nobody showed a picture.
    pub size: Option<(u16, u16)>,
    /// Tracks that could not be decoded and are left out.
    pub left_out: Vec<RecordingFileId>,
}

/// Makes mixes.
#[derive(Debug, Clone)]
pub struct Mixer {
    ffmpeg: Ffmpeg,
    config: MixConfig,
    pace: Pace,
}

impl Mixer {
    /// What does not fit [`MixConfig`]'s ranges is brought into them.
    pub fn new(ffmpeg: Ffmpeg, config: MixConfig) -> Self {
        Self {
            ffmpeg,
            config: config.within_ranges(),
            pace: Pace::default(),
        }
    }

    /// The ffmpeg it uses.
    pub fn ffmpeg(&self) -> &Ffmpeg {
        &self.ffmpeg
    }

    /// How it mixes.
    pub fn config(&self) -> &MixConfig {
        &self.config
    }

    /// Mixes the recording in the folder into one file of that id beside the tracks. Takes a good part of the call's length; uses
    /// one child process at a time.
    ///
    /// What it has made stays when it fails, is dropped or the server stops: the next call with the same manifest and
    /// configuration goes on from there. Where there is to be none, [`discard`](super::discard) it. A finished mix of that id is replaced. Dropping the future kills ffmpeg.
    ///
    /// `progress` is told from 0 to 1, some times a second, never less than before.
    ///
    /// # Errors
    ///
    /// When there is no mix; what went before is kept. A track that cannot be decoded, or not in ten times the time that it
    /// took to send, is no error but [left out](Mix::left_out). The whole may take about as long, and then is for another try.
    pub async fn mix(
        &self,
        dir: &Path,
        manifest: &Manifest,
        file_id: RecordingFileId,
        progress: &(dyn Fn(f64) + Send + Sync),
    ) -> Result<Mix, MixError> {
        let length = Length(people::length(manifest));
        if length.0 == 0 {
            return Err(MixError::NothingToMix);
        }
        let longest = self.pace.of_mix(length.0);
        let mix = Box::pin(self.mix_all(dir, manifest, file_id, &length, progress));
        match tokio::time::timeout(longest, mix).await {
            Ok(mixed) => mixed,
            Err(_) => Err(MixError::TookTooLong {
                what: "mix the call".to_owned(),
                longest,
            }),
        }
    }

    async fn mix_all(
        &self,
        dir: &Path,
        manifest: &Manifest,
        file_id: RecordingFileId,
        length: &Length,
        progress: &(dyn Fn(f64) + Send + Sync),
    ) -> Result<Mix, MixError> {
        let Self {
            ffmpeg,
            config,
            pace,
        } = self;
        let mut work = Work::begin(dir, ffmpeg, config, *pace, progress).await?;
        let heard = manifest.tracks.iter().enumerate();
        let heard = heard.filter(|(_, track)| voices::is_heard(track));
        let mut mixing = Mixing {
            manifest,
            ffmpeg,
            config,
            people: people::people(manifest),
            heard: heard.map(|(index, _)| index).collect(),
            left_out: BTreeSet::new(),
        };
        let turns = mixing.turns(&mut work).await?;
        let scenes = scenes::scenes(&mixing.people, &turns, length.0, config);
        let clips = Clips::of(&scenes, config.fps);
        work.expect(
            clips
                .iter()
                .map(|clip| Amount::ClipFrames(clip.to - clip.from)),
        );
        if !clips.is_empty() {
            let frames = scenes::frame_at(length.0, config.fps);
            work.expect([Amount::SceneFrames(frames)]);
        }
        work.expect(mixing.voice_steps(length).iter().map(|step| step.amount));
        work.expect([length.amount()]);

        let made = mixing.clips(&clips, &mut work).await?;
        let parts = if made.is_empty() {
            Vec::new()
        } else {
            mixing.scenes(&scenes, &clips, &made, &mut work).await?
        };
        let voices = mixing.voices(length, &mut work).await?;
        if parts.is_empty() && voices.is_none() {
            work.clear().await;
            return Err(MixError::NothingToMix);
        }
        mixing
            .join(file_id, &parts, voices.as_deref(), length, work)
            .await
    }
}

/// A mix in the making.
struct Mixing<'a> {
    manifest: &'a Manifest,
    ffmpeg: &'a Ffmpeg,
    config: &'a MixConfig,
    people: Vec<Person>,
    /// Tracks with sound that can be decoded, as far as is known, by their places in the manifest.
    heard: Vec<usize>,
    /// Tracks that cannot be decoded, likewise.
    left_out: BTreeSet<usize>,
}

impl Mixing<'_> {
    fn leave_out(&mut self, index: usize) {
        let Some(track) = self.manifest.tracks.get(index) else {
            return;
        };
        self.heard.retain(|heard| *heard != index);
        if self.left_out.insert(index) {
            let recording = &self.manifest.recording_id;
            tracing::warn!(%recording, file = %track.file_id, "a track cannot be decoded and is left out of the mix");
        }
    }

    /// Who speaks when, where that decides on what is to be seen.
    async fn turns(&mut self, work: &mut Work<'_>) -> Result<Vec<Turn>, MixError> {
        if self.config.layout != Layout::Speaker {
            return Ok(Vec::new());
        }
        let microphones = self.people.iter().enumerate();
        let microphones: Vec<(usize, usize)> = microphones
            .flat_map(|(person, told)| told.voices.iter().map(move |index| (person, *index)))
            .collect();
        let mut voices = Vec::new();
        for (person, index) in microphones {
            let Some(track) = self.manifest.tracks.get(index) else {
                continue;
            };
            let step = speech::step(index, track, self.ffmpeg);
            match work.done(&step).await {
                Ok(()) => {
                    let text = work.read(&step).await?;
                    voices.push((person, speech::loudness(&text, track.offset_ms)));
                }
                Err(MixError::Failed { .. } | MixError::TookTooLong { .. }) => {
                    self.leave_out(index);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(speech::turns(&voices))
    }

    fn voice_steps(&self, length: &Length) -> Vec<Step> {
        let parts = voices::parts(self.manifest, &self.heard, length);
        voices::steps(self.manifest, &parts, length, self.ffmpeg)
    }

    /// Mixes the voices. The file, if anything is to be heard.
    async fn voices(
        &mut self,
        length: &Length,
        work: &mut Work<'_>,
    ) -> Result<Option<String>, MixError> {
        'anew: loop {
            let steps = self.voice_steps(length);
            for step in &steps {
                match work.done(step).await {
                    Ok(()) => {}
                    // One that cannot be decoded spoils it for all: without it, once more.
                    Err(error @ MixError::Failed { .. }) => {
                        if self.leave_out_unheard(work).await? {
                            continue 'anew;
                        }
                        return Err(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            return Ok(steps.last().map(Step::path));
        }
    }

    /// Leaves out the tracks whose sound cannot be decoded. Whether there are any.
    async fn leave_out_unheard(&mut self, work: &mut Work<'_>) -> Result<bool, MixError> {
        let mut any = false;
        for index in self.heard.clone() {
            let Some(track) = self.manifest.tracks.get(index) else {
                continue;
            };
            if !work.can_be_heard(&clip::input(track)).await? {
                self.leave_out(index);
                any = true;
            }
        }
        Ok(any)
    }

    /// Makes the clips. The file of each that there is, by its track and first frame.
    async fn clips(
        &mut self,
        clips: &Clips,
        work: &mut Work<'_>,
    ) -> Result<BTreeMap<(usize, u64), String>, MixError> {
        let mut made = BTreeMap::new();
        let mut endless = BTreeSet::new();
        for clip in clips.iter() {
            if endless.contains(&clip.track) {
                continue;
            }
            let Some(step) = clip.step(self.manifest, self.ffmpeg, self.config) else {
                continue;
            };
            match work.done(&step).await {
                Ok(()) => {
                    made.insert((clip.track, clip.from), step.path());
                }
                Err(MixError::Failed { status, said, .. }) => {
                    tracing::warn!(
                        track = clip.track,
                        status,
                        said,
                        "a picture cannot be decoded"
                    );
                    self.leave_out(clip.track);
                }
                // Nor is there time for the rest of it.
                Err(MixError::TookTooLong { .. }) => {
                    self.leave_out(clip.track);
                    endless.insert(clip.track);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(made)
    }

    async fn scenes(
        &self,
        scenes: &[Scene],
        clips: &Clips,
        made: &BTreeMap<(usize, u64), String>,
        work: &mut Work<'_>,
    ) -> Result<Vec<Part>, MixError> {
        if self.ffmpeg.writes_text() {
            for (index, person) in self.people.iter().enumerate() {
                let name = compose::shown_name(&person.name);
                let initials = compose::initials(&person.name);
                work.write(&compose::name_file(index), &name).await?;
                work.write(&compose::initials_file(index), &initials)
                    .await?;
            }
        }
        let mut parts = Vec::with_capacity(scenes.len());
        let file = |track, from| made.get(&(track, from)).cloned();
        for scene in scenes {
            let step = scene.step(clips, file, self.ffmpeg, self.config);
            work.done(&step).await?;
            parts.push(Part {
                frames: scene.to - scene.from,
                file: step.file,
            });
        }
        Ok(parts)
    }

    async fn join(
        &self,
        file_id: RecordingFileId,
        parts: &[Part],
        voices: Option<&str>,
        length: &Length,
        work: Work<'_>,
    ) -> Result<Mix, MixError> {
        let pictures = !parts.is_empty();
        if pictures {
            let list = join::list(parts, self.config.fps);
            work.write(&format!("{FOLDER}/{}", join::LIST), &list)
                .await?;
        }
        let (container, content_type) = self.ffmpeg.format().file(pictures);
        let name = FileName::Media(file_id, container).to_string();
        let args = |into: &str| join::args(pictures, voices, into, self.ffmpeg);
        let (path, bytes) = work.finish(&name, args, length.amount()).await?;
        let left_out = self
            .left_out
            .iter()
            .filter_map(|index| self.manifest.tracks.get(*index));
        Ok(Mix {
            file_id,
            path,
            content_type,
            bytes,
            duration: Duration::from_millis(length.0),
            size: pictures.then_some((self.config.width, self.config.height)),
            left_out: left_out.map(|track| track.file_id).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use uuid::Uuid;

    use super::*;
    use crate::Source;
    use crate::mix::example::{gap, manifest, media, track};

    /// An ffmpeg that makes something at once, but never gets done with one file.
    const SCRIPT: &str = r#"#!/bin/sh
case "$*" in
*-version*) echo 'ffmpeg version 9.9'; exit;;
*-encoders*) printf ' ------\n V libx264 x\n A aac x\n'; exit;;
*-progress*) ;;
*) exit 1;;
esac
echo "$*" >> "$0.asked"
case "$*" in *ENDLESS*) exec sleep 1000;; esac
for last; do :; done
case "$last" in
pipe:1) echo made;;
*) echo made > "$last";;
esac
printf 'frame=1\nprogress=end\n' >&2
"#;

    /// A minute of ann; of bob two seconds, with a long pause between them, that take for ever.
    struct Call {
        bin: tempfile::TempDir,
        dir: tempfile::TempDir,
        manifest: Manifest,
    }

    impl Call {
        fn new() -> Self {
            let mut endless = track("bob", Source::Video, 1_000, 41_000);
            endless.gaps = vec![gap(1_000, 40_000)];
            let script = SCRIPT.replace("ENDLESS", &endless.file);
            let mut manifest = manifest(
                60_000,
                vec![track("ann", Source::Video, 0, 60_000), endless],
            );
            manifest.events = vec![media(0, "ann", true, false), media(0, "bob", true, false)];
            let bin = tempfile::tempdir().unwrap();
            let program = bin.path().join("ffmpeg");
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
            Self {
                bin,
                dir: tempfile::tempdir().unwrap(),
                manifest,
            }
        }

        async fn mix(&self, pace: Pace) -> Result<Mix, MixError> {
            let mixer = Mixer {
                ffmpeg: Ffmpeg::find(&self.bin.path().join("ffmpeg")).unwrap(),
                config: MixConfig::default(),
                pace,
            };
            let id = RecordingFileId::new(Uuid::from_u128(9));
            mixer
                .mix(self.dir.path(), &self.manifest, id, &|_| {})
                .await
        }

        /// How often the endless file was begun with.
        fn begun(&self) -> usize {
            let asked = std::fs::read_to_string(self.bin.path().join("ffmpeg.asked")).unwrap();
            let endless = &self.manifest.tracks[1].file;
            asked.lines().filter(|line| line.contains(endless)).count()
        }
    }

    #[tokio::test]
    async fn a_track_that_takes_for_ever_is_left_out() {
        let call = Call::new();
        // Of bob there is so little that he is given up soon; the others may take longer than they do.
        let pace = Pace {
            step: Duration::ZERO,
            step_each: Duration::from_millis(40),
            ..Pace::default()
        };
        let mix = call.mix(pace).await.unwrap();
        assert_eq!(mix.left_out, [call.manifest.tracks[1].file_id]);
        assert_eq!(call.begun(), 1, "nor is the rest of it tried");
        assert_eq!(std::fs::read(mix.path).unwrap(), b"made\n");
    }

    #[tokio::test]
    async fn a_mix_that_takes_too_long_makes_way_for_others() {
        let call = Call::new();
        let pace = Pace {
            mix: Duration::from_millis(50),
            mix_each: Duration::ZERO,
            ..Pace::default()
        };
        let error = call.mix(pace).await.unwrap_err();
        assert!(matches!(error, MixError::TookTooLong { .. }), "{error}");
    }
}
