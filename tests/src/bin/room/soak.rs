use anyhow::Result;
use std::time::Duration;

use crate::Setting;

pub(crate) async fn run(
    _setting: Setting,
    _calls: usize,
    _time: Duration,
    _seed: u64,
) -> Result<()> {
    anyhow::bail!("later")
}
