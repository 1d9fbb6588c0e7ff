//! What is whole in a file that a crash has left.
//!
//! Files grow at their end, so a crash of the process leaves one that is whole up to some byte, within a block at worst. After a
//! power failure the system may have kept any part of what was written last: then there are zeros or foreign bytes at the end, and
//! rarely within. What is damaged is cut off, or, where something whole follows it, passed over.

use std::io;

use super::ebml::{self, Head, MAX_HEAD, Size};
use super::element::{CLUSTER, CUES, SIMPLE_BLOCK, TIMESTAMP, VOID};
use super::header::{self, MAX_HEADER, Places, TRACK};
use super::index::{Index, Indexed};
use super::{BLOCK_HEAD, CLUSTER_HEAD, KEY, MAX_FRAME};
use crate::Codec;
use crate::codec;
use crate::disk::Medium;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// At the last frames only: enough to go on, and quick in a file of any length.
    End,
    /// At every frame.
    Whole,
}

/// What is whole in a file.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) codec: Codec,
    pub(super) places: Places,
    /// Of all frames, or with [`Depth::End`] of the last ones.
    pub(super) index: Index,
    /// Where the last whole frame ends.
    pub(super) end: u64,
    /// The file's length.
    pub(super) length: u64,
    /// Clusters that do not say the size of what is whole in them: where they begin and end.
    pub(super) unsized_clusters: Vec<(u64, u64)>,
    /// Damage with something whole behind it.
    pub(super) damage: Vec<Damage>,
}

impl Scan {
    /// Whether all of its clusters are as they were written.
    pub(super) fn is_whole(&self) -> bool {
        self.unsized_clusters.is_empty() && self.damage.is_empty()
    }
}

/// Bytes that are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) from: u64,
    pub(super) length: u64,
    /// Where the cluster begins that has whole frames before it.
    cluster: Option<u64>,
}

/// With more damage than this in the middle of a file, the rest of it is given up.
const MAX_DAMAGE: usize = 64;

/// What a file holds; `None` if there is no frame in it.
pub(super) fn scan(medium: &mut dyn Medium, depth: Depth) -> io::Result<Option<Scan>> {
    let length = medium.length()?;
    let step = match depth {
        Depth::End => 1 << 12,
        Depth::Whole => 1 << 18,
    };
    let mut scanner = Scanner {
        window: Window {
            medium,
            length,
            step,
            bytes: Vec::new(),
            from: 0,
        },
        codec: Codec::Opus,
        index: Index::default(),
    };
    let Some((codec, places)) = header::read(scanner.window.get(0, MAX_HEADER)?) else {
        return Ok(None);
    };
    scanner.codec = codec;
    let found = match depth {
        Depth::End => scanner.end(places.media)?,
        Depth::Whole => Some(scanner.whole(places.media)?),
    };
    let Some(found) = found else {
        // Not as it should be: look at all of it.
        return scan(medium, Depth::Whole);
    };
    let index = scanner.index;
    if index.frames == 0 {
        return Ok(None);
    }
    let Found {
        end,
        open,
        mut unsized_clusters,
        damage,
    } = found;
    unsized_clusters.extend(open.map(|at| (at, end)));
    Ok(Some(Scan {
        codec,
        places,
        index,
        end,
        length,
        unsized_clusters,
        damage,
    }))
}

/// Where the clusters end, and what is to be put right in them.
#[derive(Debug, Default)]
struct Found {
    end: u64,
    open: Option<u64>,
    unsized_clusters: Vec<(u64, u64)>,
    damage: Vec<Damage>,
}

/// How far a cluster is whole.
struct Whole {
    /// Where its last whole frame ends.
    end: u64,
    frames: u64,
}

struct Scanner<'a> {
    window: Window<'a>,
    codec: Codec,
    index: Index,
}

