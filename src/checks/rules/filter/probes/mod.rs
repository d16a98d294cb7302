//! Probes of filters, and the users that they compare.

pub(in crate::checks) mod attributes;
pub(in crate::checks) mod comparisons;

use serde_json::Value;

use crate::checks::Requirement;
use crate::checks::engine::{Answer, Capability, Session, Stop};
use crate::checks::rules::filter::{
    ATTRIBUTE_NAMES_ANY_CASE, ESCAPES, OPERATORS_ANY_CASE, SPECIAL_CHARACTERS, URN_NAME, VALUE_ANY_CASE,
};
use crate::checks::stage::{Created, initials, named};

/// A value as a filter writes it.
pub(in crate::checks) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Users whom filters are to find or not. Code names them by initials.
pub(in crate::checks) struct People {
    users: Vec<Created>,
}

impl People {
    /// The initials of those whom an answer lists; others, who fit as well, may be somebody else's.
    fn found(&self, answer: &Answer) -> String {
        initials(&answer.ids(), &self.users).replace('?', "")
    }

    /// Judges whether a filter finds exactly these of the people. A refusal is no wrong answer: it is given
    /// back, and reported by a requirement of its own.
    async fn judge(
        &self,
        session: &mut Session,
        requirement: &'static Requirement,
        filter: &str,
        wanted: &str,
    ) -> Result<Option<Answer>, Stop> {
        let answer = session.filter("/Users", filter).await?;
        // These forms say nothing that eq on the same attribute does not say.
        let plain = [
            &ATTRIBUTE_NAMES_ANY_CASE,
            &OPERATORS_ANY_CASE,
            &VALUE_ANY_CASE,
            &URN_NAME,
            &ESCAPES,
            &SPECIAL_CHARACTERS,
        ];
        let must = plain.iter().any(|known| known.slug == requirement.slug);
        if !must && (answer.refused() || answer.status == 501) {
            session.skip(requirement, format!("the service refuses such a filter with {}", answer.outcome()));
            return Ok(Some(answer));
        }
        let found = self.found(&answer);
        let right = answer.status == 200 && found == wanted;
        session.require(
            requirement,
            right,
            &answer,
            &[&format!("of the users of this check, {}", named(wanted, &self.users))],
            || format!("{} with {} for `{filter}`", answer.outcome(), named(&found, &self.users)),
        );
        Ok((answer.status != 200).then_some(answer))
    }
}

/// Skips the probe where the service says that it does not filter, and blocks it where even the look-up
/// by userName fails.
pub(in crate::checks) fn can_filter(session: &Session) -> Result<(), Stop> {
    if session.facts.claims("filter") == Some(false) {
        return Err(Stop::Skipped("the service says that it does not support filters".into()));
    }
    session.need(Capability::FilterUser)
}
