//! From an Okta profile to SCIM attributes: the app's base attributes and the ones added in the
//! Profile Editor, put into a new document (create) or over the server's (update).

use serde_json::{Map, Value, json};

use super::expression::{Expression, ExpressionError, text};
use super::external_name::{self, ExternalName, entry, put};
use super::operation::{App, Attribute, Cleared, DataType, Person};
use super::wire::USER;

/// One mapped value and where it goes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mapped {
    /// `None` for the core schema, else the extension's URN.
    pub(super) extension: Option<String>,
    pub(super) target: ExternalName,
    /// `None` when the Okta value is empty.
    pub(super) value: Option<Value>,
    data_type: DataType,
    pub(super) variable: String,
}

/// The app profile of a person: what the mapping gives, in the order in which Okta writes it (§3.4).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AppProfile {
    pub(super) user_name: String,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) email: Option<String>,
    /// Whether the primary e-mail address has its type (§4: the default mapping gives `work`).
    pub(super) email_type: bool,
    pub(super) display_name: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) custom: Vec<Mapped>,
    cleared: Cleared,
    pub(super) keep_user_name: bool,
}

impl Attribute {
    /// What is wrong with the mapping or the external name, if anything is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let variable = &self.variable;
        if let Err(reason) = ExternalName::parse(&self.external_name) {
            return Some(format!("the external name of `{variable}` cannot be read: {reason}"));
        }
        let from = self.from.as_deref()?;
        let error = Expression::parse(from).err()?;
        Some(format!("the mapping of `{variable}` cannot be read: {error}"))
    }

    /// The value that the mapping gives for a person; empty counts as none.
    fn value(&self, person: &Person) -> Option<Value> {
        let expression = Expression::parse(self.from.as_deref()?).ok()?;
        let value = text(&expression.evaluate(&|name| person.attribute(name)));
        if value.is_empty() { None } else { self.data_type.value(&value) }
    }
}

impl App {
    /// The application user name of a person, as Sign-On ▸ Credentials Details gives it (§3.3).
    #[must_use]
    pub fn user_name(&self, person: &Person) -> String {
        let Some(format) = &self.user_name_format else { return person.login.clone() };
        let evaluated = Expression::parse(format)
            .map(|expression| text(&expression.evaluate(&|name| person.attribute(name))));
        evaluated.ok().filter(|name| !name.is_empty()).unwrap_or_else(|| person.login.clone())
    }

    /// What is wrong with the app's expressions and external names, each in a sentence.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let format = self.user_name_format.as_deref().map(Expression::parse);
        let format: Option<ExpressionError> = format.and_then(Result::err);
        let format = format.map(|error| format!("`userNameFormat` cannot be read: {error}"));
        format.into_iter().chain(self.attributes.iter().filter_map(Attribute::problem)).collect()
    }
}

impl DataType {
    /// The text as a value of the type; a text that is none is not sent.
    fn value(self, text: &str) -> Option<Value> {
        match self {
            Self::String => Some(json!(text)),
            Self::Boolean => text.to_ascii_lowercase().parse::<bool>().ok().map(Value::from),
            Self::Integer => text.trim().parse::<i64>().ok().map(Value::from),
            Self::Number => text.trim().parse::<f64>().ok().map(Value::from),
            Self::StringArray => Some(text.split(',').map(|part| json!(part.trim())).collect()),
        }
    }

    fn holds(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::StringArray => value.is_array(),
        }
    }
}

