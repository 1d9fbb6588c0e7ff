use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::SystemTime;

use call_domain::{RecordingFault, RecordingId, UserId};
use call_engine::{RecordingEvent, RecordingWish};
use call_media::sfu::{Command, RoomId, TapInlet};
use call_recording::Limits;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::counters::Counters;
use super::inbox::{End, Inbox};
use super::tap::Rooms;
use super::writer::{Listener, Writer};

/// Recordings that stopped lately and are remembered, so that a belated wish does not begin them again.
const STOPPED: usize = 1024;

/// Hears what becomes of recordings; may be called from any thread, with nothing locked.
type Tell = dyn Fn(RecordingEvent) + Send + Sync;

/// The recordings that run: a tap in a room and a thread that writes, each.
pub(super) struct Sessions {
    folder: PathBuf,
    limits: Limits,
    max_active: usize,
    /// `None`: there is no SFU.
    rooms: Option<Arc<dyn Rooms>>,
    counters: Arc<Counters>,
    tell: Box<Tell>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    sessions: HashMap<RecordingId, Session>,
    stopped: VecDeque<RecordingId>,
    closing: bool,
}

struct Session {
    inbox: Arc<Inbox>,
    tapped: Option<Tapped>,
    wish: RecordingWish,
    /// Turns true when its thread has let go of the files.
    done: watch::Receiver<bool>,
}

/// A tap in a room.
struct Tapped {
    room: RoomId,
    inlet: TapInlet,
    people: BTreeSet<UserId>,
}

impl Sessions {
    pub(super) fn new(
        folder: PathBuf,
        limits: Limits,
        max_active: usize,
        rooms: Option<Arc<dyn Rooms>>,
        counters: Arc<Counters>,
        tell: impl Fn(RecordingEvent) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            folder,
            limits,
            max_active,
            rooms,
            counters,
            tell: Box::new(tell),
            open: Mutex::default(),
        })
    }

    /// How many recordings run.
    pub(super) fn active(&self) -> usize {
        let open = self.open.lock();
        let running = |session: &&Session| !*session.done.borrow();
        open.sessions.values().filter(running).count()
    }

    /// Whether no more may run.
    pub(super) fn is_full(&self) -> bool {
        self.active() >= self.max_active
    }

    /// What is to be written from `now` on. Never waits. Fails with what keeps a recording from beginning.
    pub(super) fn follow(
        self: &Arc<Self>,
        wish: RecordingWish,
        now: SystemTime,
    ) -> Result<(), RecordingFault> {
        let rooms = self.rooms.as_deref();
        let rooms = rooms.ok_or(RecordingFault::SfuUnavailable)?;
        let full = self.is_full();
        let mut open = self.open.lock();
        if open.closing || open.stopped.contains(&wish.recording) {
            return Ok(());
        }
        if !open.sessions.contains_key(&wish.recording) {
            if full {
                open.remember(wish.recording);
                return Err(RecordingFault::Overloaded);
            }
            match self.begin(&wish) {
                Ok(session) => open.sessions.insert(wish.recording, session),
                Err(fault) => {
                    open.remember(wish.recording);
                    return Err(fault);
                }
            };
        }
        let Some(session) = open.sessions.get_mut(&wish.recording) else {
            return Ok(());
        };
        if wish.version < session.wish.version {
            return Ok(());
        }
        // The thread first: it writes nothing of anybody of whom it has not heard that it may.
        session.inbox.wish(now, wish.clone());
        session.wish = wish;
        session.tap(rooms);
        Ok(())
    }

    /// A recording stopped: nothing more of it is written. Unknown ones are remembered as stopped.
    pub(super) fn stop(&self, recording: RecordingId, at: SystemTime) {
        let mut open = self.open.lock();
        open.remember(recording);
        if let Some(session) = open.sessions.get_mut(&recording) {
            session.untap(self.rooms.as_deref());
            session.inbox.end(End::Stopped { at });
        }
    }

    /// Becomes true when nobody writes into the folder of a recording any more; `None` if nobody does.
    pub(super) fn done(&self, recording: RecordingId) -> Option<watch::Receiver<bool>> {
        let open = self.open.lock();
        let session = open.sessions.get(&recording);
        session.map(|session| session.done.clone())
    }

    /// Nothing of a recording is needed in memory any more.
    pub(super) fn forget(&self, recording: RecordingId) {
        let mut open = self.open.lock();
        open.remember(recording);
        if let Some(mut session) = open.sessions.remove(&recording) {
            session.untap(self.rooms.as_deref());
        }
    }

    /// Has every recorder bring its files onto the disk and end, and begins no other; the recordings go on after the
    /// next start.
    pub(super) fn interrupt(&self) -> Vec<watch::Receiver<bool>> {
        let mut open = self.open.lock();
        open.closing = true;
        let mut done = Vec::new();
        for session in open.sessions.values_mut() {
            session.untap(self.rooms.as_deref());
            session.inbox.end(End::Interrupted);
            done.push(session.done.clone());
        }
        done
    }

    fn begin(self: &Arc<Self>, wish: &RecordingWish) -> Result<Session, RecordingFault> {
        let inbox = Arc::new(Inbox::default());
        let (ended, done) = watch::channel(false);
        let thread = Thread {
            sessions: Arc::downgrade(self),
            counters: Arc::clone(&self.counters),
            folder: self.folder.join(wish.recording.to_string()),
            limits: self.limits.clone(),
            inbox: Arc::clone(&inbox),
            wish: wish.clone(),
            ended,
        };
        let builder = std::thread::Builder::new().name("recorder".to_owned());
        builder.spawn(move || thread.run()).map_err(|error| {
            tracing::error!(%error, "a recorder's thread could not be started");
            RecordingFault::Overloaded
        })?;
        Ok(Session {
            inbox,
            tapped: None,
            wish: wish.clone(),
            done,
        })
    }

    /// The tap of a recording ended by itself: there is another one for its room, if it still has one.
    fn retap(&self, recording: RecordingId) {
        let mut open = self.open.lock();
        if open.closing || open.stopped.contains(&recording) {
            return;
        }
        if let (Some(session), Some(rooms)) = (open.sessions.get_mut(&recording), &self.rooms) {
            let rooms = &**rooms;
            tracing::warn!(%recording, "the tap of a recording ended by itself; there is another one");
            session.untap(Some(rooms));
            session.tap(rooms);
        }
    }

    /// A thread could not go on.
    fn failed(&self, wish: &RecordingWish, fault: RecordingFault) {
        let mut open = self.open.lock();
        if let Some(session) = open.sessions.get_mut(&wish.recording) {
            session.untap(self.rooms.as_deref());
        }
        drop(open);
        self.counters.fault(fault);
        (self.tell)(RecordingEvent::Failed {
            call: wish.call,
            recording: wish.recording,
            fault,
        });
    }
}

