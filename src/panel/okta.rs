//! The Okta side: one org with people, groups and the app, driven by the buttons of its page.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request as HttpRequest, State};
use indexmap::IndexMap;

use super::traffic::{OPERATION, Traffic};
use super::{Done, PanelOptions};
use crate::checks::{Finding, PassiveJudge};
use crate::clients::operation::{self as op, App, Attribute, Features, Group, Person};
use crate::clients::{Definition, Dialect, Operation, Pacing, Simulator};
use crate::exchange::{
    Auth, BoxFuture, Exchange, InProcess, Masker, Record, Request, Response, Tcp, TcpOptions, Transport,
    TransportError,
};
use crate::reference::http::pages::Visit;
use crate::reference::http::{Reference, SignIn};
use crate::urn::{CODE42_USER as CODE42, ENTERPRISE, USER as CORE};

/// Longest wait that a server can ask for with 429 while somebody looks at the page.
const PATIENCE: u64 = 10;

/// The attributes of the guide's Step 4, and `c42OrgName`: variable, external name, namespace, Okta's attribute.
pub(super) const ATTRIBUTES: [(&str, &str, &str, &str); 8] = [
    ("country", "addresses.^[primary==true].country", CORE, "countryCode"),
    ("department", "department", ENTERPRISE, "department"),
    ("division", "division", ENTERPRISE, "division"),
    ("locality", "addresses.^[primary==true].locality", CORE, "city"),
    ("region", "addresses.^[primary==true].region", CORE, "state"),
    ("title", "title", CORE, "title"),
    ("usertype", "usertype", CORE, "userType"),
    ("c42OrgName", "c42OrgName", CODE42, "c42OrgName"),
];

/// Attributes of a person's profile that the page shows, with their names; `c42OrgName` is a custom one.
pub(super) const PROFILE: [(&str, &str); 12] = [
    ("login", "Login"),
    ("firstName", "First name"),
    ("lastName", "Last name"),
    ("email", "E-mail"),
    ("title", "Title"),
    ("department", "Department"),
    ("division", "Division"),
    ("city", "City"),
    ("state", "State"),
    ("countryCode", "Country code"),
    ("userType", "User type"),
    ("c42OrgName", "c42OrgName"),
];

/// What the last button led to.
#[derive(Clone, Default)]
pub(super) struct Last {
    pub(super) title: String,
    pub(super) failed: Vec<String>,
    pub(super) notes: Vec<String>,
    /// Each exchange with what its answer breaks.
    pub(super) exchanges: Vec<(Record, Vec<Finding>)>,
}

/// How the app is connected, as far as it may be shown.
#[derive(Clone, Default)]
pub(super) struct Connected {
    pub(super) base_url: String,
    pub(super) kind: String,
    pub(super) username: String,
}

/// The Okta side of the panel.
pub(super) struct OktaSide {
    pub(super) simulator: Simulator,
    pub(super) dialect: Dialect,
    pub(super) connected: Option<Connected>,
    pub(super) last: Option<Last>,
    pub(super) own_base_url: String,
    transport: Arc<ToService>,
    masker: Masker,
    seed: u64,
}

struct Patience;

impl Pacing for Patience {
    fn wait<'a>(&'a self, _why: &'a str, seconds: u64) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(seconds.min(PATIENCE))).await;
            Ok(())
        })
    }
}

/// Requests to this service go straight to it, past the socket; others go out. All are kept.
struct ToService {
    origin: String,
    inside: InProcess,
    tcp: TcpOptions,
    outside: OnceLock<Result<Tcp, String>>,
    operation: Mutex<String>,
    seen: Mutex<Vec<Exchange>>,
}

impl ToService {
    fn seen(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn operation(&self) -> MutexGuard<'_, String> {
        self.operation.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, request: &Request) -> Result<Response, TransportError> {
        let own = request.url.strip_prefix(&self.origin).is_some_and(|rest| rest.starts_with('/'));
        if own {
            let operation = self.operation().clone();
            return OPERATION.scope(operation, self.inside.send(request)).await;
        }
        let setup = || Tcp::new(&self.tcp).map_err(|error| error.to_string());
        match self.outside.get_or_init(setup) {
            Ok(tcp) => tcp.send(request).await,
            Err(reason) => Err(TransportError::BadRequest { reason: reason.clone() }),
        }
    }
}

impl Transport for ToService {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let outcome = self.ask(request).await;
            let exchange =
                Exchange { request: request.clone(), outcome: outcome.clone(), duration: Duration::ZERO };
            let mut seen = self.seen();
            // Whoever assigns a thousand people does not read a thousand exchanges.
            if seen.len() < 100 {
                seen.push(exchange);
            }
            outcome
        })
    }
}

