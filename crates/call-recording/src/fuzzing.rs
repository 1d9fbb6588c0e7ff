//! What fuzzing calls. Not part of the API.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::disk::Medium;
use crate::webm::{WebmFile, close_left};

/// Files that a crash, a foreign program or chance has left are closed, and gone on with.
///
/// # Panics
///
/// When a file that was closed is not as it should be.
pub fn repair(file: &[u8]) {
    let closed = Bytes::of(file);
    if let Ok(Some(first)) = close_left(Box::new(closed.clone())) {
        let bytes = closed.get();
        assert_eq!(first.bytes, bytes.len() as u64);
        assert!(first.frames > 0);
        let again = close_left(Box::new(closed.clone()));
        assert!(matches!(again, Ok(Some(again)) if again.frames == first.frames));
        assert_eq!(closed.get(), bytes);
    }
    let resumed = Bytes::of(file);
    if let Ok(Some(mut file)) = WebmFile::resumed(Box::new(resumed)) {
        let next = file.last_ms().map_or(0, |last| last + 1);
        let added = file
            .add(next, true, &[0xF8, 0xFF, 0xFE])
            .and_then(|()| file.flush());
        assert!(added.is_ok());
        assert!(matches!(file.close(), Ok(Some(closed)) if closed.frames > 0));
    }
}

/// A file in memory; its clones are the same one.
#[derive(Debug, Clone)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Bytes {
    fn of(bytes: &[u8]) -> Self {
        Self(Arc::new(Mutex::new(bytes.to_vec())))
    }

    fn get(&self) -> Vec<u8> {
        self.with(|bytes| bytes.clone())
    }

    fn with<T>(&self, what: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Medium for Bytes {
    fn length(&mut self) -> io::Result<u64> {
        Ok(self.with(|bytes| bytes.len() as u64))
    }

    fn read_at(&mut self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let at = usize::try_from(at).map_err(io::Error::other)?;
        Ok(self.with(|bytes| {
            let rest = bytes.get(at..).unwrap_or_default();
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            count
        }))
    }

    fn write_at(&mut self, written: &[u8], at: u64) -> io::Result<()> {
        let at = usize::try_from(at).map_err(io::Error::other)?;
        self.with(|bytes| {
            let end = at + written.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[at..end].copy_from_slice(written);
        });
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        self.with(|bytes| bytes.truncate(length));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn rest(&mut self) {}
}
