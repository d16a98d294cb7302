//! Bulk requests (RFC 7644 §3.7): the operations in their order, except that one which refers to a resource
//! that a later one creates waits for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::resources::{Call, Session};
use crate::reference::scim::bulk::{self, BulkOperation, BulkRequest};
use crate::reference::scim::{ResourceKind, ScimError, ScimType};

/// How an operation ended.
enum Outcome {
    Done(Answer),
    Failed(ScimError),
}

struct Job<'s, 'a> {
    session: &'s mut Session<'a>,
    operations: Vec<BulkOperation>,
    outcomes: Vec<Option<Outcome>>,
    /// Identifiers of what was made, by bulkId.
    made: BTreeMap<String, String>,
    /// Operations that were done without their references, to be completed.
    incomplete: Vec<usize>,
    /// For each operation, those that create what it refers to.
    needs: Vec<Vec<usize>>,
    queue: Queue,
    errors: u64,
}

/// Whose turn it is: passes are made over the operations in their order, and in each those are performed that refer
/// to nothing which is still to come.
struct Queue {
    pass: usize,
    /// What is ready, by the pass in which its turn comes.
    ready: BTreeSet<(usize, usize)>,
    /// For each operation, how many it waits for.
    missing: Vec<usize>,
    /// For each operation, those that wait for it.
    awaited_by: Vec<Vec<usize>>,
}

impl Queue {
    fn new(needs: &[Vec<usize>]) -> Self {
        let mut awaited_by = vec![Vec::new(); needs.len()];
        for (index, needed) in needs.iter().enumerate() {
            needed.iter().for_each(|needed| awaited_by[*needed].push(index));
        }
        let missing: Vec<usize> = needs.iter().map(Vec::len).collect();
        let ready = (0..needs.len()).filter(|index| missing[*index] == 0).map(|index| (0, index)).collect();
        Self { pass: 0, ready, missing, awaited_by }
    }

    fn next(&mut self) -> Option<usize> {
        let (pass, index) = self.ready.pop_first()?;
        self.pass = pass;
        Some(index)
    }

    /// An operation has its outcome; of those that waited for it, the ones at `from` or later are still reached in
    /// this pass.
    fn ended(&mut self, ended: usize, from: usize) {
        for index in std::mem::take(&mut self.awaited_by[ended]) {
            self.missing[index] -= 1;
            if self.missing[index] == 0 {
                self.ready.insert((self.pass + usize::from(index < from), index));
            }
        }
    }
}

pub(super) fn answer(session: &mut Session<'_>, body: &[u8]) -> Result<Answer, ScimError> {
    let BulkRequest { fail_on_errors, operations } = BulkRequest::parse(body)?;
    let outcomes = operations.iter().map(|_| None).collect();
    let needs = needs(&operations);
    let mut job = Job {
        session,
        queue: Queue::new(&needs),
        needs,
        operations,
        outcomes,
        made: BTreeMap::new(),
        incomplete: Vec::new(),
        errors: 0,
    };
    job.run(fail_on_errors.unwrap_or(u64::MAX));
    let listed: Vec<Value> = (0..job.operations.len()).filter_map(|index| job.report(index)).collect();
    Ok(Answer::scim(200, &json!({ "schemas": [crate::urn::BULK_RESPONSE], "Operations": listed })))
}

/// For each operation those that create what it refers to, each once.
fn needs(operations: &[BulkOperation]) -> Vec<Vec<usize>> {
    let creators: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, operation)| operation.method == "POST")
        .filter_map(|(index, operation)| Some((operation.bulk_id.as_deref()?, index)))
        .collect();
    operations
        .iter()
        .map(|operation| {
            let mut needed = IndexSet::new();
            for reference in bulk::references(operation) {
                needed.extend(creators.get(reference.as_str()));
            }
            needed.into_iter().collect()
        })
        .collect()
}

impl Job<'_, '_> {
    fn run(&mut self, most_errors: u64) {
        loop {
            if self.errors >= most_errors {
                // What is left was not tried, unless everything was.
                if self.outcomes.iter().any(Option::is_none) {
                    return;
                }
                break;
            }
            match self.queue.next() {
                // What was taken out of a circle waited, too.
                Some(index) if self.outcomes[index].is_some() => {}
                Some(index) => self.perform(index),
                None if self.outcomes.iter().all(Option::is_some) => break,
                None => self.break_circle(),
            }
        }
        for index in std::mem::take(&mut self.incomplete) {
            self.complete(index);
        }
    }

