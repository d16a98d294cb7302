//! What a message of Okta says: taken apart from the text that a person read to an administrator's page or to
//! System Log, or as the recogniser of captures hands it over.

use crate::clients::okta::messages::{Activity, AdminMessage, Doing, InvalidJson, NotJson, Reason, Said};
use crate::exchange::TransportError;

impl Activity {
    /// What it is, to complete "Okta was …".
    #[must_use]
    pub fn phrase(self) -> &'static str {
        match self {
            Self::TestingCredentials => "testing the API credentials",
            Self::Importing => "importing from the app",
            Self::Job(doing) => match doing {
                Doing::VerifyingUser => "looking whether the account exists",
                Doing::MatchingUser => "looking for an account to link, and may create none",
                Doing::CreatingUser => "creating the account",
                Doing::ImportingProfile => "reading the answer to the creation into the app profile",
                Doing::PushingProfile => "pushing the profile",
                Doing::ReactivatingUser => "activating the account again",
                Doing::DeprovisioningUser => "deactivating the account",
                Doing::PushingPassword => "pushing a password",
                Doing::DeletingUser => "deleting the account",
                Doing::CreatingGroup => "creating a pushed group",
                Doing::UpdatingGroup => "changing a pushed group or its members",
                Doing::DeletingGroup => "deleting a pushed group",
            },
        }
    }

    /// The requests that it consists of.
    #[must_use]
    pub fn requests(self) -> &'static str {
        match self {
            Self::TestingCredentials => "GET /Users?startIndex=1&count=2",
            Self::Importing => "GET /Users?startIndex=1&count=100, and so on by pages",
            Self::Job(doing) => match doing {
                Doing::VerifyingUser | Doing::MatchingUser => {
                    "GET /Users?filter=userName eq \"…\"&startIndex=1&count=100"
                }
                Doing::CreatingUser | Doing::ImportingProfile => "POST /Users, after an empty look-up",
                Doing::PushingProfile => "GET /Users/{id}, then PUT of the merged document",
                Doing::ReactivatingUser => {
                    "PATCH of active true without a path (catalogue app), or GET and PUT (wizard app)"
                }
                Doing::DeprovisioningUser => {
                    "PATCH of active false without a path (catalogue app), or GET and PUT (wizard app)"
                }
                Doing::PushingPassword => {
                    "PATCH of password without a path (catalogue app), or GET and PUT (wizard app)"
                }
                Doing::DeletingUser => "DELETE /Users/{id}",
                Doing::CreatingGroup => "GET /Groups?filter=displayName eq \"…\", then POST /Groups",
                Doing::UpdatingGroup => {
                    "PATCH of name and members (catalogue app), or GET and PUT of the whole group (wizard app)"
                }
                Doing::DeletingGroup => "DELETE /Groups/{id}",
            },
        }
    }
}

/// How the answer was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Symptom {
    /// A status that is no success; which one says [`Message::status`].
    Refused,
    /// A body that begins with `<`: a page.
    Page,
    /// A body that is other text.
    Text,
    /// No body where one is read.
    NoBody,
    /// A creation whose answer holds no user.
    EmptyUser,
    /// A value of another type than the app attribute's.
    WrongType,
    /// No account to link, and none may be created.
    NoMatch,
    /// The credentials were not taken.
    Credentials,
    /// Nothing came in time.
    TimedOut,
    /// No connection could be made.
    NoConnection,
    /// Okta stopped and gave no reason.
    Silent,
    /// The message says nothing of it.
    Unsaid,
}

/// A message, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What Okta was about.
    pub activity: Option<Activity>,
    /// The app's label.
    pub app: Option<String>,
    /// The person or group, as far as the message names one.
    pub subject: Option<String>,
    /// The status behind the reason phrase.
    pub status: Option<u16>,
    /// What the service said.
    pub said: Option<String>,
    /// How the answer was wrong.
    pub symptom: Symptom,
}