impl Scanner<'_> {
    /// Goes from cluster to cluster by their sizes, and looks into the last one; `None` if anything is odd.
    fn end(&mut self, media: u64) -> io::Result<Option<Found>> {
        let mut found = Found {
            end: media,
            ..Found::default()
        };
        let mut passed = None;
        while let Some(head) = self.window.head(found.end)? {
            if head.id != CLUSTER || head.length != CLUSTER_HEAD {
                break;
            }
            let at = found.end;
            let data = at + CLUSTER_HEAD as u64;
            if let Some(end) = self.end_of(data, head.size) {
                passed = Some((at, end));
                found.end = end;
                continue;
            }
            let whole = self.cluster(at, self.window.length)?;
            if whole.frames > 0 {
                if self.begins_part(whole.end)? {
                    return Ok(None);
                }
                found.end = whole.end;
                found.open = Some(at);
            }
            break;
        }
        if self.index.frames == 0
            && let Some((at, end)) = passed
        {
            let whole = self.cluster(at, end)?;
            if whole.end != end || whole.frames == 0 {
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    /// Looks at every frame.
    fn whole(&mut self, media: u64) -> io::Result<Found> {
        let mut found = Found {
            end: media,
            ..Found::default()
        };
        let mut at = media;
        while let Some(head) = self.window.head(at)? {
            if head.id == VOID
                && let Some(end) = self.end_of(at + head.length as u64, head.size)
            {
                at = end;
                continue;
            }
            if head.id != CLUSTER || head.length != CLUSTER_HEAD {
                break;
            }
            let claimed = self.end_of(at + CLUSTER_HEAD as u64, head.size);
            let whole = self.cluster(at, claimed.unwrap_or(self.window.length))?;
            if claimed == Some(whole.end) && whole.frames > 0 {
                (at, found.end, found.open) = (whole.end, whole.end, None);
                continue;
            }
            let (from, cluster) = if whole.frames > 0 {
                (whole.end, Some(at))
            } else {
                (at, None)
            };
            if let Some(end) = claimed
                && end - from >= 2
                && found.damage.len() < MAX_DAMAGE
                && self.begins_part(end)?
            {
                found.damage.push(Damage {
                    from,
                    length: end - from,
                    cluster,
                });
                (at, found.end, found.open) = (end, end, None);
                continue;
            }
            if whole.frames > 0 {
                (found.end, found.open) = (whole.end, Some(at));
            }
            let goes_on =
                head.size == Size::Unknown && whole.frames > 0 && self.begins_part(whole.end)?;
            if !goes_on {
                break;
            }
            // Its size was to be filled in when the next one had begun; players can do without.
            if found.unsized_clusters.len() < MAX_DAMAGE {
                found.unsized_clusters.push((at, whole.end));
            }
            at = whole.end;
        }
        // Damage that no frame follows is cut off with the rest.
        while let Some(last) = found.damage.last().copied()
            && last.from + last.length == found.end
        {
            found.damage.pop();
            (found.end, found.open) = (last.from, last.cluster);
        }
        Ok(found)
    }

    /// Counts the frames of a cluster up to the first that is not whole, or not plausible.
    fn cluster(&mut self, at: u64, limit: u64) -> io::Result<Whole> {
        let mut whole = Whole { end: at, frames: 0 };
        let mut next = at + CLUSTER_HEAD as u64;
        let mut cluster_ms = None;
        while next < limit {
            let Some(head) = self.window.head(next)? else {
                break;
            };
            let data = next + head.length as u64;
            let Some(end) = self.end_of(data, head.size).filter(|end| *end <= limit) else {
                break;
            };
            match (head.id, cluster_ms) {
                (TIMESTAMP, None) => {
                    let size = usize::try_from(end - data).unwrap_or(usize::MAX);
                    cluster_ms = match size {
                        1..=8 => ebml::uint(self.window.get(data, size)?),
                        _ => None,
                    };
                    if cluster_ms.is_none_or(|ms| ms > MAX_MS) {
                        break;
                    }
                }
                (SIMPLE_BLOCK, Some(ms)) => {
                    let entry = (whole.frames == 0).then_some(at);
                    if !self.block(data, end, ms, entry)? {
                        break;
                    }
                    whole.frames += 1;
                    whole.end = end;
                }
                (VOID, _) => whole.end = if whole.frames > 0 { end } else { whole.end },
                _ => break,
            }
            next = end;
        }
        Ok(whole)
    }

    /// Counts one frame; false if it was not written here.
    fn block(
        &mut self,
        data: u64,
        end: u64,
        cluster_ms: u64,
        entry: Option<u64>,
    ) -> io::Result<bool> {
        let size = usize::try_from(end - data).unwrap_or(usize::MAX);
        if size <= BLOCK_HEAD || size > MAX_FRAME + BLOCK_HEAD {
            return Ok(false);
        }
        let &[track, high, low, flags] = self.window.get(data, BLOCK_HEAD)? else {
            return Ok(false);
        };
        let Ok(relative) = u64::try_from(i16::from_be_bytes([high, low])) else {
            return Ok(false);
        };
        let is_key = flags == KEY;
        let at_ms = cluster_ms + relative;
        let in_order = self.index.last_ms.is_none_or(|last| last < at_ms);
        if track != 0x80 | TRACK || !(is_key || flags == 0) || !in_order {
            return Ok(false);
        }
        // Sound tells its length in the first bytes, a picture its size anywhere.
        let wanted = match (self.codec.is_audio(), is_key) {
            (true, _) => size.min(BLOCK_HEAD + 2),
            (false, true) => size,
            (false, false) => BLOCK_HEAD,
        };
        let codec = self.codec;
        let frame = &self.window.get(data, wanted)?[BLOCK_HEAD..];
        self.index.add(Indexed {
            at_ms,
            duration: codec::duration(codec, frame),
            size: if is_key {
                codec::size(codec, frame)
            } else {
                None
            },
            entry: entry.filter(|_| is_key),
        });
        Ok(true)
    }

    /// Where data end, if that is within the file.
    fn end_of(&self, data: u64, size: Size) -> Option<u64> {
        let Size::Known(size) = size else { return None };
        data.checked_add(size)
            .filter(|end| *end <= self.window.length)
    }

    /// Whether a part of the file begins there, and not in the middle of garbage.
    fn begins_part(&mut self, at: u64) -> io::Result<bool> {
        let head = self.window.head(at)?;
        Ok(head.is_some_and(|head| {
            (head.id == CLUSTER && head.length == CLUSTER_HEAD) || self.is_cues(at, head)
        }))
    }

    /// Whether that is the cues' header, and all of them are in the file.
    fn is_cues(&self, at: u64, head: Head) -> bool {
        head.id == CUES && self.end_of(at + head.length as u64, head.size).is_some()
    }
}

/// No recording is longer than a thousand years.
const MAX_MS: u64 = 1 << 45;

/// The bytes of a file around the place that is looked at.
struct Window<'a> {
    medium: &'a mut dyn Medium,
    length: u64,
    step: usize,
    bytes: Vec<u8>,
    from: u64,
}

impl Window<'_> {
    /// So many bytes from there; fewer where the file ends.
    fn get(&mut self, at: u64, wanted: usize) -> io::Result<&[u8]> {
        let left = usize::try_from(self.length.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = wanted.min(left);
        let loaded = at >= self.from && at + wanted as u64 <= self.from + self.bytes.len() as u64;
        if !loaded {
            self.bytes.resize(wanted.max(self.step.min(left)), 0);
            let read = self.medium.read_at(&mut self.bytes, at)?;
            self.bytes.truncate(read);
            self.from = at;
        }
        let start = usize::try_from(at - self.from).unwrap_or(usize::MAX);
        let rest = self.bytes.get(start..).unwrap_or_default();
        Ok(&rest[..wanted.min(rest.len())])
    }

    /// The header of the element there.
    fn head(&mut self, at: u64) -> io::Result<Option<Head>> {
        Ok(ebml::head(self.get(at, MAX_HEAD)?))
    }
}
