//! One file while it is written.

use std::io;
use std::time::SystemTime;

use super::ebml::{UNKNOWN_SIZE, known_size, put_id, put_size, put_uint, put_void, put_void_head};
use super::element::{CLUSTER, SIMPLE_BLOCK, TIMESTAMP};
use super::header::{self, DURATION_LENGTH, Places, SEEK_HEAD_LENGTH, TRACK};
use super::index::{Index, Indexed};
use super::scan::{Depth, Scan, scan};
use super::{BLOCK_HEAD, CLUSTER_HEAD, KEY};
use crate::codec::{self, Beginning};
use crate::disk::Medium;
use crate::{Codec, Gap};

/// So much waits at most before it is handed to the system: more than a camera sends between two flushes.
const BUFFER: usize = 256 << 10;

/// A cluster is not longer than this…
const CLUSTER_MS: u64 = 2_000;

/// …and not shorter than this, unless the recording ends or pauses: each key frame begins one otherwise.
const MIN_CLUSTER_MS: u64 = 500;

/// One file while it is written.
#[derive(Debug)]
pub(crate) struct WebmFile {
    medium: Box<dyn Medium>,
    codec: Codec,
    places: Places,
    /// Of what was written in this life of it.
    index: Index,
    /// Whether that is all there is.
    is_whole: bool,
    /// What was not handed to the system yet.
    buffer: Vec<u8>,
    /// How long the file is without it.
    written: u64,
    cluster: Option<Cluster>,
    /// The size of a cluster that is closed, but whose beginning was handed over before.
    patch: Option<(u64, [u8; 8])>,
    is_synced: bool,
    /// Some of the buffer may have been written, some not.
    is_broken: bool,
}

#[derive(Debug, Clone, Copy)]
struct Cluster {
    at: u64,
    at_ms: u64,
}

/// What has become of a file.
#[derive(Debug)]
pub(crate) struct Closed {
    /// Its size.
    pub(crate) bytes: u64,
    /// From its beginning to the end of its last frame.
    pub(crate) duration_ms: u64,
    /// How many frames there are.
    pub(crate) frames: u64,
    /// Where there are none.
    pub(crate) gaps: Vec<Gap>,
    /// The largest picture.
    pub(crate) size: Option<(u16, u16)>,
    /// Whether it was closed before, and nothing was to be done any more.
    pub(crate) was_finished: bool,
    /// What went wrong on the way: the last frames may be missing, or what makes seeking quick. It can be played all the same.
    pub(crate) error: Option<io::Error>,
}

impl WebmFile {
    /// Begins an empty file. Nothing is written before [`Self::flush`].
    pub(crate) fn new(
        medium: Box<dyn Medium>,
        codec: Codec,
        beginning: &Beginning,
        date: SystemTime,
        uid: u64,
    ) -> Option<Self> {
        let buffer = header::written(codec, beginning, date, uid);
        let (_, places) = header::read(&buffer)?;
        Some(Self {
            medium,
            codec,
            places,
            index: Index::default(),
            is_whole: true,
            buffer,
            written: 0,
            cluster: None,
            patch: None,
            is_synced: true,
            is_broken: false,
        })
    }

    /// Goes on with a file that was left, closed or not, behind its last whole frame; `None` if there is none.
    pub(crate) fn resumed(mut medium: Box<dyn Medium>) -> io::Result<Option<Self>> {
        let Some(scan) = scan(&mut *medium, Depth::End)? else {
            return Ok(None);
        };
        // A live stream again, before its parts move. The segment's size first: with it, nothing is finished.
        let places = scan.places;
        medium.write_at(&UNKNOWN_SIZE, places.segment_size)?;
        medium.write_at(&void(SEEK_HEAD_LENGTH), places.seek_head)?;
        medium.write_at(&void(DURATION_LENGTH), places.duration)?;
        repair(&mut *medium, &scan)?;
        Ok(Some(Self {
            medium,
            codec: scan.codec,
            places,
            index: scan.index,
            is_whole: false,
            buffer: Vec::new(),
            written: scan.end,
            cluster: None,
            patch: None,
            is_synced: false,
            is_broken: false,
        }))
    }

