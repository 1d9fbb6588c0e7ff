use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use call_tests::media::SendPlan;
use call_tests::process::{descriptors, resident, threads};
use call_tests::{Device, Site};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::Setting;
use crate::chance::Chance;
use crate::figures::{Figures, Occupants};
use crate::seat::{Count, Ending, Seat, Ticket, initiate, take};
use crate::stage::Stage;

/// How long a call goes on before another one begins, in seconds.
const CALL: (f64, f64) = (40.0, 90.0);
/// How long somebody stays, and stays away, in seconds.
const STAY: (f64, f64) = (3.0, 20.0);
const AWAY: (f64, f64) = (0.5, 6.0);
/// How long what was used may take to be given back: lost devices keep their place in a call for 30 s, and what a finished call
/// leaves behind for clients that come late is kept for a minute.
const SETTLING: Duration = Duration::from_mins(2);
/// Before it is measured what the server uses at rest, everything has been used for so long.
const WARM_UP: Duration = Duration::from_mins(1);

/// What people did.
#[derive(Default)]
struct Deeds {
    calls: AtomicUsize,
    joined: AtomicUsize,
    left: AtomicUsize,
    vanished: AtomicUsize,
    restarted: AtomicUsize,
}

/// What the server's process uses.
#[derive(Debug, Clone, Copy)]
struct Use {
    megabytes: f64,
    descriptors: usize,
    threads: usize,
}

/// People come and go at random; then everything must be given back.
pub(crate) async fn run(setting: Setting, calls: usize, time: Duration, seed: u64) -> Result<()> {
    let pid = setting
        .pid
        .context("a soak watches the server's process: leave --server out")?;
    println!(
        "{:.1} minutes of {calls} call(s) of {} publishers and {} subscribers, seed {seed}",
        time.as_secs_f64() / 60.0,
        setting.publishers,
        setting.subscribers
    );
    let setting = Arc::new(setting);
    let stage = Stage::start(setting.address)?;
    let fresh = Use::of(pid)?;
    println!("\nwarm-up: {} s", WARM_UP.as_secs());
    churn(&setting, &stage, calls, WARM_UP, seed).await?;
    let before = at_rest(&setting.site, pid, None).await?;
    println!("\nthe soak");
    churn(&setting, &stage, calls, time, seed.wrapping_add(1)).await?;
    let after = at_rest(&setting.site, pid, Some(before)).await?;
    println!("\n                     memory  descriptors  threads");
    for (when, used) in [
        ("fresh", fresh),
        ("at rest before", before),
        ("at rest after", after),
    ] {
        let Use {
            megabytes,
            descriptors,
            threads,
        } = used;
        println!("  {when:<16} {megabytes:>7.1} MB  {descriptors:>11}  {threads:>7}");
    }
    ensure!(after.is_back_at(before), "not everything was given back");
    println!("everything was given back");
    Ok(())
}

/// People come and go for a while, and are all out in the end.
async fn churn(
    setting: &Arc<Setting>,
    stage: &Stage,
    calls: usize,
    time: Duration,
    seed: u64,
) -> Result<()> {
    let counted = Arc::new(Count::default());
    let deeds = Arc::new(Deeds::default());
    let end = Instant::now() + time;
    let mut chance = Chance::new(seed);
    let mut people = JoinSet::new();
    for call in 1..=calls {
        let names = setting.people(call);
        let ticket = Ticket {
            stage: stage.clone(),
            wanted: Arc::new(names[..setting.publishers].to_vec()),
            counted: Arc::clone(&counted),
        };
        let (announce, call) = watch::channel(None);
        for (number, name) in names.iter().enumerate() {
            let guest = Guest {
                site: setting.site.clone(),
                name: name.clone(),
                plan: setting.plan_of(number),
                ticket: ticket.clone(),
                deeds: Arc::clone(&deeds),
                chance: chance.fork(),
                end,
            };
            if number == 0 {
                let announce = announce.clone();
                let others = names[1..].to_vec();
                people.spawn(guest.host(others, announce));
            } else {
                people.spawn(guest.visit(call.clone()));
            }
        }
    }
    let mut figures = Figures::new(setting.pid)?;
    let mut ticks = tokio::time::interval(Duration::from_secs(5));
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let media = stage.tell().await?;
                figures.line(counted.joined(), &media)?;
            }
            person = people.join_next() => match person {
                Some(person) => person.context("a participant fell")??,
                None => break,
            }
        }
    }
    figures.print_total(time)?;
    println!(
        "  {}, {} errors of the server",
        deeds.told(),
        counted.errors()
    );
    Ok(())
}