async fn inside(State(traffic): State<Arc<Traffic>>, request: HttpRequest) -> axum::response::Response {
    traffic.pass(request).await
}

/// The people and groups that there are at first: those of the guide's walk-through.
fn directory() -> (IndexMap<String, Person>, IndexMap<String, Group>) {
    let some = |text: &str| Some(text.to_owned());
    let person = |login: &str, first: &str, last: &str| Person {
        login: login.into(),
        first_name: some(first),
        last_name: some(last),
        // An attribute that was added to the profile; who has none is an unmapped user.
        custom: IndexMap::from([("c42OrgName".to_owned(), String::new())]),
        ..Person::default()
    };
    let people = [
        (
            "test",
            Person {
                city: some("London"),
                state: some("LND"),
                country_code: some("GB"),
                department: some("Quality"),
                division: some("Research"),
                title: some("Tester"),
                user_type: some("Contractor"),
                ..person("test.user@example.com", "Test", "User")
            },
        ),
        (
            "ada",
            Person {
                country_code: some("GB"),
                department: some("Engines"),
                title: some("Countess"),
                ..person("ada@example.com", "Ada", "Lovelace")
            },
        ),
        (
            "grace",
            Person {
                country_code: some("US"),
                department: some("Compilers"),
                ..person("grace@example.com", "Grace", "Hopper")
            },
        ),
        ("john", Person { title: some("Clerk"), ..person("john.doe@example.com", "John", "Doe") }),
    ];
    let group = |name: &str, members: &[&str]| Group {
        name: name.into(),
        members: members.iter().map(|member| (*member).to_owned()).collect(),
    };
    let groups =
        [("executives", group("Executives", &["ada", "grace"])), ("uk", group("UK", &["ada", "test"]))];
    (
        people.into_iter().map(|(key, person)| (key.to_owned(), person)).collect(),
        groups.into_iter().map(|(key, group)| (key.to_owned(), group)).collect(),
    )
}

fn simulator(dialect: Dialect, seed: u64, transport: &Arc<ToService>) -> Simulator {
    let (people, groups) = directory();
    // The guide says to add the attributes by hand; nothing is connected or switched on yet.
    let app = App { attributes: Vec::new(), ..App::default() };
    let definition = Definition { dialect, app, people, groups, seed };
    Simulator::new(definition, Arc::clone(transport) as Arc<dyn Transport>, Arc::new(Patience))
}

impl OktaSide {
    pub(super) fn new(reference: &Reference, traffic: &Arc<Traffic>, options: &PanelOptions) -> Self {
        let router = Router::new().fallback(inside).with_state(Arc::clone(traffic));
        let transport = Arc::new(ToService {
            origin: reference.origin().to_owned(),
            inside: InProcess::new(router),
            tcp: options.tcp.clone(),
            outside: OnceLock::new(),
            operation: Mutex::new(String::new()),
            seen: Mutex::new(Vec::new()),
        });
        Self {
            simulator: simulator(Dialect::Oin, options.seed, &transport),
            dialect: Dialect::Oin,
            connected: None,
            last: None,
            own_base_url: reference.base_url().to_owned(),
            transport,
            masker: Masker::new(),
            seed: options.seed,
        }
    }

    /// An org in which nothing is set up, with an app made in this or the same way.
    pub(super) fn start_over(&mut self, dialect: Option<Dialect>) {
        self.dialect = dialect.unwrap_or(self.dialect);
        self.simulator = simulator(self.dialect, self.seed, &self.transport);
        self.connected = None;
        self.last = None;
    }

