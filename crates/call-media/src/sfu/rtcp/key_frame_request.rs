use std::time::{Duration, Instant};

/// Makes few key-frame requests to a sender out of many of its receivers. One for each incoming layer.
#[derive(Debug, Default)]
pub(crate) struct KeyFrameRequests {
    wanted: bool,
    /// Since when a request is due at the earliest; none: at once.
    not_before: Option<Instant>,
}

/// Between two requests: a key frame is as large as many others, and a sender needs a round trip to make it.
const INTERVAL: Duration = Duration::from_millis(300);

impl KeyFrameRequests {
    /// Somebody needs a key frame.
    pub(crate) fn want(&mut self, now: Instant) {
        self.wanted = true;
        self.not_before.get_or_insert(now);
    }

    /// A key frame began: whoever waited has it.
    pub(crate) fn came(&mut self, _now: Instant) {
        self.wanted = false;
    }

    /// When to call [`Self::poll`]; none while nobody waits.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.not_before.filter(|_| self.wanted)
    }

    /// Whether a request is to be sent now.
    pub(crate) fn poll(&mut self, now: Instant) -> bool {
        let due = self.next_deadline().is_some_and(|at| at <= now);
        if due {
            // Again, until one comes.
            self.not_before = Some(now + INTERVAL);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_wishes_make_one_request_and_another_until_a_key_frame_came() {
        let start = Instant::now();
        let mut requests = KeyFrameRequests::default();
        assert!(!requests.poll(start));
        let mut sent = 0;
        for millisecond in 0..1000 {
            let now = start + Duration::from_millis(millisecond);
            requests.want(now);
            sent += usize::from(requests.poll(now));
        }
        assert_eq!(sent, 4);
        requests.came(start + Duration::from_secs(1));
        assert_eq!(requests.next_deadline(), None);
        assert!(!requests.poll(start + Duration::from_secs(9)));
    }

    #[test]
    fn a_wish_right_after_a_key_frame_waits_its_time() {
        let start = Instant::now();
        let mut requests = KeyFrameRequests::default();
        requests.want(start);
        assert!(requests.poll(start));
        requests.came(start + Duration::from_millis(50));
        requests.want(start + Duration::from_millis(60));
        assert!(!requests.poll(start + Duration::from_millis(60)));
        assert_eq!(requests.next_deadline(), Some(start + INTERVAL));
        assert!(requests.poll(start + INTERVAL));
    }
}
