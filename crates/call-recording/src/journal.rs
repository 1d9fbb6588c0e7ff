//! What a crash must not take: whose files there are, and what happened. One JSON document a line, appended only.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use call_domain::{CallId, RecordingFault, RecordingFileId, RecordingId, RecordingMode, UserId};
use serde::{Deserialize, Serialize};

use crate::disk::{Disk, Medium};
use crate::event::{Event, TimedEvent};
use crate::{Codec, Consent, ManifestParticipant, Source, moment};

/// The name of a journal in the folder of its recording.
pub(crate) const JOURNAL_FILE: &str = "journal.jsonl";

/// A longer journal was not written here: the rest of it is not read.
const MAX_BYTES: usize = 64 << 20;

/// More events and people than that are not noted, so that no journal gets longer than it is read.
const MAX_NOTES: usize = 100_000;

/// A file of a recording, as its journal knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrackLine {
    pub(crate) file_id: RecordingFileId,
    pub(crate) user_id: UserId,
    pub(crate) source: Source,
    pub(crate) codec: Codec,
    pub(crate) offset_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(
    tag = "line",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum Line {
    Recording {
        /// Of the manifest that it is to have.
        file_id: RecordingFileId,
        recording_id: RecordingId,
        call_id: CallId,
        mode: RecordingMode,
        #[serde(with = "moment")]
        started_at: SystemTime,
    },
    Person(ManifestParticipant),
    Track(TrackLine),
    Event(TimedEvent),
    Fault {
        at_ms: u64,
        fault: RecordingFault,
    },
    Stopped {
        at_ms: u64,
    },
}

/// What a journal says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    /// Which recording, and the id of its manifest; `None` if its first line is lost.
    pub(crate) recording: Option<(RecordingId, RecordingFileId)>,
    pub(crate) people: Vec<ManifestParticipant>,
    pub(crate) tracks: Vec<TrackLine>,
    pub(crate) events: Vec<TimedEvent>,
    /// The first fault.
    pub(crate) cause: Option<RecordingFault>,
    pub(crate) stopped_ms: Option<u64>,
    /// How many of the tracks were begun before the recorder last came back from a crash or a restart.
    pub(crate) interrupted_tracks: usize,
    notes: usize,
}

impl Record {
    fn add(&mut self, line: Line) {
        match line {
            Line::Recording {
                file_id,
                recording_id,
                ..
            } => {
                self.recording.get_or_insert((recording_id, file_id));
            }
            Line::Person(person) => {
                self.notes += 1;
                match self
                    .people
                    .iter_mut()
                    .find(|known| known.user_id == person.user_id)
                {
                    Some(known) => *known = person,
                    None => self.people.push(person),
                }
            }
            Line::Track(track) => self.tracks.push(track),
            Line::Event(event) => {
                self.notes += 1;
                if event.event == Event::RecorderRestarted {
                    self.interrupted_tracks = self.tracks.len();
                }
                self.events.push(event);
            }
            Line::Fault { fault, .. } => {
                self.cause.get_or_insert(fault);
            }
            Line::Stopped { at_ms } => self.stopped_ms = Some(at_ms),
        }
    }

    /// From the text of a journal; also how much of it is whole lines. What is no line of a journal is passed over.
    fn read(text: &[u8]) -> (Self, usize) {
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut record = Self::default();
        let mut damaged = 0;
        for line in text[..whole]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            match serde_json::from_slice(line) {
                Ok(line) if record.notes < MAX_NOTES => record.add(line),
                Ok(Line::Person(_) | Line::Event(_)) => {}
                Ok(line) => record.add(line),
                Err(_) => damaged += 1,
            }
        }
        if damaged > 0 {
            tracing::warn!(
                lines = damaged,
                "lines of a recording's journal are damaged and passed over"
            );
        }
        (record, whole)
    }
}

/// The journal of a recording that goes on.
#[derive(Debug)]
pub(crate) struct Journal {
    medium: Box<dyn Medium>,
    length: u64,
    record: Record,
    is_synced: bool,
}

