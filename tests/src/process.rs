//! What a process uses, as Linux tells it in `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// Resident memory of a process, in megabytes (10⁶ bytes).
pub fn resident(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kib: f64 = value(&status, "VmRSS:")
        .with_context(|| format!("no VmRSS of {pid}"))?
        .parse()?;
    Ok(kib * 1024.0 / 1e6)
}

/// Processor time that a process has used, in seconds.
pub fn processor_seconds(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after.split_whitespace().skip(11);
    let mut ticks = || {
        fields
            .next()
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    Ok((ticks() + ticks()) / 100.0)
}

/// The same, to the nanosecond; of the threads that it has now, those with such names.
pub fn processor_time_of(pid: u32, wanted: impl Fn(&str) -> bool) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        let name = fs::read_to_string(task.join("comm")).unwrap_or_default();
        if !wanted(name.trim_end()) {
            continue;
        }
        let path = task.join("schedstat");
        // A thread may have ended meanwhile.
        let Ok(figures) = fs::read_to_string(path) else {
            continue;
        };
        let ran = figures
            .split_whitespace()
            .next()
            .context("no time in schedstat")?;
        sum += Duration::from_nanos(ran.parse()?);
    }
    Ok(sum)
}

/// Threads of a process.
pub fn threads(pid: u32) -> Result<usize> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let threads = value(&status, "Threads:").with_context(|| format!("no Threads of {pid}"))?;
    Ok(threads.parse()?)
}

/// Open descriptors of a process.
pub fn descriptors(pid: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

fn value<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)
}
