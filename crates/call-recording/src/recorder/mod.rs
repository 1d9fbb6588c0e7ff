//! One recording while it runs.

mod finish;
mod info;
mod lane;
mod reserve;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use call_domain::{RecordingFault, RecordingFileId, UserId};

pub use finish::{Finished, RecordedFile, finish_abandoned};
pub use info::{Limits, RecordingInfo};

use crate::disk::{self, Disk, System};
use crate::journal::Journal;
use crate::manifest::MANIFEST_FILE;
use crate::track::{Arrival, close_file};
use crate::{Codec, Consent, EncodedFrame, Event, Source};
use finish::Ending;
use lane::{Lane, LaneError, Place, Surroundings};

/// A source whose time goes back by more has got it from a clock that was set back, not from the network.
const CLOCK_STEP_MS: u64 = 2_000;

/// No recording lasts longer, and no frame is later.
const MAX_AT: Duration = Duration::from_hours(366 * 24);

/// Nobody needs more files; who makes so many wants to harm.
const MAX_TRACKS: usize = 4096;

/// Writes the files of one recording into a folder of its own. It blocks on the disk: give it a thread that may wait.
///
/// Dropped without [`Self::finish`], as when a server is restarted, it leaves everything that was written, and [`Self::open`] goes
/// on with it.
#[derive(Debug)]
pub struct Recorder {
    disk: Box<dyn Disk>,
    folder: PathBuf,
    info: RecordingInfo,
    limits: Limits,
    journal: Journal,
    lanes: HashMap<(UserId, Source), Lane>,
    failed: Option<RecordingFault>,
    /// It goes on after a crash or a restart, which is not noted yet for want of the time.
    is_resumed: bool,
    /// How much the clock was set back meanwhile.
    shift_ms: u64,
    room_checked_ms: Option<u64>,
    synced_ms: u64,
}

impl Recorder {
    /// Begins a recording in a new folder, or goes on with the one that a crash or a restart has left in it.
    ///
    /// # Errors
    ///
    /// [`RecordingFault::DiskFull`] when there is too little room, [`RecordingFault::WriteFailed`] when the folder cannot be
    /// written or is another recording's.
    pub fn open(dir: &Path, info: RecordingInfo, limits: Limits) -> Result<Self, RecordingFault> {
        Self::open_on(Box::new(System), dir, info, limits)
    }

    fn open_on(
        disk: Box<dyn Disk>,
        dir: &Path,
        info: RecordingInfo,
        limits: Limits,
    ) -> Result<Self, RecordingFault> {
        let manifest = random_file_id()?;
        let opened = || -> io::Result<(Journal, bool)> {
            disk::make_folder(dir)?;
            let RecordingInfo {
                recording_id,
                call_id,
                mode,
                started_at,
            } = info;
            let opened = if let Some(mut journal) = Journal::resume(&*disk, dir)? {
                match journal.record().recording {
                    Some((known, _)) if known != recording_id => {
                        return Err(io::Error::other(format!("it is that of recording {known}")));
                    }
                    Some(_) => {}
                    None => journal.begin(recording_id, call_id, mode, started_at, manifest)?,
                }
                // It goes on, so it is not finished.
                disk::remove(&dir.join(MANIFEST_FILE))?;
                (journal, true)
            } else {
                let journal = Journal::create(
                    &*disk,
                    dir,
                    recording_id,
                    call_id,
                    mode,
                    started_at,
                    manifest,
                )?;
                (journal, false)
            };
            reserve::take(&*disk, dir)?;
            disk::sync_folder(dir)?;
            Ok(opened)
        };
        let (journal, is_resumed) = opened().map_err(|error| {
            tracing::error!(folder = %dir.display(), %error, "the folder of a recording cannot be used");
            fault_of(&error)
        })?;
        let mut lanes: HashMap<_, Lane> = HashMap::new();
        for line in &journal.record().tracks {
            lanes
                .entry((line.user_id.clone(), line.source))
                .or_default()
                .left(line.clone());
        }
        let mut recorder = Self {
            disk,
            folder: dir.to_owned(),
            info,
            limits,
            journal,
            lanes,
            failed: None,
            is_resumed,
            shift_ms: 0,
            room_checked_ms: None,
            synced_ms: 0,
        };
        recorder.check_room(0)?;
        Ok(recorder)
    }

