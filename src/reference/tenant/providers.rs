//! Provisioning providers: credentials that are shown once, delay, enabling (guide, Step 2 and Step 5).

use serde_json::{Value, json};

use super::audit_log::Act;
use super::id::Id;
use super::model::Provider;
use super::requests::{CredentialType, EditProvider};
use super::secret::SecretHash;
use super::{ConsoleError, Tenant, time};

/// The longest deactivation delay, in minutes (code42-service §3.4).
const LONGEST_DELAY: i64 = 43_200;

/// What is shown once.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) provider: Id,
    pub(crate) username: String,
    pub(crate) credential: CredentialType,
    pub(crate) secret: String,
}

impl Tenant {
    pub(crate) fn add_provider(
        &mut self,
        display_name: &str,
        credential: CredentialType,
    ) -> Result<Secret, ConsoleError> {
        let display_name = display_name.trim();
        if display_name.is_empty() {
            return Err(ConsoleError::new(
                400,
                "NAME_REQUIRED",
                "`displayName` is required and must not be empty.",
            ));
        }
        self.refuse_taken(display_name, None)?;
        let id = self.fresh_id();
        let number = 4_711 + self.providers.len();
        let provider = Provider {
            id,
            display_name: display_name.into(),
            credential,
            username: format!("okta_{number}@cloud.code42.com").into(),
            secret: None,
            rotations: 0,
            enabled: true,
            removed: false,
            delay_minutes: 15,
            org_mapping: super::model::OrgMapping::None,
            role_mapping: super::model::RoleMapping::default(),
            rules_made: 0,
            last_sync_at: None,
            created: self.now,
        };
        self.providers.push(provider);
        self.audit_provider(Act::ProviderAdded, id);
        self.renew(id)
    }

    fn refuse_taken(&self, name: &str, own: Option<Id>) -> Result<(), ConsoleError> {
        let same = |known: &Provider| {
            !known.removed && Some(known.id) != own && known.display_name.eq_ignore_ascii_case(name)
        };
        if self.providers.iter().any(same) {
            let message = format!("A provider with the name `{name}` exists already.");
            return Err(ConsoleError::new(409, "NAME_TAKEN", message));
        }
        Ok(())
    }

    pub(crate) fn rotate(&mut self, id: Id) -> Result<Secret, ConsoleError> {
        self.provider_mut(id)?.rotations += 1;
        self.audit_provider(Act::CredentialsRotated, id);
        self.renew(id)
    }

    /// Makes the secret, shows it once and keeps its hash.
    fn renew(&mut self, id: Id) -> Result<Secret, ConsoleError> {
        let seed = self.seed;
        let provider = self.provider_mut(id)?;
        let secret = secret(seed, id, provider.rotations);
        let salt = u128::from(id.0) << 64 | u128::from(seed ^ provider.rotations.rotate_left(48));
        provider.secret = Some(SecretHash::new(&secret, salt));
        Ok(Secret {
            provider: id,
            username: provider.username.to_string(),
            credential: provider.credential,
            secret,
        })
    }

    /// The credentials die; users stay with their origin (code42-service §4), so the record stays too.
    pub(crate) fn remove_provider(&mut self, id: Id) -> Result<(), ConsoleError> {
        let provider = self.provider_mut(id)?;
        provider.enabled = false;
        provider.removed = true;
        provider.secret = None;
        self.audit_provider(Act::ProviderRemoved, id);
        Ok(())
    }

    pub(crate) fn edit_provider(&mut self, id: Id, fields: &EditProvider) -> Result<(), ConsoleError> {
        let name = fields.display_name.as_deref().map(str::trim);
        if name == Some("") {
            return Err(ConsoleError::new(400, "NAME_REQUIRED", "`displayName` must not be empty."));
        }
        if let Some(name) = name {
            self.refuse_taken(name, Some(id))?;
        }
        let provider = self.provider_mut(id)?;
        if let Some(name) = name {
            provider.display_name = name.into();
        }
        if let Some(enabled) = fields.enabled {
            provider.enabled = enabled;
        }
        self.audit_provider(Act::ProviderChanged, id);
        Ok(())
    }

