//! Attempts to sign in that fail: after a few, each makes the next one wait longer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// Failures that make nobody wait.
const FREE: u32 = 5;
/// The longest wait in seconds.
const LONGEST: i64 = 60;
/// After so long without a failure, none is remembered.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(15);
/// Most accounts and clients that are remembered.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Timestamp,
}

impl Failures {
    /// Until when nothing is tried.
    fn until(&self) -> Timestamp {
        let Some(doublings) = self.count.checked_sub(FREE) else { return self.last };
        let seconds = 1_i64.checked_shl(doublings).filter(|seconds| (1..LONGEST).contains(seconds));
        self.last.saturating_add(SignedDuration::from_secs(seconds.unwrap_or(LONGEST))).unwrap_or(self.last)
    }
}

/// Who failed to sign in, by account and by client; each is counted alone.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Failures>>);

impl Throttle {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Failures>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The seconds that any of `who` has to wait before the next attempt; nothing, when it may be made.
    #[must_use]
    pub fn wait(&self, who: &[String], now: Timestamp) -> Option<i64> {
        let failures = self.lock();
        let until = who.iter().filter_map(|who| failures.get(who)).map(Failures::until).max()?;
        let left = until.duration_since(now);
        left.is_positive().then(|| left.as_secs() + i64::from(left.subsec_nanos() > 0))
    }

    /// An attempt failed.
    pub fn failed(&self, who: &[String], now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() + who.len() > MOST {
            failures.retain(|_, known| now.duration_since(known.last) < FORGOTTEN);
        }
        for who in who {
            if failures.len() >= MOST && !failures.contains_key(who) {
                let oldest = failures.iter().min_by_key(|(_, known)| known.last).map(|(who, _)| who.clone());
                oldest.map(|oldest| failures.remove(&oldest));
            }
            let known = failures.entry(who.clone()).or_insert(Failures { count: 0, last: now });
            if now.duration_since(known.last) >= FORGOTTEN {
                known.count = 0;
            }
            *known = Failures { count: known.count.saturating_add(1), last: now };
        }
    }

    /// An attempt succeeded: what failed before is forgotten.
    pub fn succeeded(&self, who: &[String]) {
        let mut failures = self.lock();
        for who in who {
            failures.remove(who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn each_failure_after_a_few_doubles_the_wait_up_to_a_limit_and_success_ends_it() {
        let throttle = Throttle::default();
        let who = ["client 192.0.2.1".to_owned()];
        for _ in 0..FREE - 1 {
            throttle.failed(&who, at(0));
            assert_eq!(throttle.wait(&who, at(0)), None);
        }
        for expected in [1, 2, 4, 8, 16, 32, LONGEST, LONGEST] {
            throttle.failed(&who, at(0));
            assert_eq!(throttle.wait(&who, at(0)), Some(expected));
            assert_eq!(throttle.wait(&who, at(expected)), None, "the time is over");
        }
        assert_eq!(throttle.wait(&["client 192.0.2.2".to_owned()], at(0)), None, "another client");
        throttle.succeeded(&who);
        throttle.failed(&who, at(0));
        assert_eq!(throttle.wait(&who, at(0)), None);
    }

    #[test]
    fn failures_are_forgotten_and_only_so_many_are_remembered() {
        let throttle = Throttle::default();
        let who = ["account".to_owned()];
        for _ in 0..FREE {
            throttle.failed(&who, at(0));
        }
        throttle.failed(&who, at(FORGOTTEN.as_secs()));
        assert_eq!(throttle.wait(&who, at(FORGOTTEN.as_secs())), None, "it is the first again");
        for number in 0..MOST + 10 {
            throttle.failed(&[number.to_string()], at(FORGOTTEN.as_secs() + 1));
        }
        assert_eq!(throttle.lock().len(), MOST);
    }
}
