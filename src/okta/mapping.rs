//! From an Okta profile to SCIM attributes: the app's base attributes and the ones added in the
//! Profile Editor, put into a new document (create) or over the server's (update).

use serde_json::{Map, Value, json};

use super::operation::{App, Person};
use super::wire::USER;

/// One mapped value and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mapped {
    /// `None` for the core schema, else the extension's URN.
    extension: Option<String>,
    target: Target,
    /// `None` when the Okta value is empty.
    value: Option<String>,
}

/// An external name taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// `title`
    Simple(String),
    /// `name.givenName`
    Sub(String, String),
    /// `addresses.^[primary==true].country`
    Primary(String, String),
}

impl Target {
    fn parse(external_name: &str) -> Self {
        if let Some((attribute, rest)) = external_name.split_once(".^[primary==true].") {
            return Self::Primary(attribute.to_owned(), rest.to_owned());
        }
        match external_name.split_once('.') {
            Some((attribute, sub)) => Self::Sub(attribute.to_owned(), sub.to_owned()),
            None => Self::Simple(external_name.to_owned()),
        }
    }
}

/// The app profile of a person: what the mapping gives, in the order in which Okta writes it (§3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AppProfile {
    pub(super) user_name: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    display_name: Option<String>,
    locale: Option<String>,
    custom: Vec<Mapped>,
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
                let source = attribute.from.as_deref()?;
                Some(Mapped {
                    extension: (!namespace.eq_ignore_ascii_case(USER)).then(|| namespace.to_owned()),
                    target: Target::parse(&attribute.external_name),
                    value: person.attribute(source),
                })
            })
            .collect();
        Self {
            user_name: person.login.clone(),
            given_name: person.attribute("firstName"),
            family_name: person.attribute("lastName"),
            email: person.attribute("email"),
            display_name: person.attribute("displayName"),
            locale: person.attribute("locale"),
            custom,
        }
    }

    /// The body of `POST /Users` (§3.4): empty attributes are left out, `groups`, `password` and
    /// `active` are always there.
    pub(super) fn create_body(&self, external_id: &str, password: &str) -> Value {
        let mut body = Map::new();
        let mut schemas = vec![Value::from(USER)];
        for mapped in &self.custom {
            if let (Some(urn), Some(_)) = (&mapped.extension, &mapped.value)
                && !schemas.iter().any(|known| known == urn)
            {
                schemas.push(Value::from(urn.clone()));
            }
        }
        body.insert("schemas".into(), Value::Array(schemas));
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
            body.insert("emails".into(), json!([{ "primary": true, "value": email, "type": "work" }]));
        }
        if let Some(display_name) = &self.display_name {
            body.insert("displayName".into(), json!(display_name));
        }
        if let Some(locale) = &self.locale {
            body.insert("locale".into(), json!(locale));
        }
        for mapped in self.custom.iter().filter(|mapped| mapped.extension.is_none()) {
            mapped.put(&mut body);
        }
        body.insert("externalId".into(), json!(external_id));
        body.insert("groups".into(), json!([]));
        body.insert("password".into(), json!(password));
        body.insert("active".into(), json!(true));
        for mapped in self.custom.iter().filter(|mapped| mapped.extension.is_some()) {
            mapped.put(&mut body);
        }
        Value::Object(body)
    }

    /// The server's document with Okta's values over it (§3.8): the server's keys keep their order and
    /// unknown ones stay, new ones are appended. `active` is not touched.
    pub(super) fn merged_into(&self, server: &Value, external_id: &str) -> Value {
        let mut body = server.as_object().cloned().unwrap_or_default();
        put(&mut body, "userName", json!(self.user_name));
        for (sub, value) in [("givenName", &self.given_name), ("familyName", &self.family_name)] {
            put_sub(&mut body, "name", sub, value.as_deref());
        }
        if let Some(email) = &self.email {
            let entry = primary_entry(&mut body, "emails");
            put(entry, "value", json!(email));
            put(entry, "type", json!("work"));
            put(entry, "primary", json!(true));
        }
        if let Some(display_name) = &self.display_name {
            put(&mut body, "displayName", json!(display_name));
        }
        if let Some(locale) = &self.locale {
            put(&mut body, "locale", json!(locale));
        }
        for mapped in &self.custom {
            mapped.put(&mut body);
            if let (Some(urn), Some(_)) = (&mapped.extension, &mapped.value) {
                let schemas = entry(&mut body, "schemas", json!([]));
                if let Some(list) = schemas.as_array_mut()
                    && !list.iter().any(|known| known == urn)
                {
                    list.push(json!(urn));
                }
            }
        }
        put(&mut body, "externalId", json!(external_id));
        entry(&mut body, "groups", json!([]));
        Value::Object(body)
    }
}

