use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use call_media::sfu::{Command, RoomId};
use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::backlog::{Backlog, Passed};

/// How soon an SFU that did not keep up is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// Gives an SFU a command; `false` if it takes none for that room at the moment.
type Take = dyn Fn(&RoomId, Command) -> bool + Send + Sync;

/// The way of commands into an SFU that may be too busy to take them: they are kept, and tried again until it does.
pub(super) struct Inlet {
    take: Box<Take>,
    /// As long as anything is in it, [`Inlet::keep_trying`] runs.
    backlog: Mutex<Backlog>,
    overloads: AtomicU64,
    runtime: Handle,
}

/// Too many commands wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Inlet {
    pub(super) fn new(
        runtime: Handle,
        take: impl Fn(&RoomId, Command) -> bool + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            take: Box::new(take),
            backlog: Mutex::default(),
            overloads: AtomicU64::new(0),
            runtime,
        })
    }

    /// Passes a command on, now or later; those of one room in order. Never waits.
    pub(super) fn send(self: &Arc<Self>, room: &RoomId, command: Command) -> Result<(), TooMany> {
        let mut backlog = self.backlog.lock();
        let kept_up = backlog.is_empty();
        let passed = backlog.pass(room, command, &self.take);
        drop(backlog);
        match passed {
            Passed::On => return Ok(()),
            Passed::Kept if kept_up => {
                tracing::warn!(%room, "the SFU does not keep up with its commands; they wait");
                self.runtime.spawn(Arc::clone(self).keep_trying());
            }
            Passed::Kept | Passed::Refused => {}
        }
        self.overloads.fetch_add(1, Ordering::Relaxed);
        match passed {
            Passed::On | Passed::Kept => Ok(()),
            Passed::Refused => Err(TooMany),
        }
    }

    /// How many commands were not taken at once.
    pub(super) fn overloads(&self) -> u64 {
        self.overloads.load(Ordering::Relaxed)
    }

    async fn keep_trying(self: Arc<Self>) {
        loop {
            tokio::time::sleep(AGAIN).await;
            let mut backlog = self.backlog.lock();
            backlog.retry(&self.take);
            if backlog.is_empty() {
                return;
            }
        }
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("overloads", &self.overloads())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use tokio::sync::mpsc;

    /// Longer than anything that works takes.
    const PATIENCE: Duration = Duration::from_secs(20);

    fn leave(user: &str) -> Command {
        Command::Leave {
            peer: user.parse().expect("user id"),
        }
    }

    /// An SFU that refuses the next so many commands, and what it took.
    struct Busy {
        refusals: Arc<AtomicUsize>,
        inlet: Arc<Inlet>,
        taken: mpsc::UnboundedReceiver<Command>,
    }

    fn busy(times: usize) -> Busy {
        let (sender, taken) = mpsc::unbounded_channel();
        let refusals = Arc::new(AtomicUsize::new(times));
        let left = Arc::clone(&refusals);
        let inlet = Inlet::new(Handle::current(), move |_, command| {
            let fewer = |n: usize| n.checked_sub(1);
            let none_left = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
            none_left.is_err() && sender.send(command).is_ok()
        });
        Busy {
            refusals,
            inlet,
            taken,
        }
    }

    impl Busy {
        async fn next(&mut self) -> Command {
            let next = tokio::time::timeout(PATIENCE, self.taken.recv()).await;
            next.expect("was never tried again").expect("command")
        }
    }

    #[tokio::test]
    async fn who_is_put_out_is_put_out_however_busy_the_sfu_is() {
        let mut sfu = busy(3);
        let room = RoomId::new("a");
        for user in ["bob", "carol"] {
            assert_eq!(sfu.inlet.send(&room, leave(user)), Ok(()));
        }
        assert_eq!(sfu.inlet.send(&room, Command::CloseRoom), Ok(()));
        assert_eq!(sfu.next().await, Command::CloseRoom);
        assert_eq!(sfu.inlet.overloads(), 3);
        // Busy once more, after all was well.
        assert_eq!(sfu.inlet.send(&room, leave("dave")), Ok(()));
        assert_eq!(sfu.next().await, leave("dave"));
        sfu.refusals.store(2, Ordering::Relaxed);
        for user in ["erin", "frank"] {
            assert_eq!(sfu.inlet.send(&room, leave(user)), Ok(()));
        }
        assert_eq!(sfu.next().await, leave("erin"));
        assert_eq!(sfu.next().await, leave("frank"));
        assert_eq!(sfu.inlet.overloads(), 5);
    }
}