    /// Which recording.
    pub fn info(&self) -> &RecordingInfo {
        &self.info
    }

    /// Writes a frame; those of one source in the order of decoding. What cannot be decoded, for want of a key frame, is left out:
    /// say `after_gap` also of the first frame of a new stream.
    ///
    /// # Errors
    ///
    /// Once it has failed it stays so: finish it. What was written until then is kept.
    pub fn frame(
        &mut self,
        user: &UserId,
        source: Source,
        codec: Codec,
        frame: EncodedFrame,
    ) -> Result<(), RecordingFault> {
        if frame.at > MAX_AT {
            return self.ready();
        }
        let at_ms = self.begin_step(frame.at)?;
        let Some(mut arrival) = Arrival::of(codec, frame, at_ms) else {
            return Ok(());
        };
        let has_room = self.journal.record().tracks.len() < MAX_TRACKS;
        let lane = self.lanes.entry((user.clone(), source)).or_default();
        if !has_room && !lane.has(codec) {
            return Ok(());
        }
        let mut around = Surroundings {
            disk: &*self.disk,
            folder: &self.folder,
            journal: &mut self.journal,
            started_at: self.info.started_at,
        };
        let written = lane
            .track(user, source, codec, &arrival, &mut around)
            .and_then(|track| {
                let Some(track) = track else { return Ok(()) };
                if let Some(last) = track.last_ms()
                    && at_ms + CLOCK_STEP_MS < last
                {
                    self.shift_ms += last - at_ms;
                    arrival.at_ms = last;
                }
                Ok(track.write(&arrival)?)
            });
        written.map_err(|error| match error {
            LaneError::Io(error) => self.fail(at_ms, "a frame cannot be written", &error),
            LaneError::Fault(fault) => fault,
        })
    }

    /// Notes what happened in the call.
    ///
    /// # Errors
    ///
    /// As with [`Self::frame`].
    pub fn event(&mut self, at: Duration, event: Event) -> Result<(), RecordingFault> {
        let at_ms = self.begin_step(at)?;
        let noted = self.journal.event(at_ms, event);
        noted.map_err(|error| self.fail(at_ms, "an event cannot be noted", &error))
    }

    /// Notes somebody in the call, or what has changed about them. To be said of everybody, however often.
    ///
    /// # Errors
    ///
    /// As with [`Self::frame`].
    pub fn person(
        &mut self,
        user: &UserId,
        name: Option<&str>,
        consent: Option<Consent>,
    ) -> Result<(), RecordingFault> {
        self.ready()?;
        let noted = self.journal.person(user, name, consent);
        noted.map_err(|error| self.fail(0, "a participant cannot be noted", &error))
    }

    /// Notes that something is missing, and why. The first fault is the cause in the manifest. The recording goes on.
    pub fn fault(&mut self, at: Duration, fault: RecordingFault) {
        if let Err(error) = self.journal.fault(milliseconds(at), fault) {
            tracing::warn!(folder = %self.folder.display(), %error, "the journal of a recording cannot be written");
        }
    }

    /// Hands to the system what was written: from then on a crash takes none of it. Looks for room on the disk, too. To be called
    /// about once a second.
    ///
    /// # Errors
    ///
    /// As with [`Self::frame`].
    pub fn flush(&mut self, now: Duration) -> Result<(), RecordingFault> {
        let now_ms = self.begin_step(now)?;
        let every = self.limits.sync_every.map(milliseconds);
        // Whichever way: a clock that was set back is no reason to wait.
        let is_due = every.is_some_and(|every| now_ms.abs_diff(self.synced_ms) >= every);
        let mut flushed = || -> io::Result<()> {
            for track in self.lanes.values_mut().flat_map(Lane::open) {
                track.flush(now_ms)?;
                if is_due {
                    track.sync()?;
                }
            }
            if is_due { self.journal.sync() } else { Ok(()) }
        };
        flushed()
            .map_err(|error| self.fail(now_ms, "what was recorded cannot be written", &error))?;
        if is_due {
            self.synced_ms = now_ms;
        }
        self.check_room(now_ms)
    }

