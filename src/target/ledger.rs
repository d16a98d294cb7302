//! What this program created on a target: learnt from the answers as they go by, so that it can be deleted whatever ends
//! the program, and so that nothing else is ever written to.
//!
//! A [`Ledger`] is the transport to the target. A resource is this program's when its creation was answered with success
//! and its name is the one that was sent, or holds the mark of this run. The id in an answer to a creation is a claim:
//! before anything is written to it the resource is read once, if it was not read already, and a resource with
//! another's name is never written to.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::Value;
use tokio::sync::watch;

use super::names;
use crate::exchange::{
    BoxFuture, Interruption, Request, Response, Transport, TransportError, UrlParts, host, percent_decode,
    segment,
};

/// How long an answer is waited for once the program is to stop.
const GRACE: Duration = Duration::from_millis(1500);

type Headers = Vec<(String, String)>;

/// Collection and id.
pub(super) type Key = (String, String);

/// What this program created on one target, and the way there. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    /// What the names of this run begin with.
    pub(super) mark: String,
    base_url: String,
    /// Header fields of the target, credentials among them.
    headers: Headers,
    pub(super) transport: Arc<dyn Transport>,
    interruption: Interruption,
    /// Whether the target is there when the program has ended, so that what was created has to be deleted.
    pub(super) lasting: bool,
    /// How many creations wait for their answer.
    pub(super) under_way: watch::Sender<usize>,
    book: Mutex<Book>,
}

#[derive(Default)]
pub(super) struct Book {
    /// What this program created, oldest first.
    pub(super) made: IndexMap<Key, Made>,
    /// Whose resources were seen that this program did not create, with their names.
    foreign: HashMap<Key, String>,
    /// What was created and has an id that leads to no path.
    unreachable: Vec<String>,
    /// Creations of which it is unknown whether they took place.
    pub(super) unanswered: Vec<Creation>,
    /// URLs of the collections in which something was to be created.
    pub(super) collections: BTreeMap<String, Collection>,
}

/// Where resources are created.
#[derive(Clone)]
pub(super) struct Collection {
    pub(super) name: String,
    pub(super) headers: Headers,
}

/// One creation that was sent.
#[derive(Clone)]
pub(super) struct Creation {
    pub(super) url: String,
    pub(super) collection: Collection,
    pub(super) sent: Value,
}

/// A resource of this program.
#[derive(Clone)]
pub(super) struct Made {
    pub(super) url: String,
    pub(super) name: String,
    pub(super) headers: Headers,
    sent: Value,
    pub(super) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The answer to the creation says so.
    Claimed,
    /// Read with the name that was sent, or not to be read at all.
    Ours,
    /// Its deletion was answered with success.
    Deleted,
}

/// Whose a resource is.
#[derive(Debug, PartialEq, Eq)]
enum Whose {
    Ours,
    /// It shows no name.
    Unnamed,
    Foreign(String),
}

/// Counts a creation for as long as its answer is waited for.
struct UnderWay(Arc<Shared>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}

