//! Removes what a probe created, also after it failed.

use futures_util::future::join_all;

use super::call::Call;
use super::session::Session;
use crate::exchange::Exchange;

/// How many are deleted at once.
const AT_ONCE: usize = 8;

impl Session {
    /// Deletes what the probe created, the latest first. Those of one kind that were made one after another go
    /// together. What is there still is left to who owns the way to the target.
    pub(in crate::checks) async fn clean_up(&mut self) {
        while let Some(last) = self.created.last() {
            if self.engine.interruption.is_raised() {
                self.left.append(&mut self.created);
                return;
            }
            let kind = collection(last);
            let count =
                self.created.iter().rev().take(AT_ONCE).take_while(|path| collection(path) == kind).count();
            let some = self.created.split_off(self.created.len() - count);
            let gone = join_all(some.iter().rev().map(|path| self.remove(path))).await;
            self.exchanges += count;
            self.chain += 1;
            let still = some.into_iter().rev().zip(gone).filter(|(_, gone)| !gone);
            self.left.extend(still.map(|(path, _)| path));
        }
    }

    /// Whether it is gone now.
    async fn remove(&self, path: &str) -> bool {
        let exchange = self.engine.exchange(self.request(&Call::new("DELETE", path))).await;
        exchange
            .as_ref()
            .and_then(Exchange::response)
            .is_some_and(|response| response.is_success() || response.status == 404)
    }
}

/// What a path is in, like `/Users`.
fn collection(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(collection, _)| collection)
}
