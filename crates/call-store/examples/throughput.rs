//! How many steps a second the store makes durable: `throughput [URL] [TASKS] [SECONDS]`.
//!
//! Each task has a call of its own and changes it over and over, waiting for each change to be
//! durable. Without a URL it uses a SQLite file in the temporary folder.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use call_domain::{
    Call, CallId, CallType, Command, Invitee, MediaChange, PlaceRequest, Policy, Timestamp, UserId,
    place,
};
use call_store::{CallStore, Options, Placed, Store};
use uuid::Uuid;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir()?;
    let file = format!("sqlite://{}", folder.path().join("calls.sqlite3").display());
    let url = arguments.next().unwrap_or(file);
    let tasks: u64 = arguments.next().map_or(Ok(64), |tasks| tasks.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |seconds| seconds.parse())?;

    let store = Arc::new(Store::connect(&url, Options::default()).await?);
    store.migrate().await?;
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let mut running = tokio::task::JoinSet::new();
    for task in 0..tasks {
        running.spawn(change(Arc::clone(&store), task, until));
    }
    let mut latencies = Vec::new();
    while let Some(done) = running.join_next().await {
        latencies.extend(done??);
    }
    latencies.sort_unstable();
    #[allow(clippy::cast_precision_loss)] // nobody measures 2^52 steps
    let rate = latencies.len() as f64 / began.elapsed().as_secs_f64();
    let p99 = latencies
        .get(latencies.len() * 99 / 100)
        .copied()
        .unwrap_or_default();
    println!("{tasks} tasks: {rate:.0} steps a second, p99 {p99:?}");
    Ok(())
}

/// Changes one call until the time is over; says how long each change took.
async fn change(store: Arc<Store>, task: u64, until: Instant) -> Result<Vec<Duration>> {
    let at = Timestamp::from_micros(1_790_000_000_000_000);
    let run = Uuid::now_v7().simple();
    let caller: UserId = format!("caller-{task}-{run}").parse()?;
    let request = PlaceRequest {
        id: CallId::new(Uuid::now_v7()),
        initiator_id: caller.clone(),
        initiator_name: None,
        device: "phone".parse()?,
        online: true,
        call_type: CallType::Video,
        invitees: vec![Invitee {
            user_id: format!("callee-{task}-{run}").parse()?,
            name: None,
            devices: vec!["phone".parse()?],
        }],
        conversation_id: None,
        metadata: serde_json::Map::new(),
    };
    let users = [caller.clone(), request.invitees[0].user_id.clone()];
    let decide = Box::new(move |live: &[Call]| place(request, &Policy::default(), live, at));
    let Placed::Stored { step, .. } = store.place(&users, None, at, decide).await? else {
        return Err("no call".into());
    };
    let mut call = step.call;
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let change = MediaChange {
            screen: Some(latencies.len() % 2 == 0),
            ..MediaChange::default()
        };
        let user = caller.clone();
        let step = call.apply(Command::ChangeMedia { user, change }, at)?;
        let began = Instant::now();
        store.commit(&step, call.version(), at).await?;
        latencies.push(began.elapsed());
        call = step.call;
    }
    Ok(latencies)
}