impl Ledger {
    /// Of the target at `base_url`, reached by `transport`, in a run whose names begin with `mark`. `headers` are
    /// those of the target, credentials among them. `lasting`: the target is there when the
    /// program has ended, so that what was created has to be deleted.
    #[must_use]
    pub fn new(
        base_url: &str,
        mark: String,
        headers: Vec<(String, String)>,
        transport: Arc<dyn Transport>,
        lasting: bool,
    ) -> Self {
        let shared = Shared {
            mark,
            base_url: base_url.trim_end_matches('/').to_owned(),
            headers,
            transport,
            interruption: Interruption::new(),
            lasting,
            under_way: watch::Sender::new(0),
            book: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What ends everything that is under way on this target.
    #[must_use]
    pub fn interruption(&self) -> Interruption {
        self.shared.interruption.clone()
    }

    /// The way to the target for a conversation that somebody else has laid down: what it creates is written down,
    /// and it may write to everything.
    #[must_use]
    pub fn unguarded(&self) -> Arc<dyn Transport> {
        Arc::new(Unguarded(self.clone()))
    }

    /// The way to the target without the ledger, for a program that administers it.
    #[must_use]
    pub fn beneath(&self) -> Arc<dyn Transport> {
        Arc::clone(&self.shared.transport)
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.shared.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes charge of the resource at this path below the base URL, which the caller saw this run create.
    pub fn adopt(&self, path: &str) {
        let &[collection, id] = segments(path).as_slice() else { return };
        let made = Made {
            url: format!("{}{path}", self.shared.base_url),
            name: String::new(),
            headers: self.fields(&[]),
            sent: Value::Null,
            state: State::Claimed,
        };
        self.book().made.entry((collection.to_owned(), percent_decode(id))).or_insert(made);
    }

    /// What is there still, as path and name.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        let book = self.book();
        let told = |url: &str, name: &str| {
            let path = url.strip_prefix(&self.shared.base_url).unwrap_or(url);
            if name.is_empty() { path.to_owned() } else { format!("{path} ({name})") }
        };
        let made = book.made.values().filter(|made| made.state != State::Deleted);
        let unanswered = book.unanswered.iter().map(|creation| {
            format!("{}: its creation was not answered", told(&creation.url, &name(&creation.sent)))
        });
        let unreachable = book.unreachable.iter().map(|left| told(left, ""));
        made.map(|made| told(&made.url, &made.name)).chain(unreachable).chain(unanswered).collect()
    }

    /// Header fields for a request of the ledger's own about what was created with these.
    pub(super) fn fields(&self, of_creation: &[(String, String)]) -> Headers {
        const OF_THE_MESSAGE: [&str; 9] = [
            "accept",
            "accept-charset",
            "accept-encoding",
            "connection",
            "expect",
            "host",
            "if-match",
            "if-none-match",
            "transfer-encoding",
        ];
        let of_message = |name: &str| {
            OF_THE_MESSAGE.iter().any(|known| name.eq_ignore_ascii_case(known))
                || name.to_ascii_lowercase().starts_with("content-")
        };
        let mut fields: Headers = vec![("Accept".into(), "application/scim+json".into())];
        for (name, value) in of_creation.iter().chain(&self.shared.headers) {
            if !of_message(name) && !fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                fields.push((name.clone(), value.clone()));
            }
        }
        fields
    }

    /// Sends a request of the ledger's own, also when the program is to stop.
    pub(super) async fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(String, String)],
        body: Option<Value>,
    ) -> Result<Response, TransportError> {
        let mut headers = headers.to_vec();
        let body = body.map(|body| bytes::Bytes::from(body.to_string()));
        if let Some(body) = &body {
            headers.push(("Content-Type".into(), "application/scim+json".into()));
            headers.push(("Content-Length".into(), body.len().to_string()));
        }
        headers.push(("Host".into(), host(url).to_owned()));
        let request = Request { method: method.into(), url: url.into(), headers, body };
        let request = self.shared.transport.as_sent(request);
        self.shared.transport.send(&request).await
    }

    /// The segments of the URL's path below the base URL; of a URL elsewhere those from the collection on.
    fn below<'a>(&self, url: &'a str) -> Vec<&'a str> {
        let parts = UrlParts::of(url);
        let base = UrlParts::of(&self.shared.base_url);
        let inside = parts.path.strip_prefix(base.path).filter(|_| parts.origin == base.origin);
        if let Some(inside) = inside.filter(|inside| inside.is_empty() || inside.starts_with('/')) {
            return segments(inside);
        }
        let all = segments(parts.path);
        let from = all.iter().rposition(|segment| ["Users", "Groups", "Bulk"].contains(segment));
        all[from.unwrap_or(all.len())..].to_vec()
    }

    /// Whose resource that is, by its names; `sent` is what created it.
    fn whose(&self, collection: &str, sent: &Value, shown: &Value) -> Whose {
        let names = names_of(shown);
        if names.iter().any(|(_, name)| names::holds(name, &self.shared.mark)) {
            return Whose::Ours;
        }
        let key = if collection == "Users" { "userName" } else { "displayName" };
        let Some(shown) = text(shown, key) else { return Whose::Unnamed };
        match text(sent, key) {
            Some(sent) if sent.eq_ignore_ascii_case(shown) => Whose::Ours,
            None if !["Users", "Groups"].contains(&collection) => Whose::Unnamed,
            _ => Whose::Foreign(shown.to_owned()),
        }
    }

    /// Refuses what would write to a resource that is not this program's.
    async fn guard(&self, request: &Request) -> Result<(), TransportError> {
        for key in self.written(request) {
            self.confirm(&key).await?;
        }
        Ok(())
    }

    /// Reads what is only claimed to be this program's.
    pub(super) async fn confirm(&self, key: &Key) -> Result<(), TransportError> {
        let refused = |name: &str| TransportError::NotOurs {
            reason: format!("/{}/{} is `{name}`, which this program did not create", key.0, key.1),
        };
        let made = {
            let book = self.book();
            match (book.made.get(key), book.foreign.get(key)) {
                (Some(made), _) if made.state == State::Claimed => made.clone(),
                (None, Some(name)) => return Err(refused(name)),
                _ => return Ok(()),
            }
        };
        if let Ok(response) = self.ask("GET", &made.url, &made.headers, None).await {
            // What cannot be read shows nothing against it.
            let shown = read(&response).filter(|_| response.is_success()).unwrap_or_default();
            self.shown(key, &shown, true);
        }
        let book = self.book();
        match book.foreign.get(key) {
            Some(name) if !book.made.contains_key(key) => Err(refused(name)),
            _ => Ok(()),
        }
    }

    /// The resources that the request would write to, and those that it would refer to: who becomes a member of a group
    /// may get rights by that.
    fn written(&self, request: &Request) -> Vec<Key> {
        let key = |path: &[&str]| match *path {
            [collection, id] if !id.starts_with('.') => Some((collection.to_owned(), percent_decode(id))),
            _ => None,
        };
        let body = request.json().filter(|_| ["POST", "PUT", "PATCH"].contains(&request.method.as_str()));
        let mut keys = Vec::new();
        references(body.as_ref(), &mut keys);
        match request.method.as_str() {
            "PUT" | "PATCH" | "DELETE" => keys.extend(key(&self.below(&request.url))),
            "POST" if self.below(&request.url).len() == 2 => keys.extend(key(&self.below(&request.url))),
            "POST" if self.below(&request.url) == ["Bulk"] => {
                let paths = operations(body.as_ref()).iter().filter_map(|operation| text(operation, "path"));
                keys.extend(paths.filter_map(|path| key(&segments(path))));
            }
            _ => {}
        }
        keys
    }

    /// Takes in what an answer shows.
    fn learn(&self, request: &Request, outcome: &Result<Response, TransportError>) {
        let below = self.below(&request.url);
        match (request.method.as_str(), below.as_slice()) {
            ("POST", ["Bulk"]) => self.learn_bulk(request, outcome),
            ("POST", [collection]) if *collection != "Me" && !collection.starts_with('.') => {
                let parts = UrlParts::of(&request.url);
                let creation = Creation {
                    url: format!("{}{}", parts.origin, parts.path.trim_end_matches('/')),
                    collection: Collection {
                        name: (*collection).to_owned(),
                        headers: self.fields(&request.headers),
                    },
                    sent: request.json().unwrap_or_default(),
                };
                self.learn_creation(creation, outcome);
            }
            ("DELETE", [collection, id]) => {
                let gone = outcome.as_ref().is_ok_and(is_gone);
                let key = ((*collection).to_owned(), percent_decode(id));
                if let Some(made) = self.book().made.get_mut(&key).filter(|_| gone) {
                    made.state = State::Deleted;
                }
            }
            (_, [collection, ..]) => {
                let shown = outcome.as_ref().ok().filter(|response| response.is_success());
                let Some(shown) = shown.and_then(read) else { return };
                let one = request.method == "GET" && below.len() == 2;
                let all = shown.get("Resources").and_then(Value::as_array);
                for shown in all.into_iter().flatten().chain(std::iter::once(&shown).filter(|_| one)) {
                    if let Some(id) = id_of(shown) {
                        self.shown(&((*collection).to_owned(), id), shown, one);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether it took place is unknown.
    fn unanswered(&self, creation: Creation) {
        if !name(&creation.sent).is_empty() {
            self.book().unanswered.push(creation);
        }
    }

    /// Something was to be created there.
    fn used(&self, creation: &Creation) {
        let mut book = self.book();
        book.collections.entry(creation.url.clone()).or_insert_with(|| creation.collection.clone());
    }

    fn learn_creation(&self, creation: Creation, outcome: &Result<Response, TransportError>) {
        self.used(&creation);
        match outcome {
            Ok(response) if response.is_success() => {
                let shown = read(response).unwrap_or_default();
                match id_of(&shown).or_else(|| last_segment(response.header("Location")?)) {
                    Some(id) => self.made(creation, id, &shown),
                    None => self.unanswered(creation),
                }
            }
            // 503 says that nothing was done (RFC 9110 §15.6.4).
            Ok(response) if response.status >= 500 && response.status != 503 => self.unanswered(creation),
            Err(TransportError::Timeout { .. } | TransportError::Broken { .. }) => self.unanswered(creation),
            Ok(_) | Err(_) => {}
        }
    }

    fn learn_bulk(&self, request: &Request, outcome: &Result<Response, TransportError>) {
        let sent = request.json();
        let parts = UrlParts::of(&request.url);
        let base = format!("{}{}", parts.origin, parts.path.trim_end_matches('/').trim_end_matches("/Bulk"));
        let answer = outcome.as_ref().ok().and_then(read);
        for operation in operations(sent.as_ref()) {
            let path = text(operation, "path").unwrap_or_default();
            let &[collection] = segments(path).as_slice() else { continue };
            if !text(operation, "method").is_some_and(|method| method.eq_ignore_ascii_case("POST")) {
                continue;
            }
            let creation = Creation {
                url: format!("{base}/{collection}"),
                collection: Collection {
                    name: collection.to_owned(),
                    headers: self.fields(&request.headers),
                },
                sent: operation.get("data").cloned().unwrap_or_default(),
            };
            self.used(&creation);
            let bulk_id = operation.get("bulkId");
            let answered =
                operations(answer.as_ref()).iter().find(|answered| answered.get("bulkId") == bulk_id);
            match answered.and_then(|answered| last_segment(text(answered, "location")?)) {
                Some(id) => self.made(creation, id, &Value::Null),
                None if answer.is_none() => self.unanswered(creation),
                None => {}
            }
        }
    }

    /// A creation was answered with this id and, it may be, the resource.
    fn made(&self, creation: Creation, id: String, shown: &Value) {
        let whose = self.whose(&creation.collection.name, &creation.sent, shown);
        let key = (creation.collection.name.clone(), id);
        let mut book = self.book();
        match whose {
            Whose::Foreign(name) if !book.made.contains_key(&key) => {
                book.foreign.insert(key, name);
            }
            Whose::Ours | Whose::Unnamed if !book.foreign.contains_key(&key) => {
                let id = match segment(&key.1) {
                    Ok(id) => id,
                    Err(reason) => {
                        book.unreachable.push(format!(
                            "{} ({}): {reason}",
                            creation.url,
                            name(&creation.sent)
                        ));
                        return;
                    }
                };
                let made = Made {
                    url: format!("{}/{id}", creation.url),
                    name: name(&creation.sent),
                    headers: creation.collection.headers,
                    sent: creation.sent,
                    state: State::Claimed,
                };
                book.made.insert(key, made);
            }
            Whose::Foreign(_) | Whose::Ours | Whose::Unnamed => {}
        }
    }

    /// A resource was shown, alone (`one`) or in a list.
    fn shown(&self, key: &Key, shown: &Value, one: bool) {
        let sent = self.book().made.get(key).map(|made| made.sent.clone()).unwrap_or_default();
        let whose = self.whose(&key.0, &sent, shown);
        let mut book = self.book();
        let claimed = book.made.get(key).is_none_or(|made| made.state == State::Claimed);
        match whose {
            Whose::Foreign(name) if claimed => {
                book.made.shift_remove(key);
                book.foreign.insert(key.clone(), name);
            }
            Whose::Ours | Whose::Unnamed if claimed && one => {
                if let Some(made) = book.made.get_mut(key) {
                    made.state = State::Ours;
                }
            }
            _ => {}
        }
    }

    /// Takes charge of a resource of this run that a look-up found. Whether it is there against what was known.
    pub(super) fn found(&self, url: &str, collection: &Collection, shown: &Value) -> bool {
        let Some(id) = id_of(shown) else { return false };
        let Ok(encoded) = segment(&id) else { return false };
        let key = (collection.name.clone(), id);
        let made = Made {
            url: format!("{url}/{encoded}"),
            name: name(shown),
            headers: collection.headers.clone(),
            sent: Value::Null,
            state: State::Ours,
        };
        let mut book = self.book();
        match book.made.get_mut(&key) {
            Some(known) if known.state == State::Deleted => known.state = State::Ours,
            Some(_) => return false,
            None => drop(book.made.insert(key, made)),
        }
        true
    }
}

/// The same without the refusal to write to what this program did not create: what is sent is what a file says.
struct Unguarded(Ledger);

impl Transport for Unguarded {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        self.0.pass(request, false)
    }

    fn as_sent(&self, request: Request) -> Request {
        self.0.as_sent(request)
    }
}

impl Transport for Ledger {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        self.pass(request, true)
    }

    fn as_sent(&self, request: Request) -> Request {
        self.shared.transport.as_sent(request)
    }
}

impl Ledger {
    fn pass<'a>(
        &'a self,
        request: &'a Request,
        guarded: bool,
    ) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            if self.shared.interruption.is_raised() {
                return Err(TransportError::Interrupted);
            }
            let stopped = async {
                self.shared.interruption.raised().await;
                tokio::time::sleep(GRACE).await;
            };
            let (this, sent) = (self.clone(), request.clone());
            let sending = async move {
                if guarded {
                    this.guard(&sent).await?;
                }
                let outcome = this.shared.transport.send(&sent).await;
                this.learn(&sent, &outcome);
                outcome
            };
            if request.method != "POST" {
                return tokio::select! {
                    outcome = sending => outcome,
                    () = stopped => Err(TransportError::Interrupted),
                };
            }
            // The service may create it long after nobody waits for the answer; so somebody does.
            self.shared.under_way.send_modify(|count| *count += 1);
            let under_way = UnderWay(Arc::clone(&self.shared));
            let creating = tokio::spawn(async move {
                let outcome = sending.await;
                drop(under_way);
                outcome
            });
            tokio::select! {
                joined = creating => match joined {
                    Ok(outcome) => outcome,
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(_) => Err(TransportError::Interrupted),
                },
                () = stopped => Err(TransportError::Interrupted),
            }
        })
    }
}