    /// Does what a button stands for.
    pub(super) async fn act(&mut self, reference: &Reference, action: &str, visit: &Visit) -> Done {
        match action {
            "connect" => return self.connect(visit),
            "start-over" => {
                let dialect = if visit.field("dialect") == Some("aiw") { Dialect::Aiw } else { Dialect::Oin };
                self.start_over(Some(dialect));
                return Ok("The Okta side begins again; the service keeps what it has.".into());
            }
            "add-person" => return self.add_person(visit),
            "add-group" => return self.add_group(visit),
            _ => {}
        }
        let (title, operation) = self.operation(action, visit)?;
        self.transport.seen().clear();
        self.transport.operation().clone_from(&title);
        let outcome = self.simulator.perform(&operation).await;
        let exchanges = std::mem::take(&mut *self.transport.seen());
        let report = outcome.map_err(|error| error.to_string())?;
        self.tell_sign_in(reference, &operation);
        let base_url = self.connected.as_ref().map_or("", |connected| connected.base_url.as_str());
        let mut judge = PassiveJudge::new(base_url);
        let exchanges: Vec<(Record, Vec<Finding>)> = exchanges
            .iter()
            .map(|exchange| (exchange.record(&self.masker), judge.observe(exchange, &self.masker)))
            .collect();
        let failed: Vec<String> = report.tasks.iter().map(|task| self.masker.text(&task.message)).collect();
        let told = match (failed.first(), exchanges.len()) {
            (Some(message), _) => Err(message.clone()),
            (None, 0) => Ok(format!("{title}: nothing was sent.")),
            (None, _) if matches!(operation, Operation::TestCredentials(_)) => {
                Ok(format!("{} was verified successfully!", self.simulator.app().label))
            }
            (None, 1) => Ok(format!("{title}: done with 1 request.")),
            (None, count) => Ok(format!("{title}: done with {count} requests.")),
        };
        self.last = Some(Last { title, failed, notes: report.notes, exchanges });
        told
    }

    /// What the identity provider says counts at sign-in, so the service's model of that must know it.
    fn tell_sign_in(&self, reference: &Reference, operation: &Operation) {
        let (user, state) = match operation {
            Operation::Suspend(a) => (&a.user, SignIn::Suspended),
            Operation::Unsuspend(a) => (&a.user, SignIn::Active),
            Operation::Deactivate(a) => (&a.user, SignIn::Deactivated),
            Operation::Reactivate(a) => (&a.user, SignIn::Active),
            _ => return,
        };
        if let Some(login) = self.simulator.login(user) {
            reference.set_sign_in(&login, state);
        }
    }

    fn connect(&mut self, visit: &Visit) -> Done {
        let base_url = visit.field("baseUrl").ok_or("Enter the base URL.")?.trim_end_matches('/').to_owned();
        if !["http://", "https://"].iter().any(|scheme| base_url.starts_with(scheme)) {
            return Err("The base URL must begin with http:// or https://.".into());
        }
        let username = visit.field("username").unwrap_or_default().to_owned();
        let secret = visit.field("secret").ok_or("Enter the password or the token.")?.to_owned();
        let kind = visit.field("kind").unwrap_or("basic").to_owned();
        let authorization = match kind.as_str() {
            "bearer" => Auth::Bearer { token: secret.clone() },
            "header" => Auth::Header { value: secret.clone() },
            _ if username.is_empty() => return Err("Enter the user name.".into()),
            _ => Auth::Basic { username: username.clone(), password: secret.clone() },
        };
        self.masker.add(&secret);
        self.simulator.connect(&base_url, &authorization);
        self.connected = Some(Connected { base_url, kind, username });
        Ok("The API integration is configured. Test the credentials before you save.".into())
    }

    fn add_person(&mut self, visit: &Visit) -> Done {
        let login = visit.field("login").ok_or("Enter a login.")?.to_owned();
        let given = |name: &str| visit.field(name).map(str::to_owned);
        let custom = IndexMap::from([("c42OrgName".to_owned(), given("c42OrgName").unwrap_or_default())]);
        let person = Person {
            login: login.clone(),
            first_name: given("firstName"),
            last_name: given("lastName"),
            email: given("email"),
            title: given("title"),
            department: given("department"),
            division: given("division"),
            city: given("city"),
            state: given("state"),
            country_code: given("countryCode"),
            user_type: given("userType"),
            custom,
            ..Person::default()
        };
        self.simulator.add_person(&key_of(&login), person).map_err(|error| error.to_string())?;
        Ok(format!("{login} was added to the directory. Nothing was sent."))
    }

    fn add_group(&mut self, visit: &Visit) -> Done {
        let name = visit.field("name").ok_or("Enter a name.")?.to_owned();
        let group = Group { name: name.clone(), members: visit.fields("member") };
        self.simulator.add_group(&key_of(&name), group).map_err(|error| error.to_string())?;
        Ok(format!("The group {name} was added to the directory. Nothing was sent."))
    }

