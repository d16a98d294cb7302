//! Deletes what this program created on a target, and finds out whether it is gone.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::ledger::{Collection, Creation, Key, Ledger, Made, State, id_of, is_gone, name};
use super::names;
use crate::exchange::{Response, percent_encode};
use crate::urn;

/// How long the clean-up takes at most, once nothing else runs.
pub const CLEAN_UP_TIME: Duration = Duration::from_secs(20);

/// How many are deleted at once.
const AT_ONCE: usize = 8;
/// How often what is found afterwards is deleted again.
const ROUNDS: usize = 2;
/// The first wait for a service that is out of order; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// How often something is read from a service that is out of order.
const LOOKS: usize = 4;
/// Resources on a page, and most pages, of a list of what a run created.
const PAGE: usize = 100;
const MOST_PAGES: usize = 200;

/// What became of a deletion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deletion {
    Gone,
    Refused,
    /// No answer, or one that says that the service is out of order.
    Outage,
}

impl Ledger {
    /// Deletes what is there still, within [`CLEAN_UP_TIME`], and gives what is left, as path and name. It waits for
    /// creations that are under way, tries again after an outage, and looks for what the answers did not tell of.
    pub async fn clean_up(&self) -> Vec<String> {
        if !self.shared.lasting {
            return Vec::new();
        }
        // What is not done when the time is over is left.
        let _ = tokio::time::timeout(CLEAN_UP_TIME, async {
            let _ = tokio::time::timeout(CLEAN_UP_TIME / 2, self.answered()).await;
            for _ in 0..ROUNDS {
                self.delete_all().await;
                if !self.look_up().await {
                    break;
                }
            }
            if *self.shared.under_way.borrow() > 0 {
                self.answered().await;
                self.delete_all().await;
            }
        })
        .await;
        self.left()
    }

    /// Waits until every creation has its answer.
    async fn answered(&self) {
        let mut under_way = self.shared.under_way.subscribe();
        drop(under_way.wait_for(|count| *count == 0).await);
    }

    /// What is there as far as is known, the latest first.
    fn present(&self) -> Vec<(Key, Made)> {
        let book = self.book();
        let present = book.made.iter().rev().filter(|(_, made)| made.state != State::Deleted);
        present.map(|(key, made)| (key.clone(), made.clone())).collect()
    }

