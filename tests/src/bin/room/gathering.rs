use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use call_tests::{Device, Site};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Setting;
use crate::figures::{Figures, Occupants};
use crate::seat::{Count, Ending, Seat, Ticket, initiate, take};
use crate::stage::Stage;

/// How long everybody may take to come in, beyond the rate at which they do.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everybody comes, stays, and leaves.
pub(crate) async fn run(setting: Setting, calls: usize, time: Duration) -> Result<()> {
    let setting = Arc::new(setting);
    let stage = Stage::start(setting.address)?;
    let counted = Arc::new(Count::default());
    let everybody = (setting.publishers + setting.subscribers) * calls;
    let step = Duration::from_secs_f64(1.0 / setting.join_rate);
    let coming = step * u32::try_from(everybody)?;
    let end = Instant::now() + coming + PATIENCE + time;
    println!(
        "{calls} call(s) of {} publishers and {} subscribers at {}",
        setting.publishers,
        setting.subscribers,
        setting.site.url()
    );
    let mut people = JoinSet::new();
    let (is_over, over) = tokio::sync::watch::channel(false);
    for call in 1..=calls {
        let names = setting.people(call);
        let ticket = Ticket {
            stage: stage.clone(),
            wanted: Arc::new(names[..setting.publishers].to_vec()),
            counted: Arc::clone(&counted),
        };
        let (began, call) = tokio::sync::watch::channel(None);
        let mut began = Some(began);
        for (number, name) in names.iter().enumerate() {
            let person = Person {
                device: Device::at(&setting.site, name, "room"),
                begins: began.take().map(|began| (began, names[1..].to_vec())),
                call: call.clone(),
                plan: setting.plan_of(number),
                ticket: ticket.clone(),
                over: over.clone(),
                end,
            };
            let delay = step * u32::try_from(number)?;
            people.spawn(async move {
                tokio::time::sleep(delay).await;
                person.take_part().await
            });
        }
    }
    let outcome = watch(&setting, &stage, &counted, &mut people, everybody, time).await;
    is_over.send_replace(true);
    while let Some(person) = people.join_next().await {
        person.context("a participant fell")??;
    }
    outcome?;
    if setting.pid.is_some() {
        all_gone(&setting.site).await?;
    }
    ensure!(
        counted.errors() == 0,
        "the server answered {} errors",
        counted.errors()
    );
    Ok(())
}

/// Nobody is left in the SFU of our own server, in a moment.
async fn all_gone(site: &Site) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        let left = Occupants::of(site).await?;
        if left.is_nobody() || Instant::now() >= end {
            return left.ensure_nobody();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Prints what happens, until the time that everybody was there is over.
async fn watch(
    setting: &Setting,
    stage: &Stage,
    counted: &Count,
    people: &mut JoinSet<Result<()>>,
    everybody: usize,
    time: Duration,
) -> Result<()> {
    let mut figures = Figures::new(setting.pid)?;
    let coming = Duration::from_secs_f64(f64::from(u32::try_from(everybody)?) / setting.join_rate);
    let patience = Instant::now() + coming + PATIENCE;
    // The only publisher of a call sees nobody.
    let audience = if setting.publishers == 1 {
        everybody - everybody / (1 + setting.subscribers)
    } else {
        everybody
    };
    let mut since = None;
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            Some(person) = people.join_next() => {
                person.context("a participant fell")??;
                bail!("a participant went before the end");
            }
        }
        let media = stage.tell().await?;
        figures.line(counted.joined(), &media)?;
        match since {
            None if media.connected >= everybody && media.seeing >= audience => {
                println!("everybody is there");
                figures.begin_anew()?;
                since = Some(Instant::now());
            }
            None => {
                let (connected, seeing) = (media.connected, media.seeing);
                ensure!(
                    Instant::now() < patience,
                    "of {everybody} people {connected} are connected, and of {audience} {seeing} see something"
                );
            }
            Some(since) if since.elapsed() >= time => {
                figures.print_total(since.elapsed())?;
                ensure!(
                    media.connected >= everybody,
                    "only {} of {everybody} people are connected at the end",
                    media.connected
                );
                return Ok(());
            }
            Some(_) => {}
        }
    }
}

struct Person {
    device: Device,
    /// Whoever begins the call tells its id, and calls these.
    begins: Option<(tokio::sync::watch::Sender<Option<String>>, Vec<String>)>,
    call: tokio::sync::watch::Receiver<Option<String>>,
    plan: Option<call_tests::media::SendPlan>,
    ticket: Ticket,
    over: tokio::sync::watch::Receiver<bool>,
    end: Instant,
}

impl Person {
    async fn take_part(mut self) -> Result<()> {
        self.device.connect().await;
        let begins = self.begins.is_some();
        let call = if let Some((began, others)) = self.begins {
            let call = initiate(&self.device, &others).await?;
            began.send_replace(Some(call.clone()));
            call
        } else {
            let call = self.call.wait_for(Option::is_some).await?.clone();
            let call = call.context("a call")?;
            let taken = take(&self.device, &call, "answer").await?;
            taken.context("the call is over before it began")?;
            call
        };
        let mut seat = Seat::take(self.device, &call, self.plan, &self.ticket);
        let ending = tokio::select! {
            ending = seat.stay(self.end) => ending?,
            over = self.over.wait_for(|over| *over) => {
                over?;
                Ending::Time
            }
        };
        ensure!(
            ending == Ending::Time || *self.over.borrow(),
            "the call ended too early"
        );
        if begins {
            seat.end().await?;
        } else if ending == Ending::Call {
            seat.stand_up();
        } else {
            seat.leave().await?;
        }
        Ok(())
    }
}
