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

    /// Forgets everybody whom `stays` does not name; returns who changed by that.
    pub(crate) fn retain(&self, stays: impl Fn(&UserId) -> bool) -> Vec<(UserId, QualityChange)> {
        let mut monitors = self.monitors.lock();
        let gone: Vec<_> = monitors
            .keys()
            .filter(|user| !stays(user))
            .cloned()
            .collect();
        for user in &gone {
            monitors.remove(user);
        }
        let mut changes = Vec::new();
        for (user, monitor) in &mut *monitors {
            for peer in &gone {
                if let Some(change) = monitor.forget(peer) {
                    changes.push((user.clone(), change));
                }
            }
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