    async fn delete_all(&self) {
        let mut wait = FIRST_WAIT;
        loop {
            let present = self.present();
            let mut outcomes = Vec::new();
            for some in present.chunks(AT_ONCE) {
                outcomes.extend(join_all(some.iter().map(|(key, made)| self.delete(key, made))).await);
            }
            let outage = outcomes.contains(&Deletion::Outage);
            let some_gone = outcomes.contains(&Deletion::Gone);
            let refused: Vec<_> =
                present.iter().zip(outcomes).filter(|(_, outcome)| *outcome == Deletion::Refused).collect();
            if !outage {
                for ((key, made), _) in refused {
                    // Several at once, or in another order, may have been too much for the service; one that deletes
                    // nothing is not asked twice.
                    if !some_gone || self.delete(key, made).await != Deletion::Gone {
                        self.deactivate(key, made).await;
                    }
                }
                return;
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }

    async fn delete(&self, key: &Key, made: &Made) -> Deletion {
        if self.confirm(key).await.is_err() {
            return Deletion::Gone;
        }
        match self.ask("DELETE", &made.url, &made.headers, None).await {
            Ok(response) if is_gone(&response) => {
                if let Some(made) = self.book().made.get_mut(key) {
                    made.state = State::Deleted;
                }
                Deletion::Gone
            }
            Ok(response) if !is_out_of_order(&response) => Deletion::Refused,
            Ok(_) | Err(_) => Deletion::Outage,
        }
    }

    /// The next best: nobody can sign in with it.
    async fn deactivate(&self, key: &Key, made: &Made) {
        if key.0 == "Users" {
            let off = json!({
                "schemas": [urn::PATCH_OP],
                "Operations": [{"op": "replace", "path": "active", "value": false}],
            });
            let _ = self.ask("PATCH", &made.url, &made.headers, Some(off)).await;
        }
    }

    /// Looks for resources of this run; whether there are some that were not known or were said to be deleted.
    async fn look_up(&self) -> bool {
        let (collections, unanswered) = {
            let book = self.book();
            (book.collections.clone(), book.unanswered.clone())
        };
        let mut found = false;
        for (url, collection) in &collections {
            let filter = format!("{} sw {}", name_of(collection), json!(self.shared.mark));
            match self.list(url, collection, &filter).await {
                Some(listed) => {
                    for resource in listed.iter().filter(|resource| self.is_of_this_run(resource)) {
                        found |= self.found(url, collection, resource);
                    }
                }
                None => found |= self.read_deleted(collection).await,
            }
        }
        for creation in &unanswered {
            found |= self.look_for(creation).await;
        }
        found
    }

    fn is_of_this_run(&self, resource: &Value) -> bool {
        names::holds(&name(resource), &self.shared.mark)
    }

    /// Looks for what may have been created although no answer says so.
    async fn look_for(&self, creation: &Creation) -> bool {
        let wanted = name(&creation.sent);
        let filter = format!("{} eq {}", name_of(&creation.collection), json!(wanted));
        let Some(listed) = self.list(&creation.url, &creation.collection, &filter).await else {
            return false;
        };
        let is_wanted = |resource: &&Value| name(resource).eq_ignore_ascii_case(&wanted);
        let mut named = listed.iter().filter(is_wanted).peekable();
        if named.peek().is_some() && !names::holds(&wanted, &self.shared.mark) {
            // It may have been there before, and be somebody else's.
            return false;
        }
        let mut found = false;
        for resource in named {
            found |= self.found(&creation.url, &creation.collection, resource);
        }
        let is_another = |known: &Creation| known.url != creation.url || name(&known.sent) != wanted;
        self.book().unanswered.retain(is_another);
        found
    }

    /// Reads what was said to be deleted, where no list shows it: the latest, and all if that one is there.
    async fn read_deleted(&self, collection: &Collection) -> bool {
        let deleted: Vec<Made> = {
            let book = self.book();
            let of = |(key, made): &(&Key, &Made)| key.0 == collection.name && made.state == State::Deleted;
            book.made.iter().rev().filter(of).map(|(_, made)| made.clone()).collect()
        };
        let mut found = false;
        for made in deleted {
            let Ok(response) = self.ask("GET", &made.url, &made.headers, None).await else { return found };
            let shown = response.json().filter(|_| response.is_success()).unwrap_or_default();
            let url = made.url.rsplit_once('/').map_or("", |(url, _)| url);
            if !self.is_of_this_run(&shown) || !self.found(url, collection, &shown) {
                return found;
            }
            found = true;
        }
        found
    }

    /// Reads, and again while the service is out of order.
    async fn look(&self, url: &str, headers: &[(String, String)]) -> Option<Response> {
        let mut wait = FIRST_WAIT;
        for _ in 0..LOOKS {
            match self.ask("GET", url, headers, None).await {
                Ok(response) if !is_out_of_order(&response) => return Some(response),
                Ok(_) | Err(_) => tokio::time::sleep(wait).await,
            }
            wait *= 2;
        }
        None
    }

    /// All resources that the filter finds; `None` when the service does not answer with lists.
    async fn list(&self, url: &str, collection: &Collection, filter: &str) -> Option<Vec<Value>> {
        let filter = percent_encode(filter);
        let mut pages = Pages::default();
        while let Some(next) = pages.next() {
            let url = format!("{url}?filter={filter}&{next}");
            pages.take(self.look(&url, &collection.headers).await.as_ref());
        }
        pages.all().map(|(resources, _)| resources)
    }
}

/// Whether the service may do later what it does not do now.
fn is_out_of_order(response: &Response) -> bool {
    [429, 502, 503, 504].contains(&response.status)
}

/// The attribute by which a collection is searched.
fn name_of(collection: &Collection) -> &'static str {
    if collection.name == "Users" { "userName" } else { "displayName" }
}

/// Everything in a collection, page by page: no resource twice, and no more pages than a limit. Whoever reads asks
/// for what [`Pages::next`] says and hands the answers over.
#[derive(Default)]
pub struct Pages {
    read: usize,
    ended: bool,
    resources: Vec<Value>,
    seen: HashSet<String>,
    /// Whether the pages that were read are all.
    whole: bool,
}

impl Pages {
    /// The parameters of the next page, if there is one to be read.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        let next = format!("startIndex={}&count={PAGE}", self.resources.len() + 1);
        (!self.ended && self.read < MOST_PAGES).then_some(next)
    }

    /// Takes the answer in.
    pub fn take(&mut self, answer: Option<&Response>) {
        let list = answer.filter(|answer| answer.is_success()).and_then(Response::json);
        let total = list.as_ref().and_then(|list| list.get("totalResults")?.as_u64());
        let (Some(list), Some(total)) = (list, total) else {
            self.ended = true;
            return;
        };
        self.read += 1;
        let before = self.resources.len();
        for found in list.get("Resources").and_then(Value::as_array).into_iter().flatten() {
            if id_of(found).is_some_and(|id| self.seen.insert(id)) {
                self.resources.push(found.clone());
            }
        }
        let count = self.resources.len();
        self.whole = count == before || count as u64 >= total;
        self.ended = self.whole;
    }

    /// The resources, and whether they are all; `None` when there was no list.
    #[must_use]
    pub fn all(self) -> Option<(Vec<Value>, bool)> {
        (self.read > 0).then_some((self.resources, self.whole))
    }
}