impl AppProfile {
    pub(super) fn of(person: &Person, app: &App) -> Self {
        let custom = app
            .attributes
            .iter()
            // An attribute without External namespace is not sent at all (code42-service §1.2, OK-NS),
            // nor is one that nothing is mapped to.
            .filter_map(|attribute| {
                let namespace = attribute.external_namespace.as_deref().filter(|urn| !urn.is_empty())?;
                attribute.from.as_ref()?;
                Some(Mapped {
                    extension: (!namespace.eq_ignore_ascii_case(USER)).then(|| namespace.to_owned()),
                    target: ExternalName::parse(&attribute.external_name).ok()?,
                    value: attribute.value(person),
                    data_type: attribute.data_type,
                    variable: attribute.variable.clone(),
                })
            })
            .collect();
        let mapped = |variable: &str| !app.unmapped.iter().any(|known| known == variable);
        let base = |variable: &str| person.attribute(variable).filter(|_| mapped(variable));
        Self {
            user_name: app.user_name(person),
            given_name: base("firstName"),
            family_name: base("lastName"),
            email: base("email"),
            email_type: mapped("emailType"),
            display_name: base("displayName"),
            locale: base("locale"),
            custom,
            cleared: app.switches.cleared,
            keep_user_name: app.features.exclude_username_updates,
        }
    }

    /// The body of `POST /Users` (§3.4): empty attributes are left out, `groups`, `password` and
    /// `active` are always there.
    pub(super) fn create_body(&self, external_id: &str, password: &str) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), self.schemas());
        body.insert("userName".into(), json!(self.user_name));
        let mut name = Map::new();
        if let Some(given) = &self.given_name {
            name.insert("givenName".into(), json!(given));
        }
        if let Some(family) = &self.family_name {
            name.insert("familyName".into(), json!(family));
        }
        body.insert("name".into(), Value::Object(name));
        if let Some(email) = &self.email {
            let mut entry = json!({ "primary": true, "value": email });
            if self.email_type {
                entry["type"] = json!("work");
            }
            body.insert("emails".into(), json!([entry]));
        }
        if let Some(display_name) = &self.display_name {
            body.insert("displayName".into(), json!(display_name));
        }
        if let Some(locale) = &self.locale {
            body.insert("locale".into(), json!(locale));
        }
        for mapped in self.custom.iter().filter(|mapped| mapped.extension.is_none()) {
            mapped.put(&mut body, Cleared::Omitted);
        }
        body.insert("externalId".into(), json!(external_id));
        body.insert("groups".into(), json!([]));
        body.insert("password".into(), json!(password));
        body.insert("active".into(), json!(true));
        for mapped in self.custom.iter().filter(|mapped| mapped.extension.is_some()) {
            mapped.put(&mut body, Cleared::Omitted);
        }
        Value::Object(body)
    }

    /// The core schema, and every extension of which there is a value.
    pub(super) fn schemas(&self) -> Value {
        let mut schemas = vec![USER];
        for mapped in &self.custom {
            if let (Some(urn), Some(_)) = (&mapped.extension, &mapped.value)
                && !schemas.contains(&urn.as_str())
            {
                schemas.push(urn);
            }
        }
        json!(schemas)
    }

    /// The whole profile as the value of one `replace` without a path (§3.9; the shape is inferred).
    pub(super) fn patch_value(&self, external_id: &str) -> Value {
        let mut value = self.create_body(external_id, "");
        if let Value::Object(value) = &mut value {
            value.retain(|key, _| !["schemas", "groups", "password", "active"].contains(&key.as_str()));
            if self.keep_user_name {
                value.retain(|key, _| key != "userName");
            }
        }
        value
    }

    /// The server's document with Okta's values over it (§3.8): the server's keys keep their order and
    /// unknown ones stay, new ones are appended. `active` is not touched.
    pub(super) fn merged_into(&self, server: &Value, external_id: &str) -> Value {
        let mut body = server.as_object().cloned().unwrap_or_default();
        if !self.keep_user_name {
            put(&mut body, "userName", json!(self.user_name));
        }
        for (sub, value) in [("givenName", &self.given_name), ("familyName", &self.family_name)] {
            let value = value.as_deref().map(Value::from);
            external_name::name_part(sub).put(&mut body, value.as_ref(), self.cleared);
        }
        if let Some(email) = &self.email {
            let primary = external_name::primary_entry(&mut body, "emails");
            put(primary, "value", json!(email));
            if self.email_type {
                put(primary, "type", json!("work"));
            }
            put(primary, "primary", json!(true));
        }
        if let Some(display_name) = &self.display_name {
            put(&mut body, "displayName", json!(display_name));
        }
        if let Some(locale) = &self.locale {
            put(&mut body, "locale", json!(locale));
        }
        for mapped in &self.custom {
            mapped.put(&mut body, self.cleared);
            if let (Some(urn), Some(_)) = (&mapped.extension, &mapped.value) {
                let schemas = entry(&mut body, "schemas", json!([]));
                if let Some(list) = schemas.as_array_mut()
                    && !list.iter().filter_map(Value::as_str).any(|known| known == urn)
                {
                    list.push(json!(urn));
                }
            }
        }
        put(&mut body, "externalId", json!(external_id));
        entry(&mut body, "groups", json!([]));
        Value::Object(body)
    }

    /// The first property that the server's answer holds with a value of another type than the app
    /// profile's (§3.4).
    pub(super) fn of_another_type(&self, answer: &Value) -> Option<String> {
        let wrong = |value: Option<&Value>, data_type: DataType| {
            value.is_some_and(|value| !value.is_null() && !data_type.holds(value))
        };
        for attribute in ["userName", "displayName", "locale"] {
            if wrong(answer.get(attribute), DataType::String) {
                return Some(attribute.to_owned());
            }
        }
        for (variable, sub) in [("firstName", "givenName"), ("lastName", "familyName")] {
            if wrong(answer.get("name").and_then(|name| name.get(sub)), DataType::String) {
                return Some(variable.to_owned());
            }
        }
        let of_its_own = |mapped: &&Mapped| {
            let holder = match &mapped.extension {
                Some(urn) => answer.get(urn),
                None => Some(answer),
            };
            wrong(holder.and_then(|holder| mapped.target.read(holder)), mapped.data_type)
        };
        self.custom.iter().find(of_its_own).map(|mapped| mapped.variable.clone())
    }
}