/// Reason phrases that Okta shows, longest first where one ends in another.
const PHRASES: [(&str, u16); 22] = [
    ("internal server error", 500),
    ("server error", 500),
    ("bad request", 400),
    ("unauthorized", 401),
    ("payment required", 402),
    ("forbidden", 403),
    ("not found", 404),
    ("method not allowed", 405),
    ("not acceptable", 406),
    ("request timeout", 408),
    ("conflict", 409),
    ("precondition failed", 412),
    ("payload too large", 413),
    ("content too large", 413),
    ("unsupported media type", 415),
    ("unprocessable entity", 422),
    ("unprocessable content", 422),
    ("too many requests", 429),
    ("not implemented", 501),
    ("bad gateway", 502),
    ("service unavailable", 503),
    ("gateway timeout", 504),
];

/// What tells what Okta was about; the first that is found counts.
const ACTIVITIES: [(&str, Activity); 36] = {
    use Activity::{Importing, Job, TestingCredentials};
    use Doing as D;
    [
        ("error authenticating", TestingCredentials),
        ("while verifying if user", Job(D::VerifyingUser)),
        ("matching user not found", Job(D::MatchingUser)),
        ("while creating user group", Job(D::CreatingGroup)),
        ("while creating group", Job(D::CreatingGroup)),
        ("while updating user group", Job(D::UpdatingGroup)),
        ("while updating group", Job(D::UpdatingGroup)),
        ("while deleting user group", Job(D::DeletingGroup)),
        ("while deleting group", Job(D::DeletingGroup)),
        ("while creating user", Job(D::CreatingUser)),
        ("create new user returned empty user", Job(D::CreatingUser)),
        ("import user profile", Job(D::ImportingProfile)),
        ("push profile update", Job(D::PushingProfile)),
        ("to push password", Job(D::PushingPassword)),
        ("while pushing password", Job(D::PushingPassword)),
        ("while reactivating user", Job(D::ReactivatingUser)),
        ("while deprovisioning user", Job(D::DeprovisioningUser)),
        ("while deactivating user", Job(D::DeprovisioningUser)),
        ("while deleting user", Job(D::DeletingUser)),
        ("while importing", Importing),
        ("already exists", Job(D::CreatingGroup)),
        // Event types of System Log.
        ("provision.user.verify_exists", Job(D::VerifyingUser)),
        ("provision.user.import_profile", Job(D::ImportingProfile)),
        ("provision.user.push_profile", Job(D::PushingProfile)),
        ("provision.user.push_password", Job(D::PushingPassword)),
        ("provision.user.push_okta_password", Job(D::PushingPassword)),
        ("provision.user.reactivate", Job(D::ReactivatingUser)),
        ("provision.user.deactivate", Job(D::DeprovisioningUser)),
        ("provision.user.deprovision", Job(D::DeprovisioningUser)),
        ("provision.user.push", Job(D::CreatingUser)),
        ("provision.user.sync", Job(D::VerifyingUser)),
        ("sync user in external application", Job(D::VerifyingUser)),
        ("provision.group", Job(D::UpdatingGroup)),
        ("group push mapping", Job(D::UpdatingGroup)),
        ("automatic profile push", Job(D::PushingProfile)),
        ("automatic deprovisioning", Job(D::DeprovisioningUser)),
    ]
};

const REMOTE: &str = "errors reported by remote server:";

impl Message {
    /// Takes `text` apart; nothing when it is no message of Okta's grammar.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.trim_matches(['"', '“', '”', '`']);
        // In ASCII alone, so that places in the one are places in the other.
        let lower = text.to_ascii_lowercase();
        let mut activity =
            ACTIVITIES.iter().find(|(words, _)| lower.contains(words)).map(|(_, activity)| *activity);
        if activity == Some(Activity::Job(Doing::CreatingGroup))
            && lower.contains("automatic provisioning of user")
        {
            activity = Some(Activity::Job(Doing::CreatingUser));
        }
        let remote = lower.find(REMOTE);
        let said =
            remote.map(|at| text[at + REMOTE.len()..].trim().to_owned()).filter(|said| !said.is_empty());
        // This one ends in a reason phrase without meaning it.
        let before = lower[..remote.unwrap_or(lower.len())].replace("matching user not found", "");
        let before = before.as_str();
        let status =
            phrase_at_the_end(before).or_else(|| code_in(before)).or_else(|| phrase_in(before, activity));
        let symptom = symptom(&lower, status);
        let provisioning = lower.contains("automatic provisioning of user");
        if activity.is_none() && provisioning {
            activity = Some(Activity::Job(Doing::CreatingUser));
        }
        if activity.is_none()
            && matches!(symptom, Symptom::Unsaid | Symptom::TimedOut | Symptom::NoConnection)
        {
            return None;
        }
        if activity.is_none() && remote.is_none() && symptom == Symptom::Refused {
            return None;
        }
        Some(Self { activity, app: app(text, &lower), subject: subject(text, &lower), status, said, symptom })
    }
}