    /// Changes the delay; deactivations that are due already keep their time (code42-service §3.4).
    pub(crate) fn set_delay(&mut self, id: Id, minutes: Option<i64>) -> Result<(), ConsoleError> {
        let minutes = minutes.filter(|minutes| (0..=LONGEST_DELAY).contains(minutes)).ok_or_else(|| {
            ConsoleError::new(
                400,
                "INVALID_DELAY",
                format!("`minutes` must be an integer from 0 to {LONGEST_DELAY}."),
            )
        })?;
        self.provider_mut(id)?.delay_minutes = minutes;
        self.audit_provider(Act::ProviderChanged, id);
        Ok(())
    }

    pub(crate) fn delay(&self, id: Id) -> Result<i64, ConsoleError> {
        self.provider(id).map(|provider| provider.delay_minutes)
    }

    pub(super) fn provider(&self, id: Id) -> Result<&Provider, ConsoleError> {
        let found = self.providers.iter().find(|known| known.id == id && !known.removed);
        found.ok_or_else(|| ConsoleError::not_found("provider"))
    }

    pub(super) fn provider_mut(&mut self, id: Id) -> Result<&mut Provider, ConsoleError> {
        self.providers
            .iter_mut()
            .find(|known| known.id == id && !known.removed)
            .ok_or_else(|| ConsoleError::not_found("provider"))
    }

    /// The provider whose user name and password these are.
    pub(crate) fn by_password(&self, username: &str, password: &str) -> Option<Id> {
        self.by(CredentialType::ApiCredentials, password, |provider| {
            provider.username.eq_ignore_ascii_case(username)
        })
    }

    /// The provider whose token this is.
    pub(crate) fn by_token(&self, token: &str) -> Option<Id> {
        self.by(CredentialType::OauthToken, token, |_| true)
    }

    fn by(&self, credential: CredentialType, secret: &str, named: impl Fn(&Provider) -> bool) -> Option<Id> {
        self.providers
            .iter()
            .find(|known| {
                known.enabled
                    && known.credential == credential
                    && named(known)
                    && known.secret.as_ref().is_some_and(|hash| hash.fits(secret))
            })
            .map(|known| known.id)
    }

    pub(crate) fn provider_view(&self, id: Id) -> Result<Value, ConsoleError> {
        self.provider(id).map(|provider| self.view_of(provider))
    }

    pub(crate) fn provider_views(&self) -> Vec<Value> {
        let there = self.providers.iter().filter(|provider| !provider.removed);
        there.map(|provider| self.view_of(provider)).collect()
    }

    fn view_of(&self, provider: &Provider) -> Value {
        json!({
            "providerId": provider.id.to_string(),
            "type": "SCIM",
            "displayName": &*provider.display_name,
            "credentialType": provider.credential.as_str(),
            "username": &*provider.username,
            "enabled": provider.enabled,
            "deactivationDelayMinutes": provider.delay_minutes,
            "orgMapping": self.org_mapping_view(provider),
            "roleMapping": self.role_mapping_view(provider),
            "lastSyncAt": provider.last_sync_at.map(time),
            "createdAt": time(provider.created),
        })
    }

    /// Who is going to be deactivated, the earliest first.
    pub(crate) fn pending_deactivations(&self) -> Vec<Value> {
        let pending = self.store.timers().filter_map(|id| {
            let user = self.user(id)?;
            let pending = user.pending.as_ref()?;
            Some(json!({
                "userId": user.id.to_string(),
                "username": user.username(),
                "provider": self.provider_name(pending.provider),
                "requestedAt": time(pending.requested_at),
                "dueAt": time(pending.due_at),
                "delayMinutes": pending.due_at.duration_since(pending.requested_at).as_mins(),
            }))
        });
        pending.collect()
    }
}

/// 24 characters that depend on the seed; whoever starts a server for others gives it a random seed.
fn secret(seed: u64, id: Id, rotation: u64) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    let mut state = seed ^ id.0.rotate_left(17) ^ rotation.wrapping_mul(0xd6e8_feb8_6659_fd93);
    (0..24)
        .map(|_| {
            // xorshift-multiply; nothing secret depends on its quality beyond the seed.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = (state ^ (state >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
            z ^= z >> 32;
            char::from(ALPHABET[usize::try_from(z % ALPHABET.len() as u64).unwrap_or(0)])
        })
        .collect()
}