    /// How its frames are encoded.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// When its last frame begins.
    pub(crate) fn last_ms(&self) -> Option<u64> {
        self.index.last_ms
    }

    /// Adds a frame, later than the last one, as [`codec::stored`] gives it.
    pub(crate) fn add(&mut self, at_ms: u64, is_key: bool, frame: &[u8]) -> io::Result<()> {
        if self.is_broken {
            return Err(broken());
        }
        let entry = self.cluster_for(at_ms, is_key);
        let relative = self
            .cluster
            .map_or(0, |cluster| at_ms.saturating_sub(cluster.at_ms));
        // A cluster is shorter than the 32 seconds that fit.
        let relative = i16::try_from(relative).unwrap_or(i16::MAX).to_be_bytes();
        put_id(&mut self.buffer, SIMPLE_BLOCK);
        put_size(&mut self.buffer, (BLOCK_HEAD + frame.len()) as u64);
        let flags = if is_key { KEY } else { 0 };
        self.buffer
            .extend_from_slice(&[0x80 | TRACK, relative[0], relative[1], flags]);
        self.buffer.extend_from_slice(frame);
        self.index.add(Indexed {
            at_ms,
            duration: codec::duration(self.codec, frame),
            size: if is_key {
                codec::size(self.codec, frame)
            } else {
                None
            },
            entry: entry.filter(|_| is_key),
        });
        if self.buffer.len() >= BUFFER {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Sees to a cluster for a frame; where it begins if it is new.
    fn cluster_for(&mut self, at_ms: u64, is_key: bool) -> Option<u64> {
        if let Some(cluster) = self.cluster {
            let age = at_ms.saturating_sub(cluster.at_ms);
            let is_entry = is_key && !self.codec.is_audio();
            if age < CLUSTER_MS && !(is_entry && age >= MIN_CLUSTER_MS) {
                return None;
            }
            self.close_cluster(cluster);
        }
        let at = self.position();
        put_id(&mut self.buffer, CLUSTER);
        self.buffer.extend_from_slice(&UNKNOWN_SIZE);
        put_uint(&mut self.buffer, TIMESTAMP, at_ms);
        self.cluster = Some(Cluster { at, at_ms });
        Some(at)
    }

    fn close_cluster(&mut self, cluster: Cluster) {
        let size = known_size(self.position() - cluster.at - CLUSTER_HEAD as u64);
        let place = cluster.at + 4;
        let in_buffer = place
            .checked_sub(self.written)
            .and_then(|at| usize::try_from(at).ok());
        match in_buffer.and_then(|at| self.buffer.get_mut(at..at + 8)) {
            Some(bytes) => bytes.copy_from_slice(&size),
            // Only the cluster that was open at the last flush can have been handed over.
            None => self.patch = Some((place, size)),
        }
        self.cluster = None;
    }

    fn position(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Hands everything to the system: from then on a crash of the process takes none of it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.is_broken {
            return Err(broken());
        }
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.is_broken = true;
        self.medium.write_at(&self.buffer, self.written)?;
        // Only now: a size never speaks of what is not there.
        if let Some((at, size)) = self.patch.take() {
            self.medium.write_at(&size, at)?;
        }
        self.is_broken = false;
        self.is_synced = false;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER * 2);
        Ok(())
    }

    /// Returns when everything that was flushed would survive a power failure.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.medium.sync()?;
            self.is_synced = true;
        }
        Ok(())
    }

    /// Lets go of what it holds of the system until the next frame.
    pub(crate) fn rest(&mut self) {
        self.medium.rest();
    }

    /// Closes it as well as it can be done; `None` if there is no frame in it.
    pub(crate) fn close(mut self) -> io::Result<Option<Closed>> {
        if let Some(cluster) = self.cluster {
            self.close_cluster(cluster);
        }
        let flushed = match self.flush() {
            Ok(()) => match self.patch.take() {
                Some((at, size)) => self.medium.write_at(&size, at),
                None => Ok(()),
            },
            Err(error) => Err(error),
        };
        if self.index.frames == 0 {
            return Ok(None);
        }
        if flushed.is_err() || !self.is_whole {
            let closed = close_left(self.medium)?;
            return Ok(closed.map(|closed| Closed {
                error: flushed.err().or(closed.error),
                ..closed
            }));
        }
        Ok(Some(seal(
            &mut *self.medium,
            &self.places,
            self.index,
            self.written,
        )))
    }
}

