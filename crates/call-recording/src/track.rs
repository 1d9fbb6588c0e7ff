//! What one participant sends from one source in one encoding, and the file it goes into.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use crate::disk::Disk;
use crate::journal::TrackLine;
use crate::webm::{Closed, MAX_FRAME, WebmFile, close_left};
use crate::{EncodedFrame, ManifestTrack, codec};

/// A frame that is late by no more is moved behind the one before it; one that is later is left out.
const JITTER_MS: u64 = 100;

/// A track that has a file.
#[derive(Debug)]
pub(crate) struct Track {
    line: TrackLine,
    file: WebmFile,
    /// Nothing can be decoded before the next key frame.
    needs_key: bool,
    /// When it last got a frame.
    used_ms: u64,
}

/// What is to be written of a frame.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// From the recording's beginning.
    pub(crate) at_ms: u64,
    pub(crate) is_key: bool,
    pub(crate) after_gap: bool,
    /// As the file keeps it.
    pub(crate) data: Bytes,
}

impl Arrival {
    /// A frame as a track takes it; `None` for what is none.
    pub(crate) fn of(codec: crate::Codec, frame: EncodedFrame, at_ms: u64) -> Option<Self> {
        let EncodedFrame {
            key,
            after_gap,
            data,
            ..
        } = frame;
        let data = codec::stored(codec, data);
        let is_frame = !data.is_empty() && data.len() <= MAX_FRAME;
        is_frame.then_some(Self {
            at_ms,
            is_key: key || codec.is_audio(),
            after_gap,
            data,
        })
    }
}

impl Track {
    /// Makes a file that begins with this frame; `None` if it cannot begin with it. The journal must know of it already.
    pub(crate) fn begin(
        disk: &dyn Disk,
        folder: &Path,
        line: TrackLine,
        beginning: &codec::Beginning,
        started_at: SystemTime,
    ) -> io::Result<Option<Self>> {
        let medium = disk.create(&path(folder, &line))?;
        let date = started_at + Duration::from_millis(line.offset_ms);
        let uid = line.file_id.as_uuid().as_u64_pair().0 >> 8;
        let file = WebmFile::new(medium, line.codec, beginning, date, uid);
        let used_ms = line.offset_ms;
        Ok(file.map(|file| Self {
            line,
            file,
            needs_key: true,
            used_ms,
        }))
    }

    /// Goes on with a file that was left; `None` if there is nothing in it.
    pub(crate) fn resume(
        disk: &dyn Disk,
        folder: &Path,
        line: &TrackLine,
    ) -> io::Result<Option<Self>> {
        let medium = match disk.open(&path(folder, line)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let file = WebmFile::resumed(medium)?.filter(|file| file.codec() == line.codec);
        let line = line.clone();
        Ok(file.map(|file| Self {
            line,
            file,
            needs_key: true,
            used_ms: 0,
        }))
    }

    /// What the journal says of it.
    pub(crate) fn line(&self) -> &TrackLine {
        &self.line
    }

    /// When its last frame began, from the recording's beginning.
    pub(crate) fn last_ms(&self) -> Option<u64> {
        self.file.last_ms().map(|last| self.line.offset_ms + last)
    }

    /// Waits for a key frame: something else was sent meanwhile.
    pub(crate) fn await_key(&mut self) {
        self.needs_key = true;
    }

    /// Writes a frame, unless it cannot be decoded or comes much too late.
    pub(crate) fn write(&mut self, frame: &Arrival) -> io::Result<()> {
        let is_audio = self.line.codec.is_audio();
        self.needs_key = (self.needs_key || frame.after_gap) && !is_audio;
        if self.needs_key && !frame.is_key {
            return Ok(());
        }
        let mut at_ms = frame.at_ms.saturating_sub(self.line.offset_ms);
        if let Some(last) = self.file.last_ms()
            && at_ms <= last
        {
            if last - at_ms > JITTER_MS {
                self.needs_key = !is_audio;
                return Ok(());
            }
            at_ms = last + 1;
        }
        self.needs_key = false;
        self.used_ms = frame.at_ms;
        self.file.add(at_ms, frame.is_key, &frame.data)
    }

    /// Hands to the system what was written.
    pub(crate) fn flush(&mut self, now_ms: u64) -> io::Result<()> {
        /// People who have left need no open file.
        const IDLE_MS: u64 = 60_000;
        self.file.flush()?;
        if now_ms.saturating_sub(self.used_ms) > IDLE_MS {
            self.file.sync()?;
            self.file.rest();
        }
        Ok(())
    }

    /// Returns when what was flushed would survive a power failure.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    /// Closes its file; `None` if there is nothing in it.
    pub(crate) fn close(self) -> io::Result<Option<Closed>> {
        self.file.close()
    }
}

/// Where the file of a track lies.
pub(crate) fn path(folder: &Path, line: &TrackLine) -> PathBuf {
    folder.join(line.codec.file_name(line.file_id))
}

/// Closes the file of a track that was left, closed or not; `None` if there is nothing in it.
pub(crate) fn close_file(
    disk: &dyn Disk,
    folder: &Path,
    line: &TrackLine,
) -> io::Result<Option<Closed>> {
    match disk.open(&path(folder, line)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => close_left(opened?),
    }
}

/// What the manifest says of a track.
pub(crate) fn described(line: TrackLine, closed: Closed, clean: bool) -> ManifestTrack {
    let TrackLine {
        file_id,
        user_id,
        source,
        codec,
        offset_ms,
    } = line;
    ManifestTrack {
        file_id,
        file: codec.file_name(file_id),
        user_id,
        source,
        codec,
        content_type: codec.content_type().to_owned(),
        offset_ms,
        duration_ms: closed.duration_ms,
        bytes: closed.bytes,
        width: closed.size.map(|size| size.0),
        height: closed.size.map(|size| size.1),
        frames: closed.frames,
        gaps: closed.gaps,
        clean,
    }
}