/// What the server uses when nobody is there, once that is steady and, if there is one, as little as before.
async fn at_rest(site: &Site, pid: u32, before: Option<Use>) -> Result<Use> {
    let end = Instant::now() + SETTLING;
    let mut latest = Use::of(pid)?;
    let mut steady = 0;
    loop {
        sleep(Duration::from_secs(5)).await;
        let now = Use::of(pid)?;
        steady = if now.descriptors == latest.descriptors && now.threads == latest.threads {
            steady + 1
        } else {
            0
        };
        latest = now;
        let left = Occupants::of(site).await?;
        let is_back = before.is_none_or(|before| now.is_back_at(before));
        // Half a minute: so long a lost device may come back.
        if left.is_nobody() && is_back && steady >= 6 {
            return Ok(now);
        }
        if Instant::now() >= end {
            left.ensure_nobody()?;
            return Ok(now);
        }
    }
}

impl Use {
    fn of(pid: u32) -> Result<Self> {
        Ok(Self {
            megabytes: resident(pid)?,
            descriptors: descriptors(pid)?,
            threads: threads(pid)?,
        })
    }

    /// Allocators give back what they like, so memory may have grown a little; the rest must be gone.
    fn is_back_at(self, before: Self) -> bool {
        /// Connections of the database, and of the one who asks for the metrics.
        const SPARE: usize = 4;
        self.megabytes <= before.megabytes * 1.2 + 10.0
            && self.descriptors <= before.descriptors + SPARE
            && self.threads <= before.threads
    }
}

/// Somebody who comes and goes.
struct Guest {
    site: Site,
    name: String,
    plan: Option<SendPlan>,
    ticket: Ticket,
    deeds: Arc<Deeds>,
    chance: Chance,
    end: Instant,
}

impl Guest {
    /// Begins one call after another and stays until each is over.
    async fn host(
        mut self,
        others: Vec<String>,
        announce: watch::Sender<Option<String>>,
    ) -> Result<()> {
        let mut device = self.device().await;
        while Instant::now() < self.end {
            let until = self.until(CALL);
            let call = initiate(&device, &others).await?;
            count(&self.deeds.calls);
            announce.send_replace(Some(call.clone()));
            let mut seat = Seat::take(device, &call, self.plan, &self.ticket);
            let ending = seat.stay(until).await?;
            announce.send_replace(None);
            device = match ending {
                Ending::Time => seat.end().await?,
                // Everybody else happened to be away for long enough.
                Ending::Call => seat.stand_up(),
            };
        }
        Ok(())
    }

    /// Comes into whatever call there is and leaves it, time and again, in every way that there is.
    async fn visit(mut self, mut call: watch::Receiver<Option<String>>) -> Result<()> {
        let mut device = self.device().await;
        loop {
            sleep_until(self.until(AWAY)).await;
            if Instant::now() >= self.end {
                return Ok(());
            }
            let Some(current) = call.borrow_and_update().clone() else {
                tokio::select! {
                    () = sleep_until(self.end) => {}
                    changed = call.changed() => if changed.is_err() { return Ok(()) },
                }
                continue;
            };
            // Whoever is still called answers, whoever was there before comes again: joining does for both.
            if take(&device, &current, "join").await?.is_none() {
                continue;
            }
            count(&self.deeds.joined);
            let mut seat = Seat::take(device, &current, self.plan, &self.ticket);
            let mut ending = seat.stay(self.until(STAY)).await?;
            if ending == Ending::Time && self.chance.one_in(3) {
                ending = self.suffer(&mut seat).await?;
            }
            device = match ending {
                Ending::Call => seat.stand_up(),
                Ending::Time if self.chance.one_in(8) => {
                    // Never heard of again, as far as the server knows: another device of the user comes later.
                    drop(seat);
                    count(&self.deeds.vanished);
                    sleep(Duration::from_secs(35)).await;
                    self.device().await
                }
                Ending::Time => {
                    count(&self.deeds.left);
                    seat.leave().await?
                }
            };
        }
    }

    /// Something happens to the network, and the call goes on.
    async fn suffer(&mut self, seat: &mut Seat) -> Result<Ending> {
        match self.chance.below(3) {
            0 => {
                count(&self.deeds.vanished);
                seat.vanish(Duration::from_millis(300)).await?;
            }
            restart => {
                count(&self.deeds.restarted);
                seat.restart(restart == 1).await?;
            }
        }
        seat.stay(self.until(STAY)).await
    }

    async fn device(&mut self) -> Device {
        let number = self.chance.below(1 << 32);
        let mut device = Device::at(&self.site, &self.name, &format!("soak-{number}"));
        device.connect().await;
        device
    }

    /// A moment at random, before the end.
    fn until(&mut self, seconds: (f64, f64)) -> Instant {
        let time = Duration::from_secs_f64(self.chance.between(seconds.0, seconds.1));
        (Instant::now() + time).min(self.end)
    }
}

impl Deeds {
    fn told(&self) -> String {
        let of = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
        format!(
            "{} calls, {} joined, {} left, {} vanished, {} restarted their media",
            of(&self.calls),
            of(&self.joined),
            of(&self.left),
            of(&self.vanished),
            of(&self.restarted)
        )
    }
}

fn count(counter: &AtomicUsize) {
    counter.fetch_add(1, Ordering::Relaxed);
}
