//! A limit for the comparisons that one request asks for: a filter in a request that is small multiplies with what
//! is stored, and nobody else is answered meanwhile.

use std::cell::Cell;

use super::{ScimError, ScimType};

/// Comparisons that a request may ask for.
pub(super) const MOST: u64 = 10_000_000;

/// The comparisons that were made for one request.
#[derive(Debug, Default)]
pub(crate) struct Work(Cell<u64>);

impl Work {
    /// Counts, and lets the rest of a step that is short go on.
    pub(super) fn count(&self, comparisons: usize) {
        self.0.set(self.0.get().saturating_add(comparisons as u64));
    }

    /// Counts.
    ///
    /// # Errors
    /// 400 `tooMany` (RFC 7644 table 9) once there were too many.
    pub(crate) fn spend(&self, comparisons: usize) -> Result<(), ScimError> {
        self.count(comparisons);
        if self.0.get() <= MOST {
            return Ok(());
        }
        let detail = format!(
            "The request needs more than {MOST} comparisons; name values by `id` or `value` with `eq`, use a shorter filter, or send fewer operations at a time."
        );
        Err(ScimError::new(400, Some(ScimType::TooMany), detail, "TOO_MANY"))
    }

    /// How many there were.
    #[cfg(test)]
    pub(super) fn done(&self) -> u64 {
        self.0.get()
    }
}
