//! From arguments and configuration to targets: the built-in reference, fresh each time, or a remote one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::defects::Defect;
use super::{Failed, env};
use crate::checks::Subject;
use crate::config::{AuthConfig, Config, ConfigError, ObserveConfig, TargetConfig};
use crate::exchange::{
    ACCESS_TOKEN, Auth, BoxFuture, Credentials, Fetch, Guarded, InProcess, Interruption, Limits, Masker,
    OAuth, OAuthClient, OAuthGrant, Origin, Patience, Size, Tcp, TcpOptions, Transport, UrlParts, beside,
    is_secret_header, percent_decode, without_user,
};
use crate::faults::Fault;
use crate::reference::http::{Preset, Reference, ReferenceOptions};
use crate::target::{Console, Ledger, Paging, Section, Source, Target, Targets};

/// The first instant of the reference's clock; what it is matters to nobody.
const START: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// Which target, and how to talk to it.
#[derive(Debug, clap::Args)]
pub(super) struct TargetArgs {
    /// SCIM base URL, or the name of a target in scimulate.toml. Without it a fresh built-in reference
    /// is the target.
    #[arg(long, value_name = "URL|NAME")]
    target: Option<String>,
    /// Environment variable that holds a bearer token for the target.
    #[arg(long, value_name = "VARIABLE", conflicts_with = "user")]
    bearer_env: Option<String>,
    /// User name and password for Basic, as in curl.
    #[arg(short, long, value_name = "USER:PASSWORD")]
    user: Option<String>,
    /// Header field added to every request, as in curl; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// How the built-in reference behaves: `seed` unless `check` runs, which takes `rfc`.
    #[arg(long, value_enum, conflicts_with = "target")]
    preset: Option<PresetArg>,
    /// Deliberate defect of the built-in reference, see `scimulate list faults`.
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
    fault: Option<String>,
    /// What the built-in reference takes although no preset does: `text-booleans` for the texts "True" and
    /// "False", as Microsoft Entra sends them by default.
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "target")]
    lenient: Option<Leniency>,
    /// Do not verify the server's certificate.
    #[arg(short = 'k', long)]
    insecure: bool,
    /// PEM file with further root certificates.
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Seconds for making a connection.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    connect_timeout: u64,
    /// Seconds for a whole exchange; Okta waits 60.
    #[arg(short = 'm', long, value_name = "SECONDS", default_value_t = 60)]
    max_time: u64,
    /// Most bytes of an answer that are taken, as it comes and once it is decoded. An answer that is larger
    /// counts as none.
    #[arg(long, value_name = "SIZE", default_value = "16M")]
    max_body: Size,
    /// Seconds that a run waits in all for a target that asks for it with Retry-After; what would take longer is
    /// given up.
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::WAIT.as_secs())]
    max_wait: u64,
    /// Proxy for all requests; the environment's proxy settings are not used.
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum PresetArg {
    /// As the guide says Code42 behaves.
    Seed,
    /// Strictly by the RFCs.
    Rfc,
}

/// What a built-in reference takes although no preset does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Leniency {
    /// The texts "True" and "False" where a boolean belongs.
    TextBooleans,
}

impl From<PresetArg> for Preset {
    fn from(preset: PresetArg) -> Self {
        match preset {
            PresetArg::Seed => Self::Seed,
            PresetArg::Rfc => Self::Rfc,
        }
    }
}

/// What the arguments amount to.
pub(super) struct Chosen {
    pub(super) targets: Arc<dyn Targets>,
    /// Dialects that the target's configuration names.
    pub(super) dialects: Option<Vec<String>>,
    /// The target's own snapshots.
    pub(super) overrides: Option<PathBuf>,
    /// Knows everything that must not be shown, and learns what an authorization server gives out.
    pub(super) masker: Masker,
    /// Ends what is under way.
    pub(super) interruption: Interruption,
    /// What is created on a lasting target.
    pub(super) ledger: Option<Ledger>,
}

/// One target for requests of the program's own choice.
#[derive(Clone)]
pub(super) struct Examined {
    /// How reports call it.
    pub(super) name: String,
    pub(super) subject: Subject,
    pub(super) masker: Masker,
    /// What is created on it.
    pub(super) ledger: Ledger,
}

impl Examined {
    /// The lasting target that was chosen, with what is created on it.
    pub(super) fn of(chosen: &Chosen, ledger: &Ledger) -> Result<Self, Failed> {
        let target = chosen.targets.open(0).map_err(Failed::io)?;
        let subject = Subject {
            base_url: target.base_url,
            authorization: target.auth.header_value(),
            second: None,
            headers: target.headers,
            transport: target.transport,
        };
        Ok(Self { name: target.name, subject, masker: chosen.masker.clone(), ledger: ledger.clone() })
    }
}

