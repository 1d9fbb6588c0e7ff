use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use call_tests::Site;
use call_tests::process::{processor_seconds, resident};
use hdrhistogram::Histogram;

/// What participants have received and sent.
pub(crate) struct Media {
    /// Peer connections now.
    pub(crate) peers: usize,
    /// Those with ICE and DTLS done.
    pub(crate) connected: usize,
    /// Those that a picture came to.
    pub(crate) seeing: usize,
    /// Packets of pictures received.
    pub(crate) packets: i64,
    /// Their payload bytes.
    pub(crate) bytes: i64,
    /// Packets of sound received.
    pub(crate) sounds: i64,
    /// Packets that never came.
    pub(crate) lost: i64,
    /// Packets of pictures sent.
    pub(crate) sent: i64,
    /// Their payload bytes.
    pub(crate) bytes_sent: i64,
    /// How long packets of pictures were on their way, in µs.
    pub(crate) delays: Histogram<u64>,
    /// How long it took from an offer's answer to the first picture, in µs.
    pub(crate) first_pictures: Histogram<u64>,
}

/// Figures of a run, second by second and at the end.
pub(crate) struct Figures {
    began: Instant,
    pid: Option<u32>,
    processor: f64,
    processor_at_start: f64,
    latest: Instant,
    total: Media,
}

/// A histogram of microseconds, up to a minute.
pub(crate) fn latencies() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

/// A quantile in milliseconds.
#[allow(clippy::cast_precision_loss)] // microseconds of a minute fit
fn milliseconds(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1000.0
}

/// Who is in the server's SFU, as its metrics tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Occupants {
    rooms: f64,
    peers: f64,
}

impl Occupants {
    pub(crate) async fn of(site: &Site) -> Result<Self> {
        let url = format!("{}/metrics", site.url());
        let metrics = reqwest::get(url).await?.error_for_status()?.text().await?;
        let gauge = |name: &str| -> Result<f64> {
            let line = metrics
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            let value = line.with_context(|| format!("{name} is not among the metrics"))?;
            Ok(value.trim().parse()?)
        };
        Ok(Self {
            rooms: gauge("call_sfu_rooms")?,
            peers: gauge("call_sfu_peers")?,
        })
    }

    pub(crate) fn is_nobody(self) -> bool {
        self.rooms == 0.0 && self.peers == 0.0
    }

    pub(crate) fn ensure_nobody(self) -> Result<()> {
        let Self { rooms, peers } = self;
        ensure!(
            self.is_nobody(),
            "{rooms} rooms and {peers} peers are left in the SFU"
        );
        Ok(())
    }
}

impl Figures {
    pub(crate) fn new(pid: Option<u32>) -> Result<Self> {
        let processor = pid.map_or(Ok(0.0), processor_seconds)?;
        Ok(Self {
            began: Instant::now(),
            pid,
            processor,
            processor_at_start: processor,
            latest: Instant::now(),
            total: Media::new()?,
        })
    }

    /// Everything up to here is forgotten: people were still coming.
    pub(crate) fn begin_anew(&mut self) -> Result<()> {
        let first_pictures = self.total.first_pictures.clone();
        let began = self.began;
        *self = Self::new(self.pid)?;
        self.began = began;
        self.total.first_pictures = first_pictures;
        Ok(())
    }

    /// A line of what happened since the one before.
    pub(crate) fn line(&mut self, joined: usize, media: &Media) -> Result<()> {
        let elapsed = self.latest.elapsed();
        let mut line = format!(
            "{:>5} s  joined {joined:>4}  connected {:>4}  {}",
            self.began.elapsed().as_secs(),
            media.connected,
            rates(media, elapsed),
        );
        if let Some(pid) = self.pid {
            let processor = processor_seconds(pid)?;
            let share = (processor - self.processor) / elapsed.as_secs_f64();
            self.processor = processor;
            write!(
                line,
                "  server {:>5.1} % CPU {:>5.0} MB",
                share * 100.0,
                resident(pid)?
            )?;
        }
        println!("{line}");
        self.latest = Instant::now();
        self.total.add(media)
    }

    /// What the whole run showed.
    #[allow(clippy::cast_precision_loss)] // packets of a run fit
    pub(crate) fn print_total(&self, time: Duration) -> Result<()> {
        let total = &self.total;
        println!("\nin {:.0} s", time.as_secs_f64());
        println!("  {}", rates(total, time));
        println!(
            "  sound: {:.0} packets/s out",
            total.sounds as f64 / time.as_secs_f64()
        );
        println!(
            "  first picture after: p50 {:.0} ms, p99 {:.0} ms ({} people)",
            milliseconds(&total.first_pictures, 0.5),
            milliseconds(&total.first_pictures, 0.99),
            total.first_pictures.len(),
        );
        if let Some(pid) = self.pid {
            let used = processor_seconds(pid)? - self.processor_at_start;
            println!(
                "  server: {:.2} CPU-seconds, {:.0} packets per CPU-second, {:.0} MB",
                used,
                (total.packets + total.sounds) as f64 / used,
                resident(pid)?,
            );
        }
        Ok(())
    }
}

impl Media {
    fn add(&mut self, other: &Self) -> Result<()> {
        self.packets += other.packets;
        self.bytes += other.bytes;
        self.sounds += other.sounds;
        self.lost += other.lost;
        self.sent += other.sent;
        self.bytes_sent += other.bytes_sent;
        self.delays.add(&other.delays)?;
        self.first_pictures.add(&other.first_pictures)?;
        Ok(())
    }
}

/// As the server sees it: in is what publishers send, out is what arrives.
#[allow(clippy::cast_precision_loss)] // packets of a run fit
fn rates(media: &Media, time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let expected = media.packets + media.sounds + media.lost;
    format!(
        "in {:>6.0}/s {:>6.1} Mbit/s  out {:>7.0}/s {:>7.1} Mbit/s  lost {:>6.3} %  delay p50 {:>6.2} p99 {:>7.2} ms",
        media.sent as f64 / seconds,
        media.bytes_sent as f64 * 8.0 / 1e6 / seconds,
        media.packets as f64 / seconds,
        media.bytes as f64 * 8.0 / 1e6 / seconds,
        media.lost as f64 * 100.0 / expected.max(1) as f64,
        milliseconds(&media.delays, 0.5),
        milliseconds(&media.delays, 0.99),
    )
}