    /// Closes the files and writes the manifest.
    ///
    /// # Errors
    ///
    /// Only when not even a manifest can be written: try [`finish_abandoned`] when there is room. What went wrong before is in the
    /// manifest, and what was written until then is in the files.
    pub fn finish(mut self, at: Duration) -> Result<Finished, RecordingFault> {
        let at_ms = milliseconds(at).saturating_add(self.shift_ms);
        self.note_restart(at_ms);
        reserve::free(&self.folder);
        let first_whole = self.journal.record().interrupted_tracks;
        let order: HashMap<RecordingFileId, usize> = self
            .journal
            .record()
            .tracks
            .iter()
            .enumerate()
            .map(|(n, line)| (line.file_id, n))
            .collect();
        let mut ending = Ending::new(&*self.disk, &self.folder);
        let lanes = std::mem::take(&mut self.lanes);
        for place in lanes.into_values().flat_map(Lane::into_places) {
            let line = place.line().clone();
            let clean = order.get(&line.file_id).is_some_and(|n| *n >= first_whole);
            let closed = match place {
                Place::Left(line) => close_file(&*self.disk, &self.folder, &line),
                Place::Open(track) => track.close(),
            };
            ending.track(line, closed, clean);
        }
        if let Err(error) = self.journal.stopped(at_ms) {
            tracing::warn!(folder = %self.folder.display(), %error, "the journal of a recording cannot be written");
        }
        let record = self.journal.record().clone();
        ending.conclude(&self.info, record, Some(at_ms))
    }

    /// The time of a step on the recording's clock, which never goes far back.
    fn begin_step(&mut self, at: Duration) -> Result<u64, RecordingFault> {
        self.ready()?;
        let at_ms = milliseconds(at.min(MAX_AT)).saturating_add(self.shift_ms);
        self.note_restart(at_ms);
        Ok(at_ms)
    }

    fn ready(&self) -> Result<(), RecordingFault> {
        self.failed.map_or(Ok(()), Err)
    }

    fn note_restart(&mut self, at_ms: u64) {
        if !std::mem::take(&mut self.is_resumed) {
            return;
        }
        let event = self.journal.event(at_ms, Event::RecorderRestarted);
        let noted = event.and_then(|()| self.journal.fault(at_ms, RecordingFault::Interrupted));
        if let Err(error) = noted {
            tracing::warn!(folder = %self.folder.display(), %error, "the journal of a recording cannot be written");
        }
    }

    /// Looks for room on the disk, about once a second.
    fn check_room(&mut self, now_ms: u64) -> Result<(), RecordingFault> {
        const EVERY_MS: u64 = 900;
        if self
            .room_checked_ms
            .is_some_and(|last| now_ms.abs_diff(last) < EVERY_MS)
        {
            return Ok(());
        }
        self.room_checked_ms = Some(now_ms);
        match self.disk.free(&self.folder) {
            Ok(free) if free < self.limits.min_free_bytes => {
                let least = self.limits.min_free_bytes;
                let text = format!("{free} bytes are free, and {least} are to stay so");
                let error = io::Error::new(io::ErrorKind::StorageFull, text);
                Err(self.fail(now_ms, "there is no room for more", &error))
            }
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::warn!(folder = %self.folder.display(), %error, "cannot tell how much room is left for recordings");
                Ok(())
            }
        }
    }

    fn fail(&mut self, at_ms: u64, what: &'static str, error: &io::Error) -> RecordingFault {
        let fault = fault_of(error);
        tracing::error!(folder = %self.folder.display(), %error, "a recording stops: {what}");
        self.failed = Some(fault);
        // The line needs the room that was kept, and the first frames after the end do not.
        reserve::free(&self.folder);
        self.fault(Duration::from_millis(at_ms), fault);
        fault
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.failed.is_some() {
            return;
        }
        for track in self.lanes.values_mut().flat_map(Lane::open) {
            if let Err(error) = track.flush(0) {
                tracing::error!(folder = %self.folder.display(), %error, "the last second of a recording is lost");
            }
        }
    }
}

fn milliseconds(at: Duration) -> u64 {
    u64::try_from(at.as_millis()).unwrap_or(u64::MAX)
}

/// A name for a new file, from the system's random numbers.
fn random_file_id() -> Result<RecordingFileId, RecordingFault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system gives no random numbers, so a recording cannot name its files");
        RecordingFault::WriteFailed
    })?;
    Ok(RecordingFileId::new(
        uuid::Builder::from_random_bytes(bytes).into_uuid(),
    ))
}

fn fault_of(error: &io::Error) -> RecordingFault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RecordingFault::DiskFull,
        _ => RecordingFault::WriteFailed,
    }
}