impl From<&AdminMessage> for Message {
    fn from(message: &AdminMessage) -> Self {
        let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (status, said, symptom) = match &message.reason {
            Reason::Refused { status, said, .. } => {
                let symptom = match said {
                    Said::Unreadable(invalid) => instead_of_json(invalid),
                    Said::Detail(_) if *status == 401 => Symptom::Credentials,
                    Said::Detail(_) => Symptom::Refused,
                };
                (Some(*status), named(&said.to_string()), symptom)
            }
            Reason::Unreadable(invalid) => (None, None, instead_of_json(invalid)),
            Reason::NoAnswer(TransportError::Timeout { .. }) => (None, None, Symptom::TimedOut),
            Reason::NoAnswer(TransportError::NoToken { reason, .. }) => {
                (None, named(reason), Symptom::Credentials)
            }
            Reason::NoAnswer(TransportError::Connect { .. } | TransportError::Broken { .. }) => {
                (None, None, Symptom::NoConnection)
            }
            Reason::NoAnswer(
                TransportError::BadRequest { .. }
                | TransportError::TooLarge { .. }
                | TransportError::Interrupted
                | TransportError::NotOurs { .. },
            )
            | Reason::NoGroup => (None, None, Symptom::Unsaid),
            Reason::EmptyUser => (None, None, Symptom::EmptyUser),
            Reason::Silent => (None, None, Symptom::Silent),
        };
        Self {
            activity: Some(message.activity),
            app: named(&message.app),
            subject: named(&message.subject),
            status,
            said,
            symptom,
        }
    }
}

fn instead_of_json(invalid: &InvalidJson) -> Symptom {
    match invalid.found {
        NotJson::Nothing => Symptom::NoBody,
        NotJson::Page => Symptom::Page,
        NotJson::Text => Symptom::Text,
    }
}

/// The phrase before `. Errors reported …`.
fn phrase_at_the_end(before: &str) -> Option<u16> {
    let before = before.trim_end().trim_end_matches('.');
    PHRASES.iter().find(|(phrase, _)| before.ends_with(phrase)).map(|(_, status)| *status)
}

/// `HTTP 502` or `status 502`, as other tools write it.
fn code_in(before: &str) -> Option<u16> {
    ["http ", "http/1.1 ", "status ", "status code ", "code: "].iter().find_map(|prefix| {
        let at = before.find(prefix)? + prefix.len();
        let code: u16 = before.get(at..at + 3)?.parse().ok()?;
        (400..600).contains(&code).then_some(code)
    })
}

/// A phrase anywhere in what follows the names, where Okta's sentence has no remote part.
fn phrase_in(before: &str, activity: Option<Activity>) -> Option<u16> {
    let rest = match before.find("failed:").or_else(|| before.find("authenticating:")) {
        Some(at) => &before[at..],
        None if activity.is_some() => before,
        None => return None,
    };
    PHRASES.iter().find(|(phrase, _)| rest.contains(phrase)).map(|(_, status)| *status)
}

fn symptom(lower: &str, status: Option<u16>) -> Symptom {
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["returned empty user"]) {
        return Symptom::EmptyUser;
    }
    if has(&["matching user not found"]) {
        return Symptom::NoMatch;
    }
    if has(&["error setting property", "invalid value data type"]) {
        return Symptom::WrongType;
    }
    if has(&["invalid json", "jsonparseexception"]) {
        return if has(&["'<'", "code 60"]) {
            Symptom::Page
        } else if has(&["end-of-input", "no content to map"]) {
            Symptom::NoBody
        } else {
            Symptom::Text
        };
    }
    if has(&["credentials used to connect to the api were invalid"]) {
        return Symptom::Credentials;
    }
    if has(&["timed out", "sockettimeout", "no answer from"]) {
        return Symptom::TimedOut;
    }
    let unreachable = [
        "connection refused",
        "could not connect",
        "unknownhost",
        "unknown host",
        "pkix",
        "sslhandshake",
        "certification path",
        "connection reset",
        "broke off",
    ];
    if has(&unreachable) {
        return Symptom::NoConnection;
    }
    if matches!(status, Some(401)) {
        return Symptom::Credentials;
    }
    if status.is_some() {
        return Symptom::Refused;
    }
    if has(&["already exists"]) {
        return Symptom::Refused;
    }
    if has(&["reason: null", "reason null", "reason: -", "sync user in external application", "no integers"])
    {
        return Symptom::Silent;
    }
    Symptom::Unsaid
}