    /// The operation of a button, with its title.
    fn operation(&self, action: &str, visit: &Visit) -> Result<(String, Operation), String> {
        let user = visit.field("person").unwrap_or_default().to_owned();
        let group = visit.field("group").unwrap_or_default().to_owned();
        let name = self
            .simulator
            .people()
            .find(|person| person.key == user)
            .map(|person| person.profile.full_name());
        let who = name.unwrap_or_else(|| user.clone());
        let which = self.simulator.group_name(&group).unwrap_or(&group).to_owned();
        let operation = match action {
            "test" => ("Test API Credentials".into(), Operation::TestCredentials(op::TestCredentials {})),
            "save" => ("Save".into(), Operation::Save(op::Save { features: Some(self.features(visit)) })),
            "force-sync" => ("Force Sync".into(), Operation::ForceSync(op::ForceSync {})),
            "assign" => (format!("Assign {who}"), Operation::Assign(op::Assign { user })),
            "unassign" => (format!("Unassign {who}"), Operation::Unassign(op::Unassign { user })),
            "provision" => (format!("Provision {who}"), Operation::ProvisionUser(op::ProvisionUser { user })),
            "suspend" => (format!("Suspend {who}"), Operation::Suspend(op::Suspend { user })),
            "unsuspend" => (format!("Unsuspend {who}"), Operation::Unsuspend(op::Unsuspend { user })),
            "deactivate" => (format!("Deactivate {who}"), Operation::Deactivate(op::Deactivate { user })),
            "reactivate" => (format!("Reactivate {who}"), Operation::Reactivate(op::Reactivate { user })),
            "update-profile" => {
                let set = self.changed(&user, visit);
                (
                    format!("Change the profile of {who}"),
                    Operation::UpdateProfile(op::UpdateProfile { user, set }),
                )
            }
            "push-group" => (format!("Push group {which}"), Operation::PushGroup(op::PushGroup { group })),
            "push-now" => (format!("Push {which} now"), Operation::PushNow(op::PushNow { group })),
            "assign-group" => {
                (format!("Assign to {which}"), Operation::AssignGroup(op::AssignGroup { group }))
            }
            "unassign-group" => {
                (format!("Unassign {which}"), Operation::UnassignGroup(op::UnassignGroup { group }))
            }
            "unlink-group" => {
                let unlink = op::UnlinkGroup { group, delete: visit.ticked("delete") };
                (format!("Unlink {which}"), Operation::UnlinkGroup(unlink))
            }
            "add-member" => {
                (format!("Add {who} to {which}"), Operation::AddMember(op::AddMember { group, user }))
            }
            "remove-member" => (
                format!("Remove {who} from {which}"),
                Operation::RemoveMember(op::RemoveMember { group, user }),
            ),
            "mappings" => {
                let save =
                    op::SaveMappings { attributes: attributes(visit), apply_now: visit.ticked("applyNow") };
                ("Save mappings".into(), Operation::SaveMappings(save))
            }
            "retry" => {
                let given = |text: String| (!text.is_empty()).then_some(text);
                let retry = op::RetryTask { user: given(user), group: given(group) };
                ("Retry".into(), Operation::RetryTask(retry))
            }
            _ => return Err("There is no such button.".into()),
        };
        Ok(operation)
    }

    /// The boxes under To App; what the page has no box for stays.
    fn features(&self, visit: &Visit) -> Features {
        Features {
            create_users: visit.ticked("createUsers"),
            update_user_attributes: visit.ticked("updateUserAttributes"),
            deactivate_users: visit.ticked("deactivateUsers"),
            ..self.simulator.app().features
        }
    }

    /// The attributes of a profile that the form gives another value.
    fn changed(&self, key: &str, visit: &Visit) -> IndexMap<String, String> {
        let person = self.simulator.people().find(|person| person.key == key);
        let now =
            |name: &str| person.and_then(|person| own_attribute(person.profile, name)).unwrap_or_default();
        PROFILE
            .iter()
            .filter_map(|(name, _)| {
                let (_, given) = visit.form.iter().find(|(known, _)| known == name)?;
                let given = given.trim();
                (given != now(name)).then(|| ((*name).to_owned(), given.to_owned()))
            })
            .collect()
    }
}

/// An attribute without Okta's defaults: what the form of a profile shows.
pub(super) fn own_attribute(person: &Person, name: &str) -> Option<String> {
    let fields = serde_json::to_value(person).ok()?;
    let own = fields.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
    own.or_else(|| person.custom.get(name).cloned())
}

/// A short name that a directory can have.
fn key_of(name: &str) -> String {
    let plain: String =
        name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    plain.trim_matches('-').to_owned()
}

/// The rows of the Profile Editor that are ticked.
fn attributes(visit: &Visit) -> Vec<Attribute> {
    let used = visit.fields("use");
    used.into_iter()
        .map(|variable| {
            let of = |part: &str| visit.field(&format!("{variable}.{part}")).map(str::to_owned);
            Attribute {
                external_name: of("externalName").unwrap_or_else(|| variable.clone()),
                external_namespace: of("namespace"),
                from: of("from"),
                variable,
                data_type: op::DataType::String,
            }
        })
        .collect()
}
