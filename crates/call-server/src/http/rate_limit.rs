use std::collections::HashMap;
use std::time::{Duration, Instant};

use call_domain::UserId;
use parking_lot::Mutex;

/// The most users that are remembered.
const MAX_USERS: usize = 50_000;

/// A token bucket for each user: so many requests a minute, and as many at once.
///
/// Memory is bounded: users whose bucket is full again are forgotten, which changes nothing for
/// them; if still too many remain, those who have waited longest are.
pub(crate) struct RateLimit {
    capacity: f64,
    per_second: f64,
    max_users: usize,
    buckets: Mutex<HashMap<UserId, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl RateLimit {
    /// Allows this many requests a minute.
    pub(crate) fn per_minute(requests: u32) -> Self {
        Self {
            capacity: f64::from(requests),
            per_second: f64::from(requests) / 60.0,
            max_users: MAX_USERS,
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one request of a user; else says how long to wait for the next.
    pub(crate) fn take(&self, user: &UserId, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= self.max_users && !buckets.contains_key(user) {
            self.forget(&mut buckets, now);
        }
        let bucket = buckets.entry(user.clone()).or_insert(Bucket {
            tokens: self.capacity,
            filled_at: now,
        });
        bucket.tokens = self.tokens(bucket, now);
        bucket.filled_at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            Ok(())
        } else {
            Err(Duration::from_secs_f64(
                (1.0 - bucket.tokens) / self.per_second,
            ))
        }
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(bucket.filled_at);
        (bucket.tokens + passed.as_secs_f64() * self.per_second).min(self.capacity)
    }

    fn forget(&self, buckets: &mut HashMap<UserId, Bucket>, now: Instant) {
        buckets.retain(|_, bucket| self.tokens(bucket, now) < self.capacity);
        if buckets.len() >= self.max_users {
            let mut ages: Vec<Instant> = buckets.values().map(|bucket| bucket.filled_at).collect();
            let middle = ages.len() / 2;
            let (_, median, _) = ages.select_nth_unstable(middle);
            let median = *median;
            buckets.retain(|_, bucket| bucket.filled_at > median);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().expect("a user id")
    }

    #[test]
    fn a_burst_is_allowed_then_one_each_interval() {
        let limit = RateLimit::per_minute(30);
        let start = Instant::now();
        let alice = user("alice");
        for _ in 0..30 {
            assert_eq!(limit.take(&alice, start), Ok(()));
        }
        let wait = limit.take(&alice, start).expect_err("the bucket is empty");
        assert!(wait > Duration::from_millis(1_900) && wait <= Duration::from_secs(2));
        assert_eq!(
            limit.take(&user("bob"), start),
            Ok(()),
            "others are not concerned"
        );
        assert_eq!(
            limit.take(&alice, start + Duration::from_millis(2_001)),
            Ok(())
        );
        assert!(
            limit
                .take(&alice, start + Duration::from_millis(2_001))
                .is_err()
        );
    }

    #[test]
    fn no_number_of_users_fills_the_memory() {
        let limit = RateLimit {
            max_users: 100,
            ..RateLimit::per_minute(1)
        };
        let start = Instant::now();
        for number in 0..10_000_u64 {
            let now = start + Duration::from_millis(number);
            assert_eq!(limit.take(&user(&format!("u{number}")), now), Ok(()));
            assert!(limit.buckets.lock().len() <= 100);
        }
    }

    #[test]
    fn forgetting_does_not_refill_recent_users() {
        let limit = RateLimit {
            max_users: 2,
            ..RateLimit::per_minute(1)
        };
        let start = Instant::now();
        assert!(limit.take(&user("old"), start).is_ok());
        assert!(
            limit
                .take(&user("recent"), start + Duration::from_secs(1))
                .is_ok()
        );
        assert!(
            limit
                .take(&user("new"), start + Duration::from_secs(2))
                .is_ok()
        );
        assert!(
            limit
                .take(&user("new"), start + Duration::from_secs(3))
                .is_err()
        );
    }
}