    fn perform(&mut self, index: usize) {
        let mut operation = self.operations[index].clone();
        bulk::resolve(&mut operation, &self.made);
        let outcome = match bulk::references(&operation).first() {
            Some(unknown) => Err(ScimError::value(
                format!("`bulkId:{unknown}` names nothing that this request created."),
                "BULK_REFERENCE",
            )),
            None => self.call(&operation),
        };
        self.finish(index, outcome);
        self.queue.ended(index, index + 1);
    }

    fn finish(&mut self, index: usize, outcome: Result<Answer, ScimError>) {
        let outcome = match outcome {
            Ok(answer) => {
                let operation = &self.operations[index];
                if let (Some(bulk_id), Some(location)) = (&operation.bulk_id, &answer.location)
                    && let Some((_, id)) = location.rsplit_once('/')
                {
                    self.made.insert(bulk_id.clone(), id.to_owned());
                }
                Outcome::Done(answer)
            }
            Err(error) => {
                self.errors += 1;
                Outcome::Failed(error)
            }
        };
        self.outcomes[index] = Some(outcome);
    }

    fn call(&mut self, operation: &BulkOperation) -> Result<Answer, ScimError> {
        let wrong_path = || {
            ScimError::path(format!("`{}` is not the path of a resource or resource type.", operation.path))
        };
        let (kind, id) = bulk::target(&operation.path).ok_or_else(wrong_path)?;
        let fits = match operation.method.as_str() {
            "POST" => id.is_none(),
            "PUT" | "PATCH" | "DELETE" => id.is_some(),
            other => {
                return Err(ScimError::syntax(format!("`{other}` is no method of a bulk operation.")));
            }
        };
        if !fits {
            return Err(wrong_path());
        }
        if operation.method == "POST" && operation.bulk_id.is_none() {
            return Err(ScimError::syntax("`bulkId` is missing; a POST operation needs one."));
        }
        if operation.method != "DELETE" && !operation.data.is_object() {
            return Err(ScimError::syntax(
                "`data` must be an object: what the request would have as its body.",
            ));
        }
        let body = operation.data.to_string();
        let answer = self.session.perform(&Call {
            method: &operation.method,
            kind,
            id,
            query: None,
            if_match: operation.version.as_deref(),
            if_none_match: None,
            body: body.as_bytes(),
            shows: false,
        })?;
        Ok(answer)
    }

    /// Everything that waits refers to something else that waits. A user can be made first and completed
    /// afterwards; a group that would be inside itself is refused, as RFC 7644 §3.7.1 allows.
    fn break_circle(&mut self) {
        self.queue.pass += 1;
        let waiting: Vec<usize> =
            (0..self.operations.len()).filter(|index| self.outcomes[*index].is_none()).collect();
        let of_user = |index: usize| {
            let operation = &self.operations[index];
            operation.method == "POST"
                && operation.bulk_id.is_some()
                && matches!(bulk::target(&operation.path), Some((ResourceKind::User, None)))
        };
        if let Some(index) = waiting.iter().copied().find(|index| of_user(*index)) {
            let mut first = self.operations[index].clone();
            bulk::resolve(&mut first, &self.made);
            first.data = bulk::without_references(&first.data);
            let outcome = self.call(&first);
            if outcome.is_ok() {
                self.incomplete.push(index);
            }
            self.finish(index, outcome);
            self.queue.ended(index, 0);
            return;
        }
        let circular = circular(&self.needs, &waiting);
        let mut refused = Vec::with_capacity(circular.len());
        for index in &circular {
            let open = self.needs[*index].iter().filter(|needed| self.outcomes[**needed].is_none());
            let names = open.filter_map(|needed| self.operations[*needed].bulk_id.as_deref());
            let names = names.collect::<Vec<_>>().join(", ");
            let error = ScimError::new(
                409,
                None,
                format!(
                    "The operation refers in a circle (to {names}), and a group cannot be inside itself."
                ),
                "BULK_CIRCLE",
            );
            refused.push((*index, error));
        }
        for (index, error) in refused {
            self.finish(index, Err(error));
        }
        circular.into_iter().for_each(|index| self.queue.ended(index, 0));
    }

