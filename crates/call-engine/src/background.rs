//! What happens by itself: deadlines, sweeps, the storing of measurements, cleaning up.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{Call, CallId, Command, LegState, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Engine;
use crate::deadline::Deadlines;
use crate::recording;

/// How often the store is asked for deadlines that no node carried out, and presence is compared
/// with the calls.
const SWEEP: Duration = Duration::from_secs(5);
/// How often measurements are stored.
const FLUSH: Duration = Duration::from_secs(2);
/// How often expired records are deleted.
const CLEAN_UP: Duration = Duration::from_mins(10);
/// How many overdue calls are taken on in one sweep.
const MOST_OVERDUE: u32 = 1_000;
/// When a call is tried again whose lane was full.
const LATER: Duration = Duration::from_millis(200);

/// Turns true when the engine stops.
type Stopped = watch::Receiver<bool>;

/// Starts all that an engine does by itself; it ends when `stopped` turns true.
pub(crate) fn start(engine: &Arc<Engine>, stopped: &watch::Sender<bool>) -> Vec<JoinHandle<()>> {
    let engine = || Arc::clone(engine);
    let mut tasks = vec![
        tokio::spawn(keep_deadlines(
            engine(),
            stopped.subscribe(),
            |engine| &engine.deadlines,
            Engine::expire,
        )),
        tokio::spawn(keep_deadlines(
            engine(),
            stopped.subscribe(),
            |engine| &engine.room_deadlines,
            |engine, call, now| engine.expire_room(call, now),
        )),
        tokio::spawn(keep_deadlines(
            engine(),
            stopped.subscribe(),
            |engine| &engine.recordings.deadlines,
            Engine::look_after_recording,
        )),
        tokio::spawn(every(SWEEP, engine(), stopped.subscribe(), sweep)),
        tokio::spawn(every(FLUSH, engine(), stopped.subscribe(), flush)),
        tokio::spawn(every(CLEAN_UP, engine(), stopped.subscribe(), clean_up)),
    ];
    tasks.extend(recording::start_work(&engine(), stopped));
    tasks
}

async fn keep_deadlines(
    engine: Arc<Engine>,
    mut stopped: Stopped,
    which: fn(&Engine) -> &Deadlines,
    due: fn(&Arc<Engine>, CallId, Timestamp),
) {
    let deadlines = which(&engine);
    loop {
        let next = deadlines.next();
        tokio::select! {
            () = deadlines.sooner() => {}
            () = reached(&engine, next) => {
                let now = engine.clock.now();
                for call in deadlines.take_due(now) {
                    due(&engine, call, now);
                }
            }
            () = turned(&mut stopped) => return,
        }
    }
}

pub(crate) async fn turned(stopped: &mut Stopped) {
    // Fails only when the engine is gone.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn reached(engine: &Engine, deadline: Option<Timestamp>) {
    match deadline {
        Some(deadline) => engine.clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Does some work again and again. What was begun is finished: it may hold what nobody else has.
async fn every<W, F>(period: Duration, engine: Arc<Engine>, mut stopped: Stopped, work: W)
where
    W: Fn(Arc<Engine>) -> F,
    F: Future<Output = ()>,
{
    loop {
        let next = engine.clock.now() + period;
        tokio::select! {
            () = engine.clock.sleep_until(next) => work(Arc::clone(&engine)).await,
            () = turned(&mut stopped) => return,
        }
    }
}

/// Finds what was missed: deadlines of calls that no living node has armed, and connections whose
/// loss or return did not come to be noted.
async fn sweep(engine: Arc<Engine>) {
    let now = engine.clock.now();
    match engine.store.due(now, MOST_OVERDUE).await {
        Ok(overdue) => {
            for call in overdue {
                engine.expire(call, now);
            }
        }
        Err(error) => tracing::warn!(%error, "overdue calls could not be looked up"),
    }
    for live in engine.roster.all() {
        if presence_change(&engine, &live.call).is_some() {
            engine.start_executing(live.call.id(), presence_change);
        }
    }
    recording::count_jobs(engine).await;
}

async fn flush(engine: Arc<Engine>) {
    engine.quality_log.flush(&engine.store).await;
    engine.flush_alerts().await;
}

async fn clean_up(engine: Arc<Engine>) {
    let now = engine.clock.now();
    let deleted = async {
        let credentials = engine.store.delete_expired_turn_credentials(now).await?;
        let keys = engine.store.delete_expired_idempotency_keys(now).await?;
        Ok::<_, call_store::StoreError>((credentials, keys))
    };
    match deleted.await {
        Ok((credentials, keys)) => tracing::debug!(credentials, keys, "expired records deleted"),
        Err(error) => tracing::warn!(%error, "expired records could not be deleted"),
    }
    recording::retain(Arc::clone(&engine)).await;
    recording::sweep_recordings(engine).await;
}

impl Engine {
    fn expire(self: &Arc<Self>, call: CallId, now: Timestamp) {
        let begun = self.start_executing(call, |engine, call| {
            let due = call
                .next_deadline()
                .is_some_and(|at| at <= engine.clock.now());
            if !due {
                // Moved meanwhile, or asked for as a second look after a failed write.
                engine.deadlines.set(call.id(), call.next_deadline());
            }
            due.then_some(Command::Expire)
        });
        if !begun {
            self.deadlines.set(call, Some(now + LATER));
        }
    }
}

/// The command that a call needs to agree with who is connected, if it does not.
pub(crate) fn presence_change(engine: &Engine, call: &Call) -> Option<Command> {
    call.devices().into_iter().find_map(|who| {
        let leg = call.participant(&who.user)?.leg(&who.device)?;
        let away = matches!(leg.state, LegState::Reconnecting { .. });
        match (engine.bus.is_online(&who), away) {
            (true, true) => Some(Command::Resume {
                user: who.user,
                device: who.device,
            }),
            (false, false) => Some(Command::Disconnect {
                user: who.user,
                device: who.device,
            }),
            (true, false) | (false, true) => None,
        }
    })
}
