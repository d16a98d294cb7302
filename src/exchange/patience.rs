//! How long a run waits, all in all, for a service that asks for it (RFC 9110 §10.2.3).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a run has of time to wait for a service. Waits at the same time count once.
pub struct Patience {
    most: Duration,
    elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
    spent: Mutex<Spent>,
}

#[derive(Default)]
struct Spent {
    all: Duration,
    /// The end of the latest wait.
    until: Duration,
}

impl Patience {
    /// At most so long, by a clock that says how long it is since some instant; `tell` is told of each wait.
    pub fn new(
        most: Duration,
        elapsed: Arc<dyn Fn() -> Duration + Send + Sync>,
        tell: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> Self {
        Self { most, elapsed, tell, spent: Mutex::default() }
    }

    /// Waits so long.
    ///
    /// # Errors
    /// A sentence, at once, when that is longer than what is left.
    pub async fn wait(&self, asked: Duration) -> Result<(), String> {
        self.take(asked)?;
        tokio::time::sleep(asked).await;
        Ok(())
    }

    fn take(&self, asked: Duration) -> Result<(), String> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.elapsed)();
        let until = spent.until.max(now.saturating_add(asked));
        let more = until - spent.until.max(now);
        let all = spent.all.saturating_add(more);
        let (asked, most) = (asked.as_secs(), self.most.as_secs());
        if all > self.most {
            return Err(format!(
                "the service asks to wait {asked} s, and of the {most} s that a run waits in all (--max-wait) {} s are left",
                (self.most - spent.all).as_secs()
            ));
        }
        *spent = Spent { all, until };
        if !more.is_zero() {
            (self.tell)(&format!("the service asks to wait {asked} s; {} s of {most} s used", all.as_secs()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn waits_at_the_same_time_count_once_and_those_that_follow_add_up() {
        let (now, told) = (Arc::new(AtomicU64::new(5)), Arc::new(Mutex::new(Vec::new())));
        let (clock, sink) = (Arc::clone(&now), Arc::clone(&told));
        let patience = Patience::new(
            Duration::from_secs(60),
            Arc::new(move || Duration::from_secs(clock.load(Ordering::Relaxed))),
            Arc::new(move |text| sink.lock().unwrap().push(text.to_owned())),
        );
        let thirty = Duration::from_secs(30);
        // Two that begin together, one that begins after ten seconds, one that begins when all have ended.
        assert_eq!((patience.take(thirty), patience.take(thirty)), (Ok(()), Ok(())));
        now.store(15, Ordering::Relaxed);
        assert_eq!(patience.take(thirty), Ok(()));
        now.store(100, Ordering::Relaxed);
        assert_eq!(patience.take(Duration::from_secs(20)), Ok(()));
        assert_eq!(
            *told.lock().unwrap(),
            [
                "the service asks to wait 30 s; 30 s of 60 s used",
                "the service asks to wait 30 s; 40 s of 60 s used",
                "the service asks to wait 20 s; 60 s of 60 s used",
            ]
        );
        now.store(200, Ordering::Relaxed);
        assert_eq!(
            patience.take(Duration::from_secs(3600)).unwrap_err(),
            "the service asks to wait 3600 s, and of the 60 s that a run waits in all (--max-wait) 0 s are left"
        );
    }
}
