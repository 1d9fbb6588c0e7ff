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
use super::step::{Amount, FOLDER, Step};
use super::voices::{self, Length};
use super::work::Work;
use super::{Ffmpeg, MixError};
use crate::Manifest;
use crate::storage::FileName;

/// How the pictures are arranged. A shared screen takes the stage in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    /// All of the same size.
    #[default]
    Grid,
    /// Whoever speaks is large, the others beside.
    Speaker,
}

/// How mixes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixConfig {
    /// How the pictures are arranged.
    pub layout: Layout,
    /// In pixels, even, 160 to 3840.
    pub width: u16,
    /// In pixels, even, 90 to 2160.
    pub height: u16,
    /// Pictures in a second, 5 to 60.
    pub fps: u8,
    /// Threads of an encoder or decoder, and so about how many processors ffmpeg keeps busy. At least 1.
    pub threads: u8,
    /// How far ffmpeg stands back behind the server: 0 to 19, see nice(1).
    pub nice: u8,
    /// A mix ends before less than this is free on the disk, in bytes: what else is written there has it. 0: it takes what there is.
    pub min_free_bytes: u64,
}

impl Default for MixConfig {
    fn default() -> Self {
        Self {
            layout: Layout::Grid,
            width: 1280,
            height: 720,
            fps: 25,
            threads: 1,
            nice: 10,
            min_free_bytes: 0,
        }
    }
}

impl MixConfig {
    fn within_ranges(self) -> Self {
        Self {
            layout: self.layout,
            width: self.width.clamp(160, 3840) & !1,
            height: self.height.clamp(90, 2160) & !1,
            fps: self.fps.clamp(5, 60),
            threads: self.threads.max(1),
            nice: self.nice.min(19),
            min_free_bytes: self.min_free_bytes,
        }
    }
}

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
}

impl Mixer {
    /// What does not fit [`MixConfig`]'s ranges is brought into them.
    pub fn new(ffmpeg: Ffmpeg, config: MixConfig) -> Self {
        Self {
            ffmpeg,
            config: config.within_ranges(),
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
    /// When there is no mix; what went before is kept. A track that cannot be decoded is no error but
    /// [left out](Mix::left_out).
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
        let mut work = Work::begin(dir, &self.ffmpeg, &self.config, progress).await?;
        let heard = manifest.tracks.iter().enumerate();
        let heard = heard.filter(|(_, track)| voices::is_heard(track));
        let mut mixing = Mixing {
            manifest,
            ffmpeg: &self.ffmpeg,
            config: &self.config,
            people: people::people(manifest),
            heard: heard.map(|(index, _)| index).collect(),
            left_out: BTreeSet::new(),
        };
        let turns = mixing.turns(&mut work).await?;
        let scenes = scenes::scenes(&mixing.people, &turns, length.0, &self.config);
        let clips = Clips::of(&scenes, self.config.fps);
        work.expect(
            clips
                .iter()
                .map(|clip| Amount::ClipFrames(clip.to - clip.from)),
        );
        if !clips.is_empty() {
            let frames = scenes::frame_at(length.0, self.config.fps);
            work.expect([Amount::SceneFrames(frames)]);
        }
        work.expect(mixing.voice_steps(&length).iter().map(|step| step.amount));
        work.expect([length.amount()]);

        let made = mixing.clips(&clips, &mut work).await?;
        let parts = if made.is_empty() {
            Vec::new()
        } else {
            mixing.scenes(&scenes, &clips, &made, &mut work).await?
        };
        let voices = mixing.voices(&length, &mut work).await?;
        if parts.is_empty() && voices.is_none() {
            work.clear().await;
            return Err(MixError::NothingToMix);
        }
        mixing
            .join(file_id, &parts, voices.as_deref(), &length, work)
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
                Err(MixError::Failed { .. }) => self.leave_out(index),
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
        for clip in clips.iter() {
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
