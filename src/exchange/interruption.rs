//! That somebody wants the program to stop.

use std::time::Duration;

use tokio::sync::watch;

/// The wish to stop, raised once from outside, and seen by whatever waits. Clones share it.
#[derive(Debug, Clone)]
pub struct Interruption {
    raised: watch::Sender<bool>,
}

impl Interruption {
    /// Not raised.
    #[must_use]
    pub fn new() -> Self {
        Self { raised: watch::Sender::new(false) }
    }

    /// Says that the program is to stop.
    pub fn raise(&self) {
        self.raised.send_replace(true);
    }

    /// Whether the program is to stop.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.raised.borrow()
    }

    /// Ends when the program is to stop.
    pub async fn raised(&self) {
        let mut raised = self.raised.subscribe();
        // The sender is at hand, so that there is no error.
        drop(raised.wait_for(|raised| *raised).await);
    }

    /// Waits so long, or until the program is to stop.
    pub async fn sleep(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.raised() => {}
        }
    }
}

impl Default for Interruption {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_goes_on_when_it_is_raised() {
        let interruption = Interruption::new();
        assert!(!interruption.is_raised());
        let waiting = interruption.clone();
        let waits = tokio::spawn(async move { waiting.sleep(Duration::MAX).await });
        interruption.raise();
        waits.await.unwrap();
        assert!(interruption.is_raised());
    }
}
