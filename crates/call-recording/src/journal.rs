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

/// Up to this length it is noted who turns what on and off: some hundred thousand times.
const ROOM_FOR_MEDIA: u64 = 16 << 20;

/// Up to this one, who comes and goes.
const ROOM_FOR_PRESENCE: u64 = 32 << 20;

/// And up to this one, who people are and what they answered. What is left is for the tracks and the end.
const ROOM_FOR_PEOPLE: u64 = 56 << 20;

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

    /// Notes an event, if there is room for more of its kind.
    pub(crate) fn event(&mut self, at_ms: u64, event: Event) -> io::Result<()> {
        let room = match event {
            Event::MediaChanged { .. } => ROOM_FOR_MEDIA,
            Event::ParticipantJoined { .. } | Event::ParticipantLeft { .. } => ROOM_FOR_PRESENCE,
            Event::Consent { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingStopped { .. }
            | Event::RecorderRestarted => ROOM_FOR_PEOPLE,
        };
        if self.length < room {
            self.write(Line::Event(TimedEvent { at_ms, event }))
        } else {
            Ok(())
        }
    }

    /// Notes what is new about somebody. Where there is no more room for it in the file, it is known until the process ends.
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
            let person = Line::Person(ManifestParticipant {
                user_id,
                name,
                consent,
            });
            if self.length < ROOM_FOR_PEOPLE {
                self.write(person)?;
            } else {
                self.record.add(person);
            }
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

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::disk::System;

    fn begun(folder: &Path) -> Journal {
        let recording: RecordingId = "01900000-0000-7000-8000-0000000000bb".parse().unwrap();
        let call: CallId = "01900000-0000-7000-8000-000000000001".parse().unwrap();
        let mode = RecordingMode::Tracks;
        let manifest = "3008a668-f215-466a-9e59-6d5b3c03a13b".parse().unwrap();
        Journal::create(&System, folder, recording, call, mode, UNIX_EPOCH, manifest).unwrap()
    }

    fn user(id: &str) -> UserId {
        id.parse().unwrap()
    }

    fn media(of: &str, audio: bool) -> Event {
        Event::MediaChanged {
            user_id: user(of),
            audio,
            video: false,
            screen: false,
        }
    }

    fn consent(of: &str, given: bool) -> Event {
        Event::Consent {
            user_id: user(of),
            given,
        }
    }

    #[test]
    fn nobody_takes_the_room_for_what_people_answer() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = begun(folder.path());
        let (alice, bob) = (user("alice"), user("bob"));
        journal.person(&alice, None, Some(Consent::Given)).unwrap();
        let mut toggles = 0u64;
        while journal.length < ROOM_FOR_MEDIA {
            journal
                .event(toggles, media("bob", toggles & 1 == 0))
                .unwrap();
            toggles += 1;
        }
        assert!(toggles > 100_000, "{toggles}");
        for _ in 0..1_000 {
            journal.event(toggles, media("bob", false)).unwrap();
        }
        let left = Event::ParticipantLeft { user_id: bob };
        journal.event(toggles, left.clone()).unwrap();
        journal.event(toggles, consent("alice", false)).unwrap();
        journal
            .person(&alice, None, Some(Consent::Refused))
            .unwrap();
        journal.stopped(toggles).unwrap();
        drop(journal);

        let journal = Journal::resume(&System, folder.path()).unwrap().unwrap();
        let record = journal.record();
        let last: Vec<_> = record.events.iter().rev().take(2).collect();
        assert_eq!(
            (&last[0].event, &last[1].event),
            (&consent("alice", false), &left)
        );
        assert_eq!(record.events.len() as u64, toggles + 2);
        assert_eq!(record.people[0].consent, Some(Consent::Refused));
        assert_eq!(record.stopped_ms, Some(toggles));
    }

    #[test]
    fn a_journal_that_is_full_still_knows_the_last_answer_and_takes_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = begun(folder.path());
        let alice = user("alice");
        journal.person(&alice, None, Some(Consent::Given)).unwrap();
        journal.length = ROOM_FOR_PEOPLE;
        for given in [false, true, false] {
            let state = if given {
                Consent::Given
            } else {
                Consent::Refused
            };
            journal.event(1, consent("alice", given)).unwrap();
            journal.person(&alice, None, Some(state)).unwrap();
        }
        assert_eq!(journal.length, ROOM_FOR_PEOPLE);
        assert_eq!(journal.record().people[0].consent, Some(Consent::Refused));
        journal.stopped(2).unwrap();
        assert!(journal.length > ROOM_FOR_PEOPLE);
        assert!(journal.length < MAX_BYTES as u64);
    }
}