impl Mapped {
    fn put(&self, body: &mut Map<String, Value>) {
        let object = match &self.extension {
            None => body,
            Some(_)
                if self.value.is_none() && !body.keys().any(|key| Some(key) == self.extension.as_ref()) =>
            {
                return;
            }
            Some(urn) => {
                let extension = entry(body, urn, json!({}));
                if !extension.is_object() {
                    *extension = json!({});
                }
                let Value::Object(object) = extension else { return };
                object
            }
        };
        match (&self.target, &self.value) {
            (Target::Simple(attribute), Some(value)) => put(object, attribute, json!(value)),
            // How a cleared value looks on the wire is not attested (okta-client §13.3): it is left out.
            (Target::Simple(attribute), None) => remove(object, attribute),
            (Target::Sub(attribute, sub), value) => put_sub(object, attribute, sub, value.as_deref()),
            (Target::Primary(attribute, sub), Some(value)) => {
                let primary = primary_entry(object, attribute);
                put(primary, "primary", json!(true));
                put(primary, sub, json!(value));
            }
            (Target::Primary(attribute, sub), None) => {
                if object.keys().any(|key| key.eq_ignore_ascii_case(attribute)) {
                    remove(primary_entry(object, attribute), sub);
                }
            }
        }
    }
}

/// The value under `key`, whatever its letter case (RFC 7643 §2.1); added at the end when missing.
fn entry<'a>(object: &'a mut Map<String, Value>, key: &str, default: Value) -> &'a mut Value {
    let known = object.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned();
    object.entry(known.unwrap_or_else(|| key.to_owned())).or_insert(default)
}

fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    *entry(object, key, Value::Null) = value;
}

fn remove(object: &mut Map<String, Value>, key: &str) {
    object.retain(|known, _| !known.eq_ignore_ascii_case(key));
}

fn put_sub(object: &mut Map<String, Value>, attribute: &str, sub: &str, value: Option<&str>) {
    let missing = !object.keys().any(|key| key.eq_ignore_ascii_case(attribute));
    if missing && value.is_none() {
        return;
    }
    let complex = entry(object, attribute, json!({}));
    if !complex.is_object() {
        *complex = json!({});
    }
    if let Value::Object(complex) = complex {
        match value {
            Some(value) => put(complex, sub, json!(value)),
            None => remove(complex, sub),
        }
    }
}

/// The primary value of a multi-valued attribute, else the `work` one, else the first, else a new one.
fn primary_entry<'a>(object: &'a mut Map<String, Value>, attribute: &str) -> &'a mut Map<String, Value> {
    let list = entry(object, attribute, json!([]));
    if !list.is_array() {
        *list = json!([]);
    }
    let Value::Array(items) = list else { unreachable!("made an array just above") };
    let at = items
        .iter()
        .position(|item| item.get("primary") == Some(&Value::Bool(true)))
        .or_else(|| items.iter().position(|item| item.get("type").and_then(Value::as_str) == Some("work")))
        .or_else(|| items.iter().position(Value::is_object))
        .unwrap_or_else(|| {
            items.push(json!({}));
            items.len() - 1
        });
    if !items[at].is_object() {
        items[at] = json!({});
    }
    match &mut items[at] {
        Value::Object(item) => item,
        _ => unreachable!("made an object just above"),
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
                    from: Some("department".into()),
                },
                Attribute {
                    variable: "country".into(),
                    external_name: "addresses.^[primary==true].country".into(),
                    external_namespace: Some(USER.into()),
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