/// Closes a file that was left, closed or not; `None` if there is no frame in it.
pub(crate) fn close_left(mut medium: Box<dyn Medium>) -> io::Result<Option<Closed>> {
    let Some(scan) = scan(&mut *medium, Depth::Whole)? else {
        return Ok(None);
    };
    if scan.is_whole() && is_sealed(&mut *medium, &scan)? {
        let closed = closed(scan.index, scan.length, None);
        return Ok(Some(Closed {
            was_finished: true,
            ..closed
        }));
    }
    repair(&mut *medium, &scan)?;
    Ok(Some(seal(&mut *medium, &scan.places, scan.index, scan.end)))
}

/// Cuts off what is not whole, and makes nothing of what is damaged before it.
fn repair(medium: &mut dyn Medium, scan: &Scan) -> io::Result<()> {
    if scan.end < scan.length {
        medium.truncate(scan.end)?;
    }
    for damage in &scan.damage {
        let mut header = Vec::new();
        put_void_head(&mut header, damage.length);
        medium.write_at(&header, damage.from)?;
    }
    for (at, end) in &scan.unsized_clusters {
        let size = known_size(end - at - CLUSTER_HEAD as u64);
        medium.write_at(&size, at + 4)?;
    }
    Ok(())
}

/// Adds what comes behind the clusters, and fills in what is known only now. Whatever fails, the frames stay playable.
fn seal(medium: &mut dyn Medium, places: &Places, index: Index, end: u64) -> Closed {
    let mut error = None;
    let mut tried = |result: io::Result<()>| {
        let is_ok = result.is_ok();
        error = error.take().or(result.err());
        is_ok
    };
    let cues = index.cues(places.segment());
    let has_cues = !cues.is_empty() && tried(medium.write_at(&cues, end));
    if !has_cues {
        tried(medium.truncate(end));
    }
    let length = if has_cues {
        end + cues.len() as u64
    } else {
        end
    };
    for (at, bytes) in parts(places, &index, has_cues.then_some(end), length) {
        tried(medium.write_at(&bytes, at));
    }
    tried(medium.sync());
    closed(index, length, error)
}

/// What is filled in at the end, and where: the segment's size last.
fn parts(places: &Places, index: &Index, cues: Option<u64>, length: u64) -> Vec<(u64, Vec<u8>)> {
    let mut parts = vec![
        (places.seek_head, header::seek_head(places, cues)),
        (places.duration, header::duration(index.end_ms)),
    ];
    if let (Some((width, height)), Some(size)) = (places.picture, index.size) {
        parts.push((width, size.0.to_be_bytes().to_vec()));
        parts.push((height, size.1.to_be_bytes().to_vec()));
    }
    parts.push((
        places.segment_size,
        known_size(length - places.segment()).to_vec(),
    ));
    parts
}

/// Whether all of that is there already.
fn is_sealed(medium: &mut dyn Medium, scan: &Scan) -> io::Result<bool> {
    let cues = scan.index.cues(scan.places.segment());
    if scan.end + cues.len() as u64 != scan.length {
        return Ok(false);
    }
    let cues_at = (!cues.is_empty()).then_some(scan.end);
    let mut parts = parts(&scan.places, &scan.index, cues_at, scan.length);
    parts.push((scan.end, cues));
    for (at, bytes) in parts {
        let mut there = vec![0; bytes.len()];
        let read = medium.read_at(&mut there, at)?;
        if there[..read] != bytes {
            return Ok(false);
        }
    }
    Ok(true)
}

fn closed(index: Index, bytes: u64, error: Option<io::Error>) -> Closed {
    Closed {
        bytes,
        duration_ms: index.end_ms,
        frames: index.frames,
        gaps: index.gaps,
        size: index.size,
        was_finished: false,
        error,
    }
}

fn void(length: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_void(&mut out, length);
    out
}

fn broken() -> io::Error {
    io::Error::other("an earlier write to this file failed")
}