    /// The second step of a resource in a circle: the whole of it, now that all it refers to is there.
    fn complete(&mut self, index: usize) {
        let mut operation = self.operations[index].clone();
        bulk::resolve(&mut operation, &self.made);
        let id = operation.bulk_id.as_ref().and_then(|bulk_id| self.made.get(bulk_id)).cloned();
        let Some(id) = id else { return };
        let location = format!("{}{}/{id}", self.session.base_url, ResourceKind::User.endpoint());
        let path = format!("{}/{id}", ResourceKind::User.endpoint());
        let step = |method: &str, data: Value| BulkOperation {
            method: method.into(),
            bulk_id: None,
            version: None,
            path: path.clone(),
            data,
        };
        let outcome = match bulk::references(&operation).first() {
            Some(failed) => Err(ScimError::new(
                409,
                Some(ScimType::InvalidValue),
                format!("`bulkId:{failed}`, to which the operation refers in a circle, was not created."),
                "BULK_CIRCLE",
            )),
            None => self.call(&step("PUT", operation.data.clone())),
        };
        self.outcomes[index] = Some(match outcome {
            Ok(answer) => Outcome::Done(answer.created_at(location)),
            Err(error) => {
                // Nothing is left half done where the service deletes users.
                let _ = self.call(&step("DELETE", Value::Null));
                Outcome::Failed(error)
            }
        });
    }

    /// The entry of the response; none for an operation that was not tried.
    fn report(&self, index: usize) -> Option<Value> {
        let operation = &self.operations[index];
        let outcome = self.outcomes[index].as_ref()?;
        let mut entry = Map::new();
        let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
        let mut resolved = operation.clone();
        bulk::resolve(&mut resolved, &self.made);
        let of_path = format!("{}/{}", self.session.base_url, resolved.path.trim_start_matches('/'));
        put("method", json!(operation.method));
        if let Some(bulk_id) = &operation.bulk_id {
            put("bulkId", json!(bulk_id));
        }
        match outcome {
            Outcome::Done(answer) => {
                if let Some(etag) = &answer.etag {
                    put("version", json!(etag));
                }
                put("location", json!(answer.location.as_ref().unwrap_or(&of_path)));
                put("status", json!(answer.status.to_string()));
            }
            Outcome::Failed(error) => {
                if operation.method != "POST" {
                    put("location", json!(of_path));
                }
                put("status", json!(error.status.to_string()));
                put("response", error.to_json());
            }
        }
        Some(Value::Object(entry))
    }
}

/// Those of `waiting` that lead back to themselves over what they need, in order: the members of the strongly connected
/// components (Tarjan), in one walk over the references.
fn circular(needs: &[Vec<usize>], waiting: &[usize]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let waits: HashSet<usize> = waiting.iter().copied().collect();
    let (mut number, mut low) = (vec![NEW; needs.len()], vec![NEW; needs.len()]);
    let (mut open, mut is_open) = (Vec::new(), vec![false; needs.len()]);
    let mut found = BTreeSet::new();
    let mut next = 0;
    for start in waiting.iter().copied() {
        if number[start] != NEW {
            continue;
        }
        // Where the walk stands: an operation, and how many of its needs were followed.
        let mut walk = vec![(start, 0)];
        while let Some((at, followed)) = walk.last_mut() {
            let at = *at;
            if *followed == 0 && number[at] == NEW {
                (number[at], low[at]) = (next, next);
                next += 1;
                open.push(at);
                is_open[at] = true;
            }
            if let Some(needed) = needs[at].get(*followed).copied() {
                *followed += 1;
                if number[needed] != NEW {
                    low[at] = if is_open[needed] { low[at].min(number[needed]) } else { low[at] };
                } else if waits.contains(&needed) {
                    walk.push((needed, 0));
                }
                continue;
            }
            walk.pop();
            if let Some((before, _)) = walk.last() {
                low[*before] = low[*before].min(low[at]);
            }
            if low[at] == number[at] {
                let from = open.iter().rposition(|known| *known == at).unwrap_or_default();
                let component = open.split_off(from);
                component.iter().for_each(|member| is_open[*member] = false);
                if component.len() > 1 || needs[at].contains(&at) {
                    found.extend(component);
                }
            }
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::circular;

    #[rstest::rstest]
    #[case::none(vec![vec![], vec![0], vec![1]], &[])]
    #[case::itself(vec![vec![0], vec![0]], &[0])]
    #[case::between_two(vec![vec![1], vec![0, 2], vec![3], vec![4], vec![3]], &[0, 1, 3, 4])]
    #[case::two_ways(vec![vec![1, 2], vec![3], vec![3], vec![0]], &[0, 1, 2, 3])]
    fn what_leads_back_to_itself_is_found(#[case] needs: Vec<Vec<usize>>, #[case] expected: &[usize]) {
        assert_eq!(circular(&needs, &(0..needs.len()).collect::<Vec<_>>()), expected);
    }
}
