//! The ways by which a peer was heard, and the one that it has chosen.

use std::time::{Duration, Instant};

use super::{Link, Path};

/// Paths of a peer at most: its interfaces times address families, and some that are on their way out.
const PATHS_MAX: usize = 8;
/// A path that is not heard for so long is forgotten: the same time after which consent is gone (RFC 7675 section 5.1).
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);
/// Checks come faster while the peer has a choice: a chosen path that is silent for so long while another one is nominated is
/// taken for dead.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// A path that a valid check came by.
#[derive(Debug, Clone, Copy)]
struct Known {
    path: Path,
    heard: Instant,
    /// PRIORITY of its latest check.
    priority: u32,
    /// Which credentials its latest check used; higher is newer.
    generation: u32,
    /// The latest check that nominated it: its transaction tells a retransmission from another nomination.
    nominated_by: Option<[u8; 12]>,
    /// It was nominated when another path was chosen, and that one was not nominated since.
    wanted: bool,
}

/// What an authentic check says of its path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) transaction: [u8; 12],
    pub(super) priority: u32,
    pub(super) generation: u32,
    pub(super) use_candidate: bool,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathChange {
    Added(Path),
    Removed(Path),
    Selected(Path),
}

/// The paths of a peer.
#[derive(Debug, Default)]
pub(super) struct Paths {
    known: Vec<Known>,
    selected: Option<Path>,
    /// Where the latest packet came from: almost always where the next one does.
    recent: usize,
}

impl Paths {
    /// Where media goes.
    pub(super) fn selected(&self) -> Option<Path> {
        self.selected
    }

    /// Whether a valid check came by this path.
    pub(super) fn knows(&mut self, path: Path) -> bool {
        if self
            .known
            .get(self.recent)
            .is_some_and(|known| known.path == path)
        {
            return true;
        }
        let found = self.known.iter().position(|known| known.path == path);
        self.recent = found.unwrap_or(self.recent);
        found.is_some()
    }

    /// An authentic packet, not a check, came by the path that [`Paths::knows`] was asked for last.
    pub(super) fn touch(&mut self, now: Instant) {
        if let Some(known) = self.known.get_mut(self.recent) {
            known.heard = now;
        }
    }

    /// An authentic check came by a path.
    pub(super) fn check(
        &mut self,
        now: Instant,
        path: Path,
        heard: Heard,
        changed: &mut impl FnMut(PathChange),
    ) {
        if !self.knows(path) {
            self.make_room(changed);
            self.recent = self.known.len();
            self.known.push(Known {
                path,
                heard: now,
                priority: heard.priority,
                generation: heard.generation,
                nominated_by: None,
                wanted: false,
            });
            changed(PathChange::Added(path));
        }
        let known = &mut self.known[self.recent];
        known.heard = now;
        known.priority = heard.priority;
        known.generation = known.generation.max(heard.generation);
        if heard.use_candidate && known.nominated_by != Some(heard.transaction) {
            known.nominated_by = Some(heard.transaction);
            self.nominate(now, changed);
        }
    }

    /// Forgets what was silent too long, but for the chosen path.
    pub(super) fn expire(&mut self, now: Instant, changed: &mut impl FnMut(PathChange)) {
        let selected = self.selected;
        self.retain(
            |known| {
                Some(known.path) == selected
                    || now.saturating_duration_since(known.heard) < FORGOTTEN_AFTER
            },
            changed,
        );
    }

    /// When [`Paths::expire`] may have something to do.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.known
            .iter()
            .filter(|known| Some(known.path) != self.selected)
            .map(|known| known.heard + FORGOTTEN_AFTER)
            .min()
    }

    /// Forgets the paths over a socket that is gone. If the chosen one is among them, the one that was heard last takes its
    /// place: the peer has proven that it is there.
    pub(super) fn close_link(&mut self, link: Link, changed: &mut impl FnMut(PathChange)) {
        self.retain(|known| known.path.link != link, changed);
        if self.selected.is_some_and(|path| path.link == link) {
            self.selected = None;
            if let Some(next) = self.known.iter().max_by_key(|known| known.heard) {
                self.selected = Some(next.path);
                changed(PathChange::Selected(next.path));
            }
        }
    }

    /// The peer wants the recent path (RFC 8445 section 8.1.1). One that nominates every path that works, as RFC 5245 allowed,
    /// gets the latest of the highest priority; one that moves on nominates again, or lets the old path fall silent.
    fn nominate(&mut self, now: Instant, changed: &mut impl FnMut(PathChange)) {
        let wanted = self.known[self.recent];
        if self.selected == Some(wanted.path) {
            self.known.iter_mut().for_each(|known| known.wanted = false);
            return;
        }
        let current = self
            .known
            .iter()
            .find(|known| Some(known.path) == self.selected);
        let switch = current.is_none_or(|current| {
            wanted.generation > current.generation
                || wanted.priority >= current.priority
                || wanted.wanted
                || now.saturating_duration_since(current.heard) >= SILENT_AFTER
        });
        if switch {
            self.known.iter_mut().for_each(|known| known.wanted = false);
            self.selected = Some(wanted.path);
            changed(PathChange::Selected(wanted.path));
        } else {
            self.known[self.recent].wanted = true;
        }
    }

    /// Makes room for one more path: the one that was silent longest goes.
    fn make_room(&mut self, changed: &mut impl FnMut(PathChange)) {
        if self.known.len() < PATHS_MAX {
            return;
        }
        let oldest = self
            .known
            .iter()
            .filter(|known| Some(known.path) != self.selected)
            .min_by_key(|known| known.heard)
            .map(|known| known.path);
        self.retain(|known| Some(known.path) != oldest, changed);
    }

    fn retain(&mut self, keep: impl Fn(&Known) -> bool, changed: &mut impl FnMut(PathChange)) {
        self.known.retain(|known| {
            let keep = keep(known);
            if !keep {
                changed(PathChange::Removed(known.path));
            }
            keep
        });
        self.recent = 0;
    }
}