impl Journal {
    /// Begins one.
    pub(crate) fn create(
        disk: &dyn Disk,
        folder: &Path,
        recording_id: RecordingId,
        call_id: CallId,
        mode: RecordingMode,
        started_at: SystemTime,
        manifest: RecordingFileId,
    ) -> io::Result<Self> {
        let medium = disk.create(&folder.join(JOURNAL_FILE))?;
        let mut journal = Self {
            medium,
            length: 0,
            record: Record::default(),
            is_synced: false,
        };
        journal.begin(recording_id, call_id, mode, started_at, manifest)?;
        Ok(journal)
    }

    /// Goes on with the one in a folder, behind its last whole line; `None` if there is none.
    pub(crate) fn resume(disk: &dyn Disk, folder: &Path) -> io::Result<Option<Self>> {
        let mut medium = match disk.open(&folder.join(JOURNAL_FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let length = usize::try_from(medium.length()?).unwrap_or(MAX_BYTES);
        let mut text = vec![0; length.min(MAX_BYTES)];
        let read = medium.read_at(&mut text, 0)?;
        let (record, whole) = Record::read(&text[..read]);
        Ok(Some(Self {
            medium,
            length: whole as u64,
            record,
            is_synced: true,
        }))
    }

    /// The first line; once more if it was lost.
    pub(crate) fn begin(
        &mut self,
        recording_id: RecordingId,
        call_id: CallId,
        mode: RecordingMode,
        started_at: SystemTime,
        manifest: RecordingFileId,
    ) -> io::Result<()> {
        self.write(Line::Recording {
            file_id: manifest,
            recording_id,
            call_id,
            mode,
            started_at,
        })?;
        self.sync()
    }

    /// What it says.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// Takes what it says out of it.
    pub(crate) fn into_record(self) -> Record {
        self.record
    }

    /// Notes a file, before it is made: survives a power failure when this returns.
    pub(crate) fn track(&mut self, track: TrackLine) -> io::Result<()> {
        self.write(Line::Track(track))?;
        self.sync()
    }

    /// Notes an event, if there is room for more.
    pub(crate) fn event(&mut self, at_ms: u64, event: Event) -> io::Result<()> {
        self.note(Line::Event(TimedEvent { at_ms, event }))
    }

    /// Notes what is new about somebody, if there is room for more.
    pub(crate) fn person(
        &mut self,
        user_id: &UserId,
        name: Option<&str>,
        consent: Option<Consent>,
    ) -> io::Result<()> {
        let known = self
            .record
            .people
            .iter()
            .find(|known| known.user_id == *user_id);
        let name = name.or(known.and_then(|known| known.name.as_deref()));
        let is_news =
            known.is_none_or(|known| known.name.as_deref() != name || known.consent != consent);
        if is_news {
            let (user_id, name) = (user_id.clone(), name.map(str::to_owned));
            self.note(Line::Person(ManifestParticipant {
                user_id,
                name,
                consent,
            }))?;
        }
        Ok(())
    }

    /// Notes what went wrong. The first one counts.
    pub(crate) fn fault(&mut self, at_ms: u64, fault: RecordingFault) -> io::Result<()> {
        if self.record.cause.is_some() {
            return Ok(());
        }
        self.write(Line::Fault { at_ms, fault })
    }

    /// Notes the end.
    pub(crate) fn stopped(&mut self, at_ms: u64) -> io::Result<()> {
        self.write(Line::Stopped { at_ms })
    }

    /// Returns when all of it would survive a power failure.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.medium.sync()?;
            self.is_synced = true;
        }
        Ok(())
    }

    fn note(&mut self, line: Line) -> io::Result<()> {
        if self.record.notes < MAX_NOTES {
            self.write(line)
        } else {
            Ok(())
        }
    }

    /// What is said counts, even if it cannot be written: the manifest may still get through.
    fn write(&mut self, line: Line) -> io::Result<()> {
        let text = serde_json::to_vec(&line);
        self.record.add(line);
        let mut text = text?;
        text.push(b'\n');
        // Over what a write that failed has left of its line.
        self.medium.write_at(&text, self.length)?;
        self.length += text.len() as u64;
        self.is_synced = false;
        Ok(())
    }
}
