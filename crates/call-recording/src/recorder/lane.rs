//! What one participant sends from one source, whatever it is encoded with.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use call_domain::{RecordingFault, UserId};

use crate::disk::Disk;
use crate::journal::{Journal, TrackLine};
use crate::track::{Arrival, Track};
use crate::{Codec, Source, codec};

/// One file for each encoding that was ever used, and the encoding in use. Whoever returns to an encoding goes on in its file.
#[derive(Debug, Default)]
pub(super) struct Lane {
    codec: Option<Codec>,
    places: Vec<Place>,
}

/// A track.
#[derive(Debug)]
pub(super) enum Place {
    /// Left by a crash or a restart, and not looked at since.
    Left(TrackLine),
    /// In use.
    Open(Box<Track>),
}

/// What a lane needs from its recorder.
pub(super) struct Surroundings<'a> {
    pub(super) disk: &'a dyn Disk,
    pub(super) folder: &'a Path,
    pub(super) journal: &'a mut Journal,
    pub(super) started_at: SystemTime,
}

/// Why a lane could not go on.
#[derive(Debug)]
pub(super) enum LaneError {
    Io(io::Error),
    Fault(RecordingFault),
}

impl From<io::Error> for LaneError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Place {
    pub(super) fn line(&self) -> &TrackLine {
        match self {
            Self::Left(line) => line,
            Self::Open(track) => track.line(),
        }
    }
}

impl Lane {
    /// Adds a track that was left.
    pub(super) fn left(&mut self, line: TrackLine) {
        // An empty file was given up, and a later line took its place.
        self.places.retain(|place| place.line().codec != line.codec);
        self.places.push(Place::Left(line));
    }

    /// Whether there is a file for this encoding.
    pub(super) fn has(&self, codec: Codec) -> bool {
        self.places.iter().any(|place| place.line().codec == codec)
    }

    /// Its tracks.
    pub(super) fn into_places(self) -> Vec<Place> {
        self.places
    }

    /// Its open tracks.
    pub(super) fn open(&mut self) -> impl Iterator<Item = &mut Track> {
        self.places.iter_mut().filter_map(|place| match place {
            Place::Left(_) => None,
            Place::Open(track) => Some(&mut **track),
        })
    }

    /// The track for a frame, made if need be; `None` if the frame cannot begin one.
    pub(super) fn track(
        &mut self,
        user: &UserId,
        source: Source,
        codec: Codec,
        frame: &Arrival,
        around: &mut Surroundings<'_>,
    ) -> Result<Option<&mut Track>, LaneError> {
        let index = self
            .places
            .iter()
            .position(|place| place.line().codec == codec);
        let index = match index {
            Some(index) => self.opened(index, around)?,
            None => None,
        };
        let index = match index {
            Some(index) => index,
            None => match begun(user, source, codec, frame, around)? {
                Some(track) => {
                    self.places.push(Place::Open(Box::new(track)));
                    self.places.len() - 1
                }
                None => return Ok(None),
            },
        };
        let Some(Place::Open(track)) = self.places.get_mut(index) else {
            return Ok(None);
        };
        if self.codec != Some(codec) {
            self.codec = Some(codec);
            track.await_key();
        }
        Ok(Some(track))
    }

    /// Sees to it that a track is open; `None` if there was nothing in its file.
    fn opened(
        &mut self,
        index: usize,
        around: &Surroundings<'_>,
    ) -> Result<Option<usize>, LaneError> {
        let Some(Place::Left(line)) = self.places.get(index) else {
            return Ok(Some(index));
        };
        if let Some(track) = Track::resume(around.disk, around.folder, line)? {
            self.places[index] = Place::Open(Box::new(track));
            Ok(Some(index))
        } else {
            self.places.remove(index);
            Ok(None)
        }
    }
}

/// A new track that begins with this frame.
fn begun(
    user: &UserId,
    source: Source,
    codec: Codec,
    frame: &Arrival,
    around: &mut Surroundings<'_>,
) -> Result<Option<Track>, LaneError> {
    if !frame.is_key {
        return Ok(None);
    }
    let Some(beginning) = codec::beginning(codec, &frame.data) else {
        return Ok(None);
    };
    let line = TrackLine {
        file_id: super::random_file_id().map_err(LaneError::Fault)?,
        user_id: user.clone(),
        source,
        codec,
        offset_ms: frame.at_ms,
    };
    around.journal.track(line.clone())?;
    Ok(Track::begin(
        around.disk,
        around.folder,
        line,
        &beginning,
        around.started_at,
    )?)
}