/// The body of an answer as JSON. One that is too large to be that of a resource or a page is not read a second time:
/// whether something was created is looked up then.
fn read(response: &Response) -> Option<Value> {
    const MOST: usize = 1 << 20;
    if response.body.len() > MOST { None } else { response.json() }
}

pub(super) fn is_gone(response: &Response) -> bool {
    response.is_success() || [404, 410].contains(&response.status)
}

fn segments(path: &str) -> Vec<&str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn last_segment(location: &str) -> Option<String> {
    segments(UrlParts::of(location).path).last().map(|id| percent_decode(id))
}

fn operations(message: Option<&Value>) -> &[Value] {
    let operations = message.and_then(|message| message.get("Operations")?.as_array());
    operations.map_or(&[], Vec::as_slice)
}

/// A member by its name, letter case aside (RFC 7643 §2.1).
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    member(value, name)?.as_str().filter(|text| !text.is_empty())
}

/// The resources that the values of a message may refer to (RFC 7643 §2.4: `value` holds the id).
fn references(message: Option<&Value>, keys: &mut Vec<Key>) {
    match message {
        Some(Value::Object(members)) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(id) if name.eq_ignore_ascii_case("value") => {
                        keys.extend(
                            ["Users", "Groups"].map(|collection| (collection.to_owned(), id.to_owned())),
                        );
                    }
                    _ => references(Some(value), keys),
                }
            }
        }
        Some(Value::Array(items)) => items.iter().for_each(|item| references(Some(item), keys)),
        _ => {}
    }
}

pub(super) fn id_of(resource: &Value) -> Option<String> {
    match member(resource, "id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// What a resource is called: attribute and value.
fn names_of(resource: &Value) -> Vec<(&'static str, &str)> {
    let mut names: Vec<_> = ["userName", "displayName", "externalId"]
        .into_iter()
        .filter_map(|key| Some((key, text(resource, key)?)))
        .collect();
    let addresses = member(resource, "emails").and_then(Value::as_array).into_iter().flatten();
    names.extend(addresses.filter_map(|address| Some(("emails", text(address, "value")?))));
    names
}

/// The name by which people know a resource.
pub(super) fn name(resource: &Value) -> String {
    names_of(resource).first().map(|(_, name)| (*name).to_owned()).unwrap_or_default()
}