impl TargetArgs {
    /// The same with this preset of the built-in reference unless another was asked for.
    pub(super) fn or_preset(mut self, preset: PresetArg) -> Self {
        self.preset.get_or_insert(preset);
        self
    }

    /// How long a run waits in all for the target.
    pub(super) fn max_wait(&self) -> Duration {
        Duration::from_secs(self.max_wait)
    }

    /// The patience of a run, which tells of each wait on standard error.
    pub(super) fn patience(&self) -> Arc<Patience> {
        Arc::new(Patience::new(self.max_wait(), super::stopwatch(), Arc::new(super::say_error)))
    }

    pub(super) fn is_remote(&self) -> bool {
        self.target.is_some()
    }

    /// Whether the built-in reference is to be wrong in some way.
    pub(super) fn is_defective(&self) -> bool {
        self.fault.is_some()
    }

    fn defect(&self) -> Result<Defect, Failed> {
        self.fault.as_deref().map_or(Ok(Defect::None), Defect::named)
    }

    /// What a built-in reference takes besides.
    pub(super) fn lenient(&self) -> Option<Leniency> {
        self.lenient
    }

    /// How a built-in reference behaves that is served.
    pub(super) fn preset(&self) -> Preset {
        self.preset.unwrap_or(PresetArg::Seed).into()
    }

    /// `mark` begins every name that is given on a lasting target.
    pub(super) fn choose(&self, mark: &str) -> Result<Chosen, Failed> {
        let Some(target) = &self.target else {
            let targets =
                Arc::new(References { preset: self.preset(), defect: self.defect()?, lenient: self.lenient });
            return Ok(Chosen {
                targets,
                dialects: None,
                overrides: None,
                masker: Masker::new(),
                interruption: Interruption::new(),
                ledger: None,
            });
        };
        if UrlParts::of(target).is_absolute() {
            let settings = TargetConfig {
                base_url: target.clone(),
                auth: AuthConfig::None,
                dialects: None,
                headers: std::collections::BTreeMap::new(),
                console: None,
                observe: ObserveConfig::default(),
                snapshots: None,
                insecure: false,
                cacert: None,
            };
            return self.remote(target, &settings, None, mark);
        }
        let here = std::env::current_dir().map_err(|error| Failed::io(error.to_string()))?;
        let path = Config::find(&here).ok_or_else(|| {
            Failed::usage(format!(
                "`{target}` is not a URL, and there is no scimulate.toml here or above; give a URL, or write one with `scimulate init`"
            ))
        })?;
        let config = Config::read(&path).map_err(|error| Failed::usage(error.to_string()))?;
        let settings = config.target(target).map_err(|error| Failed::usage(error.to_string()))?;
        let name = format!("{target} ({})", settings.base_url);
        self.remote(&name, settings, path.parent().map(PathBuf::from), mark)
    }

    /// The target for the active judge, how reports call it, and who knows its secrets.
    pub(super) fn subject(&self, mark: &str) -> Result<Examined, Failed> {
        if self.target.is_some() {
            let chosen = self.choose(mark)?;
            if let Some(ledger) = &chosen.ledger {
                return Examined::of(&chosen, ledger);
            }
        }
        let preset = self.preset.unwrap_or(PresetArg::Rfc);
        let mut subject = examined(preset.into(), self.defect()?, self.lenient).map_err(Failed::io)?;
        let given = subject.authorization.clone().map(|value| ("Authorization".to_owned(), value));
        let given = given.into_iter().collect();
        let ledger =
            Ledger::new(&subject.base_url, mark.to_owned(), given, Arc::clone(&subject.transport), false);
        subject.transport = Arc::new(ledger.clone());
        Ok(Examined { name: "the built-in reference".into(), subject, masker: Masker::new(), ledger })
    }

