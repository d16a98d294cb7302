//! Why the console refuses something.

/// Why the console refuses something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConsoleError {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl ConsoleError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", format!("There is no {what} with this identifier."))
    }
}

/// A parameter that counts from 1.
pub(super) fn count(name: &str, value: &str) -> Result<usize, ConsoleError> {
    value.parse::<usize>().ok().filter(|number| *number > 0).ok_or_else(|| {
        ConsoleError::new(
            400,
            "INVALID_PARAMETER",
            format!("`{name}` must be an integer from 1 on, not `{value}`."),
        )
    })
}
