//! Passive rules about writes: what was acknowledged shows in the answer, and when it is read next.

use serde_json::Value;

use super::{APPLIED, KEPT};
use crate::checks::Requirement;
use crate::checks::engine::{About, Kind, Known, Memory, Seen, Verdicts, Watch};
use crate::checks::json::member;

pub(in crate::checks) static WATCH: Watch = Watch { judges: &[&APPLIED, &KEPT], judge };

fn judge(seen: &Seen<'_>, memory: &Memory, verdicts: &mut Verdicts<'_>) {
    if !seen.whole() {
        return;
    }
    if let (About::One(kind, _), Some(asked), Some((_, _, body))) =
        (&seen.about, memory.asked(seen), seen.resource())
    {
        if body.is_object() {
            let now = memory.reading(*kind, body);
            differences(memory, *kind, &asked, &now, &APPLIED, "asked for", verdicts);
        }
        return;
    }
    if seen.method() != "GET" {
        return;
    }
    for (kind, _, resource) in seen.representations() {
        let Some(id) = member(resource, "id").and_then(Value::as_str) else { continue };
        if let Some(before) = memory.known(kind, id).filter(|before| before.ours) {
            let now = memory.reading(kind, resource);
            differences(memory, kind, before, &now, &KEPT, "acknowledged before", verdicts);
        }
    }
}

fn differences(
    memory: &Memory,
    kind: Kind,
    wanted: &Known,
    now: &Known,
    requirement: &Requirement,
    why: &str,
    verdicts: &mut Verdicts<'_>,
) {
    if let (Kind::User, Some(wanted), Some(now)) = (kind, wanted.active, now.active)
        && wanted != now
    {
        verdicts.fail(
            requirement,
            &[&format!("active {wanted}, as {why}")],
            format!("active {now}"),
            Some("/active".into()),
        );
        verdicts.seen_as("Nothing: Okta takes the change for done, and the account keeps its state.");
    }
    if let (Kind::Group, Some(wanted), Some(now)) = (kind, &wanted.name, &now.name)
        && wanted != now
    {
        verdicts.fail(
            requirement,
            &[&format!("displayName \"{wanted}\", as {why}")],
            format!("displayName \"{now}\""),
            Some("/displayName".into()),
        );
    }
    if let (Kind::Group, Some(wanted), Some(now)) = (kind, &wanted.members, &now.members)
        && wanted != now
    {
        // A member that nobody has seen may not exist, and how that is answered is not laid down.
        let exists = |id: &&str| memory.may_exist(id);
        let missing: Vec<&str> = wanted.difference(now).map(String::as_str).filter(exists).collect();
        let surplus: Vec<&str> = now.difference(wanted).map(String::as_str).collect();
        if missing.is_empty() && surplus.is_empty() {
            return;
        }
        let mut actual = Vec::new();
        if !missing.is_empty() {
            actual.push(format!("missing: {}", missing.join(", ")));
        }
        if !surplus.is_empty() {
            actual.push(format!("too many: {}", surplus.join(", ")));
        }
        verdicts.fail(
            requirement,
            &[&format!("{} members, as {why}", wanted.len())],
            actual.join("; "),
            Some("/members".into()),
        );
        verdicts.seen_as("Nothing: Okta takes the push for done, and the membership differs from then on.");
    }
}