impl Open {
    fn remember(&mut self, recording: RecordingId) {
        if self.stopped.contains(&recording) {
            return;
        }
        if self.stopped.len() >= STOPPED {
            self.stopped.pop_front();
        }
        self.stopped.push_back(recording);
    }
}

impl Session {
    /// Brings the tap to where the wish wants it, for whom it wants it.
    fn tap(&mut self, rooms: &dyn Rooms) {
        let Some(room) = self.wish.room.clone() else {
            return self.untap(Some(rooms));
        };
        if *self.done.borrow() {
            return;
        }
        let people: BTreeSet<UserId> = self.wish.heard().cloned().collect();
        match &mut self.tapped {
            Some(tapped) if tapped.room == room => {
                if tapped.people != people {
                    tapped.people.clone_from(&people);
                    let tap = tapped.inlet.clone();
                    if !rooms.command(&room, Command::Tap { tap, people }) {
                        // Its reader hears that it ended, and there will be another one, for the right people.
                        self.untap(Some(rooms));
                    }
                }
            }
            Some(_) | None => {
                self.untap(Some(rooms));
                let (inlet, frames) = rooms.tap();
                self.inbox.frames(frames);
                let command = Command::Tap {
                    tap: inlet.clone(),
                    people: people.clone(),
                };
                if !rooms.command(&room, command) {
                    // Its reader hears that it ended, and it is tried again.
                    inlet.close();
                }
                self.tapped = Some(Tapped {
                    room,
                    inlet,
                    people,
                });
            }
        }
    }

    fn untap(&mut self, rooms: Option<&dyn Rooms>) {
        if let (Some(tapped), Some(rooms)) = (self.tapped.take(), rooms) {
            let tap = tapped.inlet.clone();
            rooms.command(&tapped.room, Command::Untap { tap });
            // One that never came to a room ends by this.
            tapped.inlet.close();
        }
    }
}

/// A recorder's thread.
struct Thread {
    sessions: Weak<Sessions>,
    counters: Arc<Counters>,
    folder: PathBuf,
    limits: Limits,
    inbox: Arc<Inbox>,
    wish: RecordingWish,
    ended: watch::Sender<bool>,
}

impl Thread {
    fn run(self) {
        let counters = Arc::clone(&self.counters);
        let opened = Writer::open(&self.folder, self.limits.clone(), &self.wish, counters);
        let outcome = opened.and_then(|writer| writer.run(&self.inbox, &self));
        // The files are let go of.
        self.ended.send_replace(true);
        if let (Err(fault), Some(sessions)) = (outcome, self.sessions.upgrade()) {
            tracing::error!(
                recording = %self.wish.recording,
                call = %self.wish.call,
                %fault,
                "a recording cannot go on; what there is of it is kept"
            );
            sessions.failed(&self.wish, fault);
        }
    }
}

impl Listener for Thread {
    fn degraded(&self, fault: RecordingFault) {
        if let Some(sessions) = self.sessions.upgrade() {
            tracing::warn!(
                recording = %self.wish.recording,
                %fault,
                "something of a recording is missing; it goes on"
            );
            self.counters.fault(fault);
            (sessions.tell)(RecordingEvent::Degraded {
                call: self.wish.call,
                recording: self.wish.recording,
                fault,
            });
        }
    }

    fn untapped(&self) {
        if let Some(sessions) = self.sessions.upgrade() {
            sessions.retap(self.wish.recording);
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("folder", &self.folder)
            .field("active", &self.active())
            .finish_non_exhaustive()
    }
}
