//! What an Okta administrator sees of a failure, as data and as the sentence that Okta makes of it, and how Okta
//! reads an answer to get there.

use std::fmt;

use serde_json::Value;

use crate::exchange::{Response, TransportError};

/// What failed, for the middle part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doing {
    /// The existence check before an assignment.
    VerifyingUser,
    /// Linking, with Create Users off.
    MatchingUser,
    /// Creating the account.
    CreatingUser,
    /// Reading the answer to a creation into the app profile.
    ImportingProfile,
    /// Pushing the profile.
    PushingProfile,
    /// Activating an account again.
    ReactivatingUser,
    /// Deactivating an account.
    DeprovisioningUser,
    /// Pushing a password.
    PushingPassword,
    /// Deleting an account.
    DeletingUser,
    /// Creating a pushed group.
    CreatingGroup,
    /// Changing a pushed group or its members.
    UpdatingGroup,
    /// Deleting a pushed group.
    DeletingGroup,
}

/// What Okta was about when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activity {
    /// A job about a person or a pushed group.
    Job(Doing),
    /// Test API Credentials, or Save.
    TestingCredentials,
    /// Import Now, or the reading of schemas and entitlements.
    Importing,
}

/// Why an activity failed, in Okta's eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The answer is no success.
    Refused {
        /// Its status.
        status: u16,
        /// Its reason phrase, which is what Okta shows.
        phrase: String,
        /// What the service said.
        said: Said,
    },
    /// The answer is a success whose body is not JSON.
    Unreadable(InvalidJson),
    /// No answer came.
    NoAnswer(TransportError),
    /// The answer to a creation contains no user.
    EmptyUser,
    /// The answer to a creation contains no group with an id.
    NoGroup,
    /// The counters of a list are no integers, at which Okta stops without a message.
    Silent,
}

/// What the body of a refusal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// `detail` of a SCIM error; empty when there is none.
    Detail(String),
    /// The body is not JSON.
    Unreadable(InvalidJson),
}

/// A body that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidJson {
    /// What it is instead.
    pub found: NotJson,
    /// The complaint of Okta's parser.
    complaint: String,
}

/// What stands where JSON is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotJson {
    /// Nothing at all.
    Nothing,
    /// A page: the body begins with `<`.
    Page,
    /// Other text.
    Text,
}

/// A failure with everything that its message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminMessage {
    /// What Okta was about.
    pub activity: Activity,
    /// The app's label.
    pub app: String,
    /// Login of the person, or name of the group; empty where the message is about the app.
    pub subject: String,
    /// Display name of the person; the group's name again.
    pub display_name: String,
    /// Why it failed.
    pub reason: Reason,
}

impl AdminMessage {
    /// The sentence that Okta shows; none where it stops without one.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let Self { activity, app, subject, display_name, reason } = self;
        if *reason == Reason::Silent {
            return None;
        }
        Some(match activity {
            Activity::Job(doing) => {
                job_failed(*doing, &About { app, subject, display_name }, &reason.to_string())
            }
            Activity::TestingCredentials => format!("Error authenticating: {reason}"),
            Activity::Importing => format!("Error while importing from app {app}: {reason}"),
        })
    }
}

impl Reason {
    /// Why an exchange fails what it is part of; nothing when it does not.
    #[must_use]
    pub fn of(outcome: &Result<Response, TransportError>) -> Option<Self> {
        match outcome {
            Err(error) => Some(Self::NoAnswer(error.clone())),
            Ok(response) => Self::of_response(response),
        }
    }

    /// An answer fails by its status, or by a body that is not JSON. An empty body fails nothing.
    #[must_use]
    pub fn of_response(response: &Response) -> Option<Self> {
        let body = response.json();
        if response.is_success() {
            let unreadable = !response.body.is_empty() && body.is_none();
            return unreadable.then(|| Self::Unreadable(InvalidJson::of(&response.body)));
        }
        let said = match body {
            Some(body) => Said::Detail(detail(&body).unwrap_or_default()),
            None => Said::Unreadable(InvalidJson::of(&response.body)),
        };
        Some(Self::Refused { status: response.status, phrase: response.reason.clone(), said })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { phrase, said, .. } => {
                write!(f, "{phrase}. Errors reported by remote server: {said}")
            }
            Self::Unreadable(invalid) => invalid.fmt(f),
            Self::NoAnswer(TransportError::Timeout { .. }) => f.write_str("Read timed out"),
            Self::NoAnswer(TransportError::NoToken { reason, .. }) => f.write_str(&dead_credentials(reason)),
            Self::NoAnswer(error) => error.fmt(f),
            Self::EmptyUser => f.write_str("Create new user returned empty user."),
            Self::NoGroup => f.write_str("the answer holds no group with an id"),
            Self::Silent => f.write_str("the counters of the list are no integers"),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detail(detail) => f.write_str(detail),
            Self::Unreadable(invalid) => invalid.fmt(f),
        }
    }
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Invalid JSON: {}", self.complaint)
    }
}

