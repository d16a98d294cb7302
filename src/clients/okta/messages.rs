//! The sentences that an Okta administrator sees (okta-client §6, code42-service §7), and how Okta
//! reads an error answer to make them.

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

/// Who and what a message is about.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The app's label.
    pub app: &'a str,
    /// Login of the person, or name of the group.
    pub subject: &'a str,
    /// Display name of the person; the group's name again.
    pub display_name: &'a str,
}

/// The whole message of a failed job.
#[must_use]
pub fn job_failed(doing: Doing, about: &About<'_>, reason: &str) -> String {
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

/// `{reason phrase}. Errors reported by remote server: {detail}` for an answer that is no success.
#[must_use]
pub fn refused(response: &Response) -> String {
    let said = match serde_json::from_slice::<Value>(&response.body) {
        Ok(body) => detail(&body).unwrap_or_default(),
        Err(_) => invalid_json(&response.body),
    };
    format!("{}. Errors reported by remote server: {said}", response.reason)
}

fn detail(body: &Value) -> Option<String> {
    let (_, detail) = body.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case("detail"))?;
    detail.as_str().map(str::to_owned)
}

/// `Invalid JSON: …` in the words of Okta's JSON parser, for a body that does not parse.
#[must_use]
pub fn invalid_json(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let trimmed = text.trim_start();
    let skipped = &text[..text.len() - trimmed.len()];
    let line = skipped.matches('\n').count() + 1;
    let column = skipped.chars().rev().take_while(|c| *c != '\n').count();
    let Some(first) = trimmed.chars().next() else {
        return format!(
            "Invalid JSON: No content to map due to end-of-input at line: {line}, column: {column}"
        );
    };
    if first.is_ascii_alphabetic() {
        let token: String = trimmed.chars().take_while(char::is_ascii_alphanumeric).collect();
        let column = column + token.len() + 1;
        return format!(
            "Invalid JSON: Unrecognized token '{token}': was expecting ('true', 'false' or 'null') at line: {line}, column: {column}"
        );
    }
    format!(
        "Invalid JSON: Unexpected character ('{first}' (code {})): expected a valid value (number, String, array, object, 'true', 'false' or 'null') at line: {line}, column: {}",
        u32::from(first),
        column + 2
    )
}

/// What is said when no answer came at all.
#[must_use]
pub fn no_answer(error: &TransportError) -> String {
    match error {
        TransportError::Timeout { .. } => "Read timed out".into(),
        TransportError::NoToken { reason, .. } => dead_credentials(reason),
        other => other.to_string(),
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
    // okta-client §6: AWS, ROSTR and SNOW.
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
        assert_eq!(refused(&response(status, reason, body)), message);
    }
}
