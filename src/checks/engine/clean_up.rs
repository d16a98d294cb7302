//! Removes what a probe created, also after it failed or was interrupted.

use futures_util::future::join_all;
use serde_json::json;

use super::call::Call;
use super::session::{Session, patch_call};
use crate::exchange::Exchange;

/// How many are deleted at once.
const AT_ONCE: usize = 8;

impl Session {
    /// Deletes what the probe created, the latest first; what cannot be deleted is told. Those of one kind that were
    /// made one after another go together.
    pub(in crate::checks) async fn clean_up(&mut self) {
        while let Some(last) = self.created.last() {
            let kind = collection(last);
            let count =
                self.created.iter().rev().take(AT_ONCE).take_while(|path| collection(path) == kind).count();
            let mut some = self.created.split_off(self.created.len() - count);
            some.reverse();
            let gone = join_all(some.iter().map(|path| self.remove(path))).await;
            self.exchanges += count;
            self.chain += 1;
            // Several at once, or in another order, may have been too much for the service; one that deletes nothing
            // is not asked twice.
            let again = gone.contains(&true);
            for path in some.into_iter().zip(gone).filter_map(|(path, gone)| (!gone).then_some(path)) {
                self.insist(path, again).await;
            }
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

    /// Deletes it once more where that may help; otherwise does the next best, and tells of it.
    async fn insist(&mut self, path: String, again: bool) {
        if again {
            self.exchanges += 1;
            self.chain += 1;
            if self.remove(&path).await {
                return;
            }
        }
        if path.starts_with("/Users/") {
            // The next best: nobody can sign in with it.
            let off = patch_call(&path, json!({"op": "replace", "path": "active", "value": false}));
            let _ = self.engine.exchange(self.request(&off)).await;
            self.exchanges += 1;
            self.chain += 1;
        }
        self.left.push(path);
    }
}

/// What a path is in, like `/Users`.
fn collection(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(collection, _)| collection)
}
