//! A file in memory that remembers how it was written, and a small disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, Medium, System};

/// What was done to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

/// A file in memory. Its clones are the same file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    steps: Vec<Step>,
    /// It does not get longer than this.
    room: Option<usize>,
}

impl Memory {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let file = Self::default();
        file.state().bytes = bytes.to_vec();
        file
    }

    pub(crate) fn boxed(&self) -> Box<dyn Medium> {
        Box::new(self.clone())
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    pub(crate) fn steps(&self) -> Vec<Step> {
        self.state().steps.clone()
    }

    /// From now on it does not get longer.
    pub(crate) fn limit(&self, room: Option<usize>) {
        self.state().room = room;
    }

    /// What a file is after these steps.
    pub(crate) fn after(steps: &[Step]) -> Self {
        let mut file = Self::default();
        for step in steps {
            match step {
                Step::Write { at, bytes } => file.write_at(bytes, *at as u64).unwrap(),
                Step::Truncate(length) => file.truncate(*length as u64).unwrap(),
            }
        }
        file.state().steps.clear();
        file
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Medium for Memory {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let state = self.state();
        let rest = state
            .bytes
            .get(usize::try_from(at).unwrap()..)
            .unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = self.state();
        let at = usize::try_from(at).unwrap();
        let fits = state
            .room
            .map_or(bytes.len(), |room| room.saturating_sub(at).min(bytes.len()));
        let end = at + fits;
        if end > state.bytes.len() {
            state.bytes.resize(end, 0);
        }
        state.bytes[at..end].copy_from_slice(&bytes[..fits]);
        state.steps.push(Step::Write {
            at,
            bytes: bytes[..fits].to_vec(),
        });
        if fits < bytes.len() {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        let length = usize::try_from(length).unwrap();
        state.bytes.resize(length, 0);
        state.steps.push(Step::Truncate(length));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn rest(&mut self) {}
}

/// A disk whose files in one folder have so much room together.
#[derive(Debug, Clone)]
pub(crate) struct SmallDisk {
    folder: PathBuf,
    capacity: Arc<Mutex<u64>>,
}

impl SmallDisk {
    pub(crate) fn new(folder: &Path, capacity: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            capacity: Arc::new(Mutex::new(capacity)),
        }
    }

    pub(crate) fn resize(&self, capacity: u64) {
        *self.capacity.lock().unwrap() = capacity;
    }

    pub(crate) fn used(&self) -> u64 {
        let entries = fs::read_dir(&self.folder).unwrap();
        entries
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .sum()
    }

    fn left(&self) -> u64 {
        self.capacity.lock().unwrap().saturating_sub(self.used())
    }
}

impl Disk for SmallDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(SmallFile {
            disk: self.clone(),
            file: System.create(path)?,
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Medium>> {
        Ok(Box::new(SmallFile {
            disk: self.clone(),
            file: System.open(path)?,
        }))
    }

    fn free(&self, _: &Path) -> io::Result<u64> {
        Ok(self.left())
    }
}

#[derive(Debug)]
struct SmallFile {
    disk: SmallDisk,
    file: Box<dyn Medium>,
}

impl Medium for SmallFile {
    fn length(&mut self) -> io::Result<u64> {
        self.file.length()
    }

    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        self.file.read_at(buffer, at)
    }

    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        let length = self.file.length()?;
        let limit = length + self.disk.left();
        let fits = usize::try_from(limit.saturating_sub(at))
            .unwrap()
            .min(bytes.len());
        self.file.write_at(&bytes[..fits], at)?;
        if fits < bytes.len() {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            Ok(())
        }
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    fn rest(&mut self) {
        self.file.rest();
    }
}