/// Who and what a message is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::clients) struct About<'a> {
    /// The app's label.
    pub(in crate::clients) app: &'a str,
    /// Login of the person, or name of the group.
    pub(in crate::clients) subject: &'a str,
    /// Display name of the person; the group's name again.
    pub(in crate::clients) display_name: &'a str,
}

/// The whole message of a failed job.
pub(in crate::clients) fn job_failed(doing: Doing, about: &About<'_>, reason: &str) -> String {
    let About { app, subject, display_name } = about;
    let provisioning =
        |what: String| format!("Automatic provisioning of user {subject} to app {app} failed: {what}");
    match doing {
        Doing::VerifyingUser => {
            provisioning(format!("Error while verifying if user {subject} exists: {reason}"))
        }
        Doing::MatchingUser => provisioning("Matching user not found".to_owned()),
        Doing::ImportingProfile => {
            provisioning(format!("Error while trying to import user profile for {subject}: {reason}"))
        }
        Doing::CreatingUser => provisioning(format!("Error while creating user {display_name}: {reason}")),
        Doing::ReactivatingUser => provisioning(format!("Error while reactivating user {subject}: {reason}")),
        Doing::PushingProfile => format!(
            "Automatic profile push of user {display_name} to app {app} failed: Error while trying to push profile update for {subject}: {reason}"
        ),
        Doing::PushingPassword => format!(
            "Automatic profile push of user {display_name} to app {app} failed: Error while trying to push password for {subject}: {reason}"
        ),
        Doing::DeprovisioningUser => format!(
            "Automatic deprovisioning of user {subject} from app {app} failed: Error while deprovisioning user {subject}: {reason}"
        ),
        Doing::DeletingUser => format!(
            "Automatic deprovisioning of user {subject} from app {app} failed: Error while deleting user {subject}: {reason}"
        ),
        Doing::CreatingGroup => format!(
            "Unable to update Group Push mapping target App group {subject}: Error while creating user group {subject}: {reason}"
        ),
        Doing::UpdatingGroup => format!(
            "Unable to update Group Push mapping target App group {subject}: Error while updating user group {subject}: {reason}"
        ),
        Doing::DeletingGroup => format!(
            "Unable to update Group Push mapping target App group {subject}: Error while deleting user group {subject}: {reason}"
        ),
    }
}

fn detail(body: &Value) -> Option<String> {
    let (_, detail) = body.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case("detail"))?;
    detail.as_str().map(str::to_owned)
}

impl InvalidJson {
    /// In the words of Okta's JSON parser, for a body that does not parse.
    fn of(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let trimmed = text.trim_start();
        let skipped = &text[..text.len() - trimmed.len()];
        let line = skipped.matches('\n').count() + 1;
        let column = skipped.chars().rev().take_while(|c| *c != '\n').count();
        let Some(first) = trimmed.chars().next() else {
            let complaint =
                format!("No content to map due to end-of-input at line: {line}, column: {column}");
            return Self { found: NotJson::Nothing, complaint };
        };
        if first.is_ascii_alphabetic() {
            let token: String = trimmed.chars().take_while(char::is_ascii_alphanumeric).collect();
            let column = column + token.len() + 1;
            let complaint = format!(
                "Unrecognized token '{token}': was expecting ('true', 'false' or 'null') at line: {line}, column: {column}"
            );
            return Self { found: NotJson::Text, complaint };
        }
        let complaint = format!(
            "Unexpected character ('{first}' (code {})): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at line: {line}, column: {}",
            u32::from(first),
            column + 2
        );
        Self { found: if first == '<' { NotJson::Page } else { NotJson::Text }, complaint }
    }
}

/// Without an access token an administrator has to authenticate again (§2.3).
pub(in crate::clients) fn dead_credentials(reason: &str) -> String {
    format!(
        "The credentials used to connect to the API were invalid; please check your configuration. Errors reported by remote server: {reason}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn response(status: u16, reason: &str, body: &str) -> Response {
        Response { status, reason: reason.into(), headers: vec![], body: Bytes::from(body.to_owned()) }
    }

    #[rstest::rstest]
    #[case(
        400,
        "Bad Request",
        r#"{"schema":"x","detail":"Request is unparsable, syntactically incorrect, or violates schema."}"#,
        "Bad Request. Errors reported by remote server: Request is unparsable, syntactically incorrect, or violates schema."
    )]
    #[case(
        502,
        "Bad Gateway",
        "error code: 502",
        "Bad Gateway. Errors reported by remote server: Invalid JSON: Unrecognized token 'error': was expecting ('true', 'false' or 'null') at line: 1, column: 6"
    )]
    #[case(
        403,
        "Forbidden",
        "<html>",
        "Forbidden. Errors reported by remote server: Invalid JSON: Unexpected character ('<' (code 60)): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at line: 1, column: 2"
    )]
    fn an_error_answer_is_read_as_okta_reads_it(
        #[case] status: u16,
        #[case] reason: &str,
        #[case] body: &str,
        #[case] message: &str,
    ) {
        let read = Reason::of_response(&response(status, reason, body)).map(|reason| reason.to_string());
        assert_eq!(read.as_deref(), Some(message));
    }
}
