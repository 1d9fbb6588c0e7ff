use std::collections::BTreeMap;

use call_domain::{Timestamp, UserId};
use call_signal::wire::StatsSample;
use parking_lot::Mutex;

/// What the devices in a live call reported last.
#[derive(Debug, Default)]
pub(crate) struct LatestReports {
    reports: Mutex<BTreeMap<UserId, Report>>,
}

/// What a device reported last.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) at: Timestamp,
    /// One for each peer; as many as one message may hold.
    pub(crate) samples: Vec<StatsSample>,
}

impl LatestReports {
    pub(crate) fn keep(&self, user: &UserId, report: Report) {
        self.reports.lock().insert(user.clone(), report);
    }

    pub(crate) fn of(&self, user: &UserId) -> Option<Report> {
        self.reports.lock().get(user).cloned()
    }

    /// Drops what was reported by everybody whom `stays` does not name.
    pub(crate) fn retain(&self, stays: impl Fn(&UserId) -> bool) {
        self.reports.lock().retain(|user, _| stays(user));
    }
}