    fn remote(
        &self,
        name: &str,
        settings: &TargetConfig,
        folder: Option<PathBuf>,
        mark: &str,
    ) -> Result<Chosen, Failed> {
        let usable = ["http://", "https://"].iter().any(|scheme| settings.base_url.starts_with(scheme));
        if !usable {
            return Err(Failed::usage(format!(
                "`{}` is not a base URL; it must begin with http:// or https://",
                settings.base_url
            )));
        }
        let beside =
            |path: &PathBuf| folder.as_ref().map_or_else(|| path.clone(), |folder| folder.join(path));
        let masker = Masker::new();
        let (base_url, user) = without_user(&settings.base_url);
        let oauth =
            if self.bearer_env.is_none() && self.user.is_none() { oauth(&settings.auth)? } else { None };
        let auth = match &oauth {
            // The transport puts the token in its place.
            Some(_) => Auth::Bearer { token: ACCESS_TOKEN.into() },
            None => match (self.auth(&settings.auth)?, user.and_then(|user| user.split_once(':'))) {
                // As in curl, a URL may hold them.
                (Auth::None, Some((username, password))) => {
                    Auth::Basic { username: percent_decode(username), password: percent_decode(password) }
                }
                (auth, _) => auth,
            },
        };
        let mut headers: Vec<(String, String)> =
            settings.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for header in &self.headers {
            let (name, value) = header.split_once(':').ok_or_else(|| {
                Failed::usage(format!("`{header}` is not a header field; write it like `Name: value`"))
            })?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let cacert = self.cacert.clone().or_else(|| settings.cacert.as_ref().map(beside));
        let cacert_pem = match &cacert {
            Some(path) => Some(super::files::bytes(path)?),
            None => None,
        };
        let options = TcpOptions {
            insecure: self.insecure || settings.insecure,
            cacert_pem,
            connect_timeout: Duration::from_secs(self.connect_timeout),
            max_time: Duration::from_secs(self.max_time),
            proxy: self.proxy.clone(),
            http2: false,
            limits: Limits { body: self.max_body.0 },
        };
        let transport: Arc<dyn Transport> =
            Arc::new(Tcp::new(&options).map_err(|error| super::files::unusable(&error, cacert.as_deref()))?);
        let fetch: Arc<dyn Transport> =
            Arc::new(Fetch::new(&options).map_err(|error| Failed::usage(error.to_string()))?);
        let transport = match oauth {
            Some(client) => Arc::new(OAuth::new(transport, Arc::clone(&fetch), client, masker.clone())),
            None => transport,
        };
        let is_secret = |field: &&(String, String)| is_secret_header(&field.0);
        let of_fields: Vec<String> = headers
            .iter()
            .filter(is_secret)
            .flat_map(|(_, value)| Auth::Header { value: value.clone() }.secrets())
            .collect();
        let console = match &settings.console {
            Some(console) => Some((
                Console {
                    base_url: console.url.trim_end_matches('/').to_owned(),
                    auth: Auth::Basic {
                        username: console.username.clone(),
                        password: secret(&console.password_env, "the console's password")?,
                    },
                },
                console.clock,
            )),
            None => None,
        };
        let clock = console.as_ref().is_some_and(|(_, clock)| *clock);
        let observe = observed(settings, &base_url, &auth)?;
        let parts = [(base_url.as_str(), &auth)]
            .into_iter()
            .chain(console.iter().map(|(console, _)| (console.base_url.as_str(), &console.auth)))
            .chain(observe.iter().map(|(_, source)| (source.url.as_str(), &source.auth)));
        let mut credentials = Credentials::default()
            .given(&base_url, headers.clone(), of_fields.clone())
            .map_err(Failed::usage)?;
        let mut secrets = of_fields;
        for (url, auth) in parts {
            let field = auth.header_value().map(|value| ("Authorization".to_owned(), value));
            credentials =
                credentials.given(url, field.into_iter().collect(), auth.secrets()).map_err(Failed::usage)?;
            secrets.extend(auth.secrets());
        }
        let transport = Arc::new(Guarded::new(transport, credentials.clone()));
        let fetch = Arc::new(Guarded::new(fetch, credentials));
        secrets.extend([&settings.base_url].into_iter().chain(&self.proxy).filter_map(|url| password(url)));
        secrets.iter().for_each(|secret| masker.add(secret));
        let mut given = headers.clone();
        given.extend(auth.header_value().map(|value| ("Authorization".to_owned(), value)));
        let ledger = Ledger::new(&base_url, mark.to_owned(), given, transport, true);
        let target = Target {
            name: name.replace(&settings.base_url, &base_url),
            base_url,
            auth,
            headers,
            transport: Arc::new(ledger.clone()),
            fetch,
            console: console.map(|(console, _)| console),
            observe,
            clock,
            fresh: false,
            guide: false,
            start: super::now(),
            prefix: None,
        };
        Ok(Chosen {
            targets: Arc::new(Remote { target, mark: mark.to_owned(), ledger: ledger.clone() }),
            dialects: settings.dialects.clone(),
            overrides: settings.snapshots.as_ref().map(beside),
            masker,
            interruption: ledger.interruption(),
            ledger: Some(ledger),
        })
    }

    fn auth(&self, configured: &AuthConfig) -> Result<Auth, Failed> {
        if let Some(variable) = &self.bearer_env {
            return Ok(Auth::Bearer { token: secret(variable, "the bearer token")? });
        }
        if let Some(user) = &self.user {
            let (username, password) = user.split_once(':').ok_or_else(|| {
                Failed::usage("`--user` needs user name and password, separated by a colon")
            })?;
            return Ok(Auth::Basic { username: username.to_owned(), password: password.to_owned() });
        }
        configured_auth(configured)
    }
}

/// The password in `https://user:password@host`.
fn password(url: &str) -> Option<String> {
    Some(UrlParts::of(url).userinfo()?.split_once(':')?.1.to_owned())
}

/// Where the target shows what SCIM does not carry.
fn observed(settings: &TargetConfig, base_url: &str, own: &Auth) -> Result<Vec<(Section, Source)>, Failed> {
    let ObserveConfig { organizations, roles, sync_log } = &settings.observe;
    let sections =
        [(Section::Organizations, organizations), (Section::Roles, roles), (Section::SyncLog, sync_log)];
    let mut sources = Vec::new();
    for (section, config) in sections {
        let Some(config) = config else { continue };
        let known = section.fields();
        let named = config.fields.keys().chain(config.values.keys());
        if let Some(wrong) = named.into_iter().find(|name| !known.contains(&name.as_str())) {
            return Err(Failed::usage(format!(
                "`{wrong}` under `observe` is no field that can be read there; those are {}",
                known.join(", ")
            )));
        }
        let pointers = config.fields.values().chain([&config.items]).chain(&config.next);
        if let Some(wrong) = pointers.into_iter().find(|text| !text.is_empty() && !text.starts_with('/')) {
            return Err(Failed::usage(format!(
                "`{wrong}` under `observe` is no JSON Pointer; it must begin with /"
            )));
        }
        let paging = match (&config.next, &config.page_parameter) {
            (Some(_), Some(_)) => {
                return Err(Failed::usage(
                    "`next` and `page-parameter` under `observe` exclude each other; keep the one that the API has",
                ));
            }
            (Some(pointer), None) => Paging::Next(pointer.clone()),
            (None, Some(parameter)) => Paging::Number(parameter.clone()),
            (None, None) => Paging::Whole,
        };
        let url = beside(base_url, &config.url);
        let auth = match &config.auth {
            Some(auth) => configured_auth(auth)?,
            None if Origin::of(&url) == Origin::of(base_url) => own.clone(),
            // The target's own credentials go nowhere else.
            None => Auth::None,
        };
        let source = Source {
            url,
            auth,
            items: config.items.clone(),
            fields: config.fields.clone(),
            values: config.values.clone(),
            paging,
            newest_first: config.newest_first,
        };
        sources.push((section, source));
    }
    Ok(sources)
}

fn configured_auth(configured: &AuthConfig) -> Result<Auth, Failed> {
    Ok(match configured {
        AuthConfig::None => Auth::None,
        AuthConfig::Basic { username, password_env } => {
            Auth::Basic { username: username.clone(), password: secret(password_env, "the password")? }
        }
        AuthConfig::Bearer { token_env } => Auth::Bearer { token: secret(token_env, "the bearer token")? },
        AuthConfig::Header { value_env } => {
            Auth::Header { value: secret(value_env, "the value of the Authorization field")? }
        }
        AuthConfig::Oauth2 { .. } | AuthConfig::Oauth2ClientCredentials { .. } => {
            return Err(Failed::usage(
                "OAuth 2 can be the `auth` of a target, and not of a single part of `observe`; leave `auth` out there to use the target's own",
            ));
        }
    })
}

/// The client of the authorization server, where the configuration asks for OAuth 2.
fn oauth(configured: &AuthConfig) -> Result<Option<OAuthClient>, Failed> {
    let (token_url, client_id, client_secret_env, secret_in_header) = match configured {
        AuthConfig::Oauth2 { token_url, client_id, client_secret_env, secret_in_header, .. }
        | AuthConfig::Oauth2ClientCredentials {
            token_url,
            client_id,
            client_secret_env,
            secret_in_header,
            ..
        } => (token_url, client_id, client_secret_env, *secret_in_header),
        _ => return Ok(None),
    };
    if !["http://", "https://"].iter().any(|scheme| token_url.starts_with(scheme)) {
        return Err(Failed::usage(format!(
            "`{token_url}` is not a token URL; `token-url` must begin with http:// or https://"
        )));
    }
    let (grant, access_token) = match configured {
        AuthConfig::Oauth2 { refresh_token_env, access_token_env, .. } => (
            OAuthGrant::Refresh(Some(secret(refresh_token_env, "the refresh token")?)),
            access_token_env.as_ref().map(|variable| secret(variable, "the access token")).transpose()?,
        ),
        AuthConfig::Oauth2ClientCredentials { scope, .. } => {
            (OAuthGrant::ClientCredentials(scope.clone()), None)
        }
        _ => return Ok(None),
    };
    Ok(Some(OAuthClient {
        token_url: token_url.clone(),
        client_id: client_id.clone(),
        client_secret: secret(client_secret_env, "the client secret")?,
        secret_in_header,
        access_token,
        grant,
    }))
}

fn secret(variable: &str, what: &'static str) -> Result<String, Failed> {
    env(variable).filter(|value| !value.is_empty()).ok_or_else(|| {
        Failed::usage(ConfigError::MissingSecret { variable: variable.to_owned(), what }.to_string())
    })
}

/// A fresh reference with deliberate defects before it.
pub(super) fn strict(preset: Preset, fault: Option<&'static Fault>) -> Result<Subject, String> {
    examined(preset, fault.map_or(Defect::None, Defect::Exchange), None)
}

/// A fresh reference in this process with two providers, the second for the checks of separation.
fn examined(preset: Preset, defect: Defect, lenient: Option<Leniency>) -> Result<Subject, String> {
    let origin = "https://reference.test";
    let reference = Reference::new(ReferenceOptions {
        preset,
        origin: origin.into(),
        start: super::now(),
        live: Some(Arc::new(super::now)),
        seed: 0,
        console_username: CONSOLE_USER.into(),
        console_password: CONSOLE_PASSWORD.into(),
    });
    reference.take_text_booleans(lenient.is_some());
    let basic = |name: &str| {
        let provider = reference.add_provider(name)?;
        let auth = Auth::Basic { username: provider.username, password: provider.password };
        Ok::<_, String>((provider.base_url, auth.header_value()))
    };
    let ((base_url, authorization), (_, second)) = (basic("Okta")?, basic("Another")?);
    let transport = defect.reached(reference.router());
    Ok(Subject { base_url, authorization, second, headers: Vec::new(), transport })
}

/// A fresh reference for each scenario, in this process.
struct References {
    preset: Preset,
    defect: Defect,
    lenient: Option<Leniency>,
}

/// Fresh references that behave as the guide says, but for one defect.
pub(super) fn defective(defect: Defect) -> Arc<dyn Targets> {
    Arc::new(References { preset: Preset::Seed, defect, lenient: None })
}

/// The console's credentials of the in-process reference; nobody else can reach it.
const CONSOLE_USER: &str = "admin@reference.test";
const CONSOLE_PASSWORD: &str = "console-password";

impl Targets for References {
    fn describe(&self) -> String {
        "the built-in reference".into()
    }

