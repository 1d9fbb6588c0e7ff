use std::collections::BTreeMap;

use call_domain::{Quality, UserId};
use call_media::{Assessment, QualityChange, QualityMonitor};
use parking_lot::Mutex;

/// The quality of the participants of one live call.
#[derive(Debug, Default)]
pub(crate) struct QualityWatch {
    monitors: Mutex<BTreeMap<UserId, QualityMonitor>>,
}

impl QualityWatch {
    /// Takes in how `user` receives `peer`; returns the change if the quality of `user` changed.
    pub(crate) fn observe(
        &self,
        user: &UserId,
        peer: &UserId,
        assessment: &Assessment,
    ) -> Option<QualityChange> {
        self.monitors
            .lock()
            .entry(user.clone())
            .or_default()
            .observe(peer, assessment)
    }

    /// Forgets those who are out of the call; returns who else changed by that.
    pub(crate) fn forget(&self, absent: &[&UserId]) -> Vec<(UserId, QualityChange)> {
        let mut monitors = self.monitors.lock();
        monitors.retain(|user, _| !absent.contains(&user));
        let mut changes = Vec::new();
        for (user, monitor) in &mut *monitors {
            // Only the last change counts: the others were never seen.
            let change = absent.iter().filter_map(|peer| monitor.forget(peer)).last();
            changes.extend(change.map(|change| (user.clone(), change)));
        }
        changes
    }

    /// How good each participant's connection is at the moment.
    pub(crate) fn levels(&self) -> BTreeMap<UserId, Quality> {
        let monitors = self.monitors.lock();
        let levels = monitors
            .iter()
            .filter_map(|(user, monitor)| monitor.quality().map(|quality| (user.clone(), quality)));
        levels.collect()
    }
}
