//! Bulk requests (RFC 7644 §3.7): the operations in their order, except that one which refers to a resource
//! that a later one creates waits for it.

use std::collections::BTreeMap;

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
}

pub(super) fn answer(session: &mut Session<'_>, body: &[u8]) -> Result<Answer, ScimError> {
    let BulkRequest { fail_on_errors, operations } = BulkRequest::parse(body)?;
    let outcomes = operations.iter().map(|_| None).collect();
    let mut job = Job { session, operations, outcomes, made: BTreeMap::new(), incomplete: Vec::new() };
    job.run(fail_on_errors);
    let listed: Vec<Value> = (0..job.operations.len()).filter_map(|index| job.report(index)).collect();
    Ok(Answer::scim(200, &json!({ "schemas": [crate::urn::BULK_RESPONSE], "Operations": listed })))
}

impl Job<'_, '_> {
    fn run(&mut self, fail_on_errors: Option<u64>) {
        let mut waiting: Vec<usize> = (0..self.operations.len()).collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut still = Vec::new();
            for index in std::mem::take(&mut waiting) {
                if self.errors() >= fail_on_errors.unwrap_or(u64::MAX) {
                    return;
                }
                if self.open_references(index).is_empty() {
                    self.perform(index);
                } else {
                    still.push(index);
                }
            }
            waiting = still;
            if waiting.len() == before {
                self.break_circle(&mut waiting);
            }
        }
        for index in std::mem::take(&mut self.incomplete) {
            self.complete(index);
        }
    }

    fn errors(&self) -> u64 {
        self.outcomes.iter().filter(|outcome| matches!(outcome, Some(Outcome::Failed(_)))).count() as u64
    }

    /// References to what an operation that is still to come creates.
    fn open_references(&self, index: usize) -> Vec<String> {
        let to_come = |bulk_id: &String| {
            self.operations.iter().zip(&self.outcomes).any(|(operation, outcome)| {
                operation.method == "POST" && operation.bulk_id.as_ref() == Some(bulk_id) && outcome.is_none()
            })
        };
        let references = bulk::references(&self.operations[index]).into_iter();
        references.filter(|id| !self.made.contains_key(id) && to_come(id)).collect()
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
            Err(error) => Outcome::Failed(error),
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
        })?;
        Ok(answer)
    }

    /// Everything that waits refers to something else that waits. A user can be made first and completed
    /// afterwards; a group that would be inside itself is refused, as RFC 7644 §3.7.1 allows.
    fn break_circle(&mut self, waiting: &mut Vec<usize>) {
        let of_user = |job: &Self, index: usize| {
            let operation = &job.operations[index];
            operation.method == "POST"
                && operation.bulk_id.is_some()
                && matches!(bulk::target(&operation.path), Some((ResourceKind::User, None)))
        };
        if let Some(at) = waiting.iter().position(|index| of_user(self, *index)) {
            let index = waiting.remove(at);
            let mut first = self.operations[index].clone();
            bulk::resolve(&mut first, &self.made);
            first.data = bulk::without_references(&first.data);
            let outcome = self.call(&first);
            if outcome.is_ok() {
                self.incomplete.push(index);
            }
            self.finish(index, outcome);
            return;
        }
        let circular: Vec<usize> =
            waiting.iter().copied().filter(|index| self.reaches_itself(*index)).collect();
        for index in &circular {
            let open = self.open_references(*index).join(", ");
            self.outcomes[*index] = Some(Outcome::Failed(ScimError::new(
                409,
                None,
                format!("The operation refers in a circle (to {open}), and a group cannot be inside itself."),
                "BULK_CIRCLE",
            )));
        }
        waiting.retain(|index| !circular.contains(index));
    }

    fn reaches_itself(&self, index: usize) -> bool {
        let creator = |bulk_id: &String| {
            self.operations.iter().position(|operation| operation.bulk_id.as_ref() == Some(bulk_id))
        };
        let mut next: Vec<usize> = self.open_references(index).iter().filter_map(creator).collect();
        let mut seen = Vec::new();
        while let Some(at) = next.pop() {
            if at == index {
                return true;
            }
            if !seen.contains(&at) {
                seen.push(at);
                next.extend(self.open_references(at).iter().filter_map(creator));
            }
        }
        false
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