impl Mapped {
    /// Takes an edited value, as a value of the attribute's type.
    pub(super) fn set(&mut self, text: Option<&str>) {
        self.value = text.and_then(|text| self.data_type.value(text));
    }

    fn put(&self, body: &mut Map<String, Value>, cleared: Cleared) {
        let object = match &self.extension {
            None => body,
            Some(urn) => {
                let there = body.keys().any(|key| key == urn);
                if self.value.is_none() && !there && cleared == Cleared::Omitted {
                    return;
                }
                let extension = entry(body, urn, json!({}));
                if !extension.is_object() {
                    *extension = json!({});
                }
                let Value::Object(object) = extension else { return };
                object
            }
        };
        self.target.put(object, self.value.as_ref(), cleared);
    }
}

#[cfg(test)]
mod tests {
    use super::super::operation::Attribute;
    use super::*;

    fn obi_wan() -> Person {
        Person {
            login: "obi-wan.kenobi@iamciam.dev".into(),
            first_name: Some("Obi-Wan".into()),
            last_name: Some("Kenobi".into()),
            locale: Some("en-US".into()),
            ..Person::default()
        }
    }

    #[test]
    fn the_create_body_is_the_one_that_was_captured_in_2021() {
        // okta-client §3.4, OIN template.
        let profile = AppProfile::of(&obi_wan(), &App::default());
        assert_eq!(
            profile.create_body("00use6vjvehodmsQb4x6", "gl^m&qWZ").to_string(),
            r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"obi-wan.kenobi@iamciam.dev","name":{"givenName":"Obi-Wan","familyName":"Kenobi"},"emails":[{"primary":true,"value":"obi-wan.kenobi@iamciam.dev","type":"work"}],"displayName":"Obi-Wan Kenobi","locale":"en-US","externalId":"00use6vjvehodmsQb4x6","groups":[],"password":"gl^m&qWZ","active":true}"#
        );
    }

    #[test]
    fn the_update_body_is_the_607_bytes_that_were_logged() {
        // okta-client §3.8: what the server answered, and what Okta made of it. The log sorts keys, so
        // the length and the content are attested, the order is the server's.
        let server = json!({
            "schemas": [USER],
            "id": "5fc0c238-1112-11e8-8e45-920c87bdbd75",
            "externalId": "00u1dhhb1fkIGP7RL1d8",
            "meta": {
                "resourceType": "User",
                "created": "2018-02-13T15:05:24.000-08:00",
                "lastModified": "2018-02-13T15:05:55.000-08:00",
                "location": "https://api.github.com/scim/v2/organizations/octo-org/Users/5fc0c238-1112-11e8-8e45-920c87bdbd75"
            },
            "userName": "octocat@github.com",
            "displayName": "Mona Octocat",
            "active": true,
            "emails": [{ "value": "octocat@github.com", "primary": true }],
            "name": { "familyName": "Octocat", "givenName": "Mona", "formatted": "Mona Octocat" }
        });
        let person = Person {
            login: "jane@test.com".into(),
            first_name: Some("Jane".into()),
            last_name: Some("Smith".into()),
            locale: Some("en-US".into()),
            ..Person::default()
        };
        let body = AppProfile::of(&person, &App::default()).merged_into(&server, "00u6a15d23T9AeHhF5d7");
        assert_eq!(body.to_string().len(), 607);
        assert_eq!(body["name"]["formatted"], "Mona Octocat", "a stale derived value is sent back");
        assert_eq!(body["externalId"], "00u6a15d23T9AeHhF5d7");
        assert_eq!(body["emails"], json!([{ "value": "jane@test.com", "primary": true, "type": "work" }]));
        assert_eq!(body["groups"], json!([]));
        assert_eq!(body["active"], true);
    }

    #[test]
    fn an_attribute_without_namespace_is_not_sent() {
        let attribute = |namespace: Option<&str>| Attribute {
            variable: "title".into(),
            external_name: "title".into(),
            external_namespace: namespace.map(str::to_owned),
            data_type: DataType::String,
            from: Some("title".into()),
        };
        let person = Person { title: Some("Jedi".into()), ..obi_wan() };
        let sent = |namespace| {
            let app = App { attributes: vec![attribute(namespace)], ..App::default() };
            AppProfile::of(&person, &app).create_body("x", "y").get("title").cloned()
        };
        assert_eq!(sent(None), None);
        assert_eq!(sent(Some(USER)), Some(json!("Jedi")));
    }

    #[test]
    fn an_extension_attribute_goes_under_its_urn_and_the_urn_into_schemas() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let app = App {
            attributes: vec![
                Attribute {
                    variable: "department".into(),
                    external_name: "department".into(),
                    external_namespace: Some(urn.into()),
                    data_type: DataType::String,
                    from: Some("department".into()),
                },
                Attribute {
                    variable: "country".into(),
                    external_name: "addresses.^[primary==true].country".into(),
                    external_namespace: Some(USER.into()),
                    data_type: DataType::String,
                    from: Some("countryCode".into()),
                },
            ],
            ..App::default()
        };
        let person =
            Person { department: Some("Council".into()), country_code: Some("GB".into()), ..obi_wan() };
        let body = AppProfile::of(&person, &app).create_body("x", "y");
        assert_eq!(body["schemas"], json!([USER, urn]));
        assert_eq!(body[urn], json!({ "department": "Council" }));
        assert_eq!(body["addresses"], json!([{ "primary": true, "country": "GB" }]));
        let without = AppProfile::of(&obi_wan(), &app).create_body("x", "y");
        assert_eq!(without.get(urn), None);
        assert_eq!(without.get("addresses"), None);
    }
}