    fn fresh(&self) -> bool {
        true
    }

    fn open(&self, _serial: usize) -> Result<Target, String> {
        let origin = "https://reference.test";
        let reference = Reference::new(ReferenceOptions {
            preset: self.preset,
            origin: origin.into(),
            start: START,
            live: None,
            seed: 0,
            console_username: CONSOLE_USER.into(),
            console_password: CONSOLE_PASSWORD.into(),
        });
        reference.take_text_booleans(self.lenient.is_some());
        Ok(Target {
            name: self.describe(),
            base_url: format!("{origin}/scim/v2"),
            auth: Auth::None,
            headers: Vec::new(),
            transport: self.defect.reached(reference.router()),
            fetch: Arc::new(InProcess::new(reference.router())),
            console: Some(Console {
                base_url: format!("{origin}/console/v1"),
                auth: Auth::Basic { username: CONSOLE_USER.into(), password: CONSOLE_PASSWORD.into() },
            }),
            observe: Vec::new(),
            clock: true,
            fresh: true,
            guide: self.preset == Preset::Seed,
            start: START,
            prefix: None,
        })
    }
}

/// One lasting target; each scenario run gets names of its own on it.
struct Remote {
    target: Target,
    mark: String,
    ledger: Ledger,
}

impl Targets for Remote {
    fn describe(&self) -> String {
        self.target.name.clone()
    }

    fn fresh(&self) -> bool {
        false
    }

    fn open(&self, serial: usize) -> Result<Target, String> {
        let mut target = self.target.clone();
        target.prefix = Some(format!("{}{serial}-", self.mark));
        Ok(target)
    }

    fn clean_up(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(self.ledger.clean_up())
    }
}