/// What stands between `to app` (or `from app`) and `failed`.
fn app(text: &str, lower: &str) -> Option<String> {
    between(text, lower, &["to app ", "from app "], &[" failed", ":"])
}

/// The person or group that the message names.
fn subject(text: &str, lower: &str) -> Option<String> {
    between(text, lower, &["app group "], &[":"])
        .or_else(|| {
            let outer = ["automatic provisioning of user ", "push of user ", "deprovisioning of user "];
            between(text, lower, &outer, &[" to app ", " from app "])
        })
        .or_else(|| between(text, lower, &["verifying if user "], &[" exists"]))
        .or_else(|| between(text, lower, &["creating user group ", "creating user "], &[":"]))
}

fn between(text: &str, lower: &str, starts: &[&str], ends: &[&str]) -> Option<String> {
    let start = starts.iter().find_map(|start| lower.find(start).map(|at| at + start.len()))?;
    let end = ends.iter().filter_map(|end| lower[start..].find(end)).min()?;
    let found = text[start..start + end].trim();
    (!found.is_empty() && found.len() < 300).then(|| found.to_owned())
}

/// Every form of message that is recognized, as a reader may compare it with the one at hand.
pub const FORMS: [&str; 18] = [
    "Error authenticating: {reason}. Errors reported by remote server: {detail}",
    "The credentials used to connect to the API were invalid; please check your configuration",
    "Automatic provisioning of user {login} to app {app} failed: Error while verifying if user {login} exists: {reason}. Errors reported by remote server: {detail}",
    "Automatic provisioning of user {login} to app {app} failed: Matching user not found",
    "Automatic provisioning of user {login} to app {app} failed: Error while creating user {name}: {reason}. Errors reported by remote server: {detail}",
    "Automatic provisioning of user {login} to app {app} failed: Error while creating user {name}: Create new user returned empty user.",
    "Automatic provisioning of user {login} to app {app} failed: Error while trying to import user profile for {login}: Error setting property, appUser={login} property={attribute} error=[Invalid value data type]",
    "Automatic provisioning of user {login} to app {app} failed: Error while reactivating user {login}: {reason}. Errors reported by remote server: {detail}",
    "Automatic profile push of user {name} to app {app} failed: Error while trying to push profile update for {login}: {reason}. Errors reported by remote server: {detail}",
    "Automatic profile push of user {name} to app {app} failed: Error while trying to push profile update for Server Error.",
    "Automatic profile push of user {name} to app {app} failed: Error while trying to push password for {login}: {reason}. Errors reported by remote server: {detail}",
    "Automatic deprovisioning of user {login} from app {app} failed: Error while deprovisioning user {login}: {reason}. Errors reported by remote server: {detail}",
    "Unable to update Group Push mapping target App group {group}: Error while creating user group {group}: {reason}. Errors reported by remote server: {detail}",
    "Unable to update Group Push mapping target App group {group}: Error while updating user group {group}: {reason}. Errors reported by remote server: {detail}",
    "Unable to update Group Push mapping target App group {group}: Error while deleting user group {group}: {reason}. Errors reported by remote server: {detail}",
    "Resource [GROUP]: with displayName already exists",
    "Error while importing users from app {app}: {reason}",
    "Sync user in external application FAILURE, reason: null (application.provision.user.sync)",
];

/// The form that is most like a text that was not recognized.
#[must_use]
pub fn nearest(text: &str) -> &'static str {
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() > 2)
            .map(str::to_owned)
            .collect()
    };
    let of = words(text);
    let common = |form: &str| {
        let other = words(form);
        let shared = of.intersection(&other).count();
        // Per thousand of both together.
        shared * 1000 / (of.len() + other.len() - shared).max(1)
    };
    FORMS.iter().copied().rev().max_by_key(|form| common(form)).unwrap_or(FORMS[0])
}
