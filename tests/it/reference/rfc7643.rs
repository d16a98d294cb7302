//! Every example of RFC 7643 §8 against the reference: resources are stored as printed, discovery documents
//! say what the printed ones say.

use rstest::rstest;
use scimulate::reference::http::Preset;
use serde_json::{Map, Value, json};

use super::service::{self, ENTERPRISE, service};

fn example(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/rfc7643/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[rstest]
#[case("8.1-minimal-user")]
#[case("8.2-full-user")]
#[case("8.3-enterprise-user")]
#[tokio::test]
async fn a_user_is_stored_as_printed(#[case] name: &str) {
    let service = service(Preset::Rfc);
    let mut printed = example(name);
    for address in printed["addresses"].as_array_mut().into_iter().flatten() {
        // It prints "USA", while §4.1.2 says that the value "MUST be in ISO 3166-1 'alpha-2' code format".
        assert_eq!(address["country"], "USA");
        address["country"] = json!("US");
    }
    let id = service.made("/Users", printed.clone()).await;
    let stored = service.get(&format!("/Users/{id}")).await;
    // §2.2: what is read-only is not the client's; §7: a password is never returned.
    let mut expected = printed.as_object().unwrap().clone();
    for not_the_clients in ["id", "meta", "groups", "password"] {
        expected.remove(not_the_clients);
    }
    if let Some(manager) = expected.get_mut(ENTERPRISE).and_then(|fields| fields.get_mut("manager")) {
        manager.as_object_mut().unwrap().remove("displayName");
    }
    for (attribute, value) in &expected {
        assert_eq!(&stored[attribute], value, "{attribute}");
    }
    assert_ne!(stored["id"], printed["id"]);
    assert!(stored.get("password").is_none() && stored.get("groups").is_none(), "{stored}");
    // And a PUT of what a GET shows changes nothing (RFC 7644 §3.5.1).
    let (status, again) = service.scim("PUT", &format!("/Users/{id}"), stored.clone()).await;
    assert_eq!((status, again), (200, stored));
}

#[tokio::test]
async fn a_group_is_stored_as_printed() {
    // §8.4
    let service = service(Preset::Rfc);
    let (babs, mandy) = (service.user("Babs Jensen").await, service.user("Mandy Pepperidge").await);
    let mut printed = example("8.4-group");
    for (member, id) in printed["members"].as_array_mut().unwrap().iter_mut().zip([&babs, &mandy]) {
        member["value"] = json!(id);
        member["$ref"] = json!(format!("{}/Users/{id}", service::ROOT));
    }
    let id = service.made("/Groups", printed.clone()).await;
    let stored = service.get(&format!("/Groups/{id}")).await;
    assert_eq!(stored["displayName"], printed["displayName"]);
    for (stored, printed) in
        stored["members"].as_array().unwrap().iter().zip(printed["members"].as_array().unwrap())
    {
        for (attribute, value) in printed.as_object().unwrap() {
            assert_eq!(&stored[attribute], value);
        }
    }
}

/// The members of an object with the JSON types of their values, as paths.
fn shape(value: &Value, path: &str, found: &mut Map<String, Value>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, value)| shape(value, &format!("{path}/{key}"), found))
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, &format!("{path}/[]"), found)),
        Value::Bool(_) => drop(found.insert(path.to_owned(), json!("boolean"))),
        Value::Number(_) => drop(found.insert(path.to_owned(), json!("number"))),
        _ => drop(found.insert(path.to_owned(), json!("string"))),
    }
}

#[tokio::test]
async fn the_service_provider_configuration_has_what_the_printed_one_has() {
    // §8.5. A documentation page is optional, and the reference has none.
    let service = service(Preset::Rfc);
    let (mut ours, mut printed) = (Map::new(), Map::new());
    shape(&service.get("/ServiceProviderConfig").await, "", &mut ours);
    shape(&example("8.5-service-provider-config"), "", &mut printed);
    for optional in [
        "/documentationUri",
        "/authenticationSchemes/[]/documentationUri",
        "/meta/created",
        "/meta/lastModified",
        "/meta/version",
    ] {
        printed.remove(optional);
    }
    for (path, kind) in printed {
        assert_eq!(ours.get(&path), Some(&kind), "{path}");
    }
}

#[tokio::test]
async fn the_resource_types_are_the_printed_ones() {
    // §8.6. Which extensions a service has, and what it demands, is its own affair.
    let service = service(Preset::Rfc);
    let ours = service.get("/ResourceTypes").await;
    for printed in example("8.6-resource-types").as_array().unwrap() {
        let id = printed["id"].as_str().unwrap();
        let found = ours["Resources"].as_array().unwrap().iter().find(|known| known["id"] == id).unwrap();
        for attribute in ["schemas", "id", "name", "endpoint", "schema"] {
            assert_eq!(found[attribute], printed[attribute], "{id} {attribute}");
        }
        assert_eq!(found["meta"]["location"], json!(format!("{}/ResourceTypes/{id}", service::ROOT)));
        assert_eq!(*found, service.get(&format!("/ResourceTypes/{id}")).await);
        for extension in printed["schemaExtensions"].as_array().into_iter().flatten() {
            let named = |known: &Value| known["schema"] == extension["schema"];
            assert!(found["schemaExtensions"].as_array().unwrap().iter().any(named));
        }
    }
}

/// Where the reference's schemas say something other than the printed ones, and why.
const DEPARTURES: [(&str, &str); 16] = [
    ("User.profileUrl caseExact: false is printed, true is ours", REFERENCES),
    ("User.photos.value caseExact: false is printed, true is ours", REFERENCES),
    ("User.groups.$ref caseExact: false is printed, true is ours", REFERENCES),
    ("Group.members.$ref caseExact: false is printed, true is ours", REFERENCES),
    ("User.manager.$ref caseExact: false is printed, true is ours", REFERENCES),
    (
        "User.x509Certificates.value caseExact: false is printed, true is ours",
        "RFC 7643 §2.3.6: \"In JSON representation, the encoded values are represented as a JSON string … A binary is case exact\"",
    ),
    (
        "Group.members.value caseExact: false is printed, true is ours",
        "RFC 7643 §3.1: an `id`, which it holds, is case exact",
    ),
    ("Group.displayName required: false is printed, true is ours", "RFC 7643 §4.2: \"REQUIRED\""),
    (
        "Group.displayName uniqueness: \"none\" is printed, \"server\" is ours",
        "code42-service §3.7: unique for each provider",
    ),
    ("ServiceProviderConfig.documentationUri caseExact: false is printed, true is ours", REFERENCES),
    (
        "ServiceProviderConfig.authenticationSchemes.documentationUri caseExact: false is printed, true is ours",
        REFERENCES,
    ),
    (
        "ServiceProviderConfig.authenticationSchemes.specUri caseExact: false is printed, true is ours",
        REFERENCES,
    ),
    ("ResourceType.endpoint caseExact: false is printed, true is ours", REFERENCES),
    (
        "ResourceType.schemaExtensions multiValued: false is printed, true is ours",
        "RFC 7643 §6: \"A list of URIs of the resource type's schema extensions.  OPTIONAL\"",
    ),
    ("ResourceType.schemaExtensions required: true is printed, false is ours", "RFC 7643 §6: \"OPTIONAL\""),
    (
        "Schema.attributes.subAttributes.referenceTypes multiValued: false is printed, true is ours",
        "RFC 7643 §7: \"A multi-valued array of JSON strings\"",
    ),
];
const REFERENCES: &str = "RFC 7643 §2.3.7: \"A reference is case exact\"";

fn differences(path: &str, printed: &Value, ours: Option<&Value>, found: &mut Vec<String>) {
    let Some(ours) = ours else {
        found.push(format!("{path} is missing"));
        return;
    };
    // Defaults of §2.2, for what is not printed.
    let of = |attribute: &Value, name: &str| match (attribute.get(name), name) {
        (Some(value), _) => value.clone(),
        (None, "required" | "caseExact" | "multiValued") => json!(false),
        (None, "mutability") => json!("readWrite"),
        (None, "returned") => json!("default"),
        (None, "uniqueness") => json!("none"),
        (None, _) => Value::Null,
    };
    for name in ["type", "multiValued", "required", "caseExact", "mutability", "returned", "uniqueness"] {
        let (printed, ours) = (of(printed, name), of(ours, name));
        if printed != ours {
            found.push(format!("{path} {name}: {printed} is printed, {ours} is ours"));
        }
    }
    for list in ["canonicalValues", "referenceTypes"] {
        let mut printed: Vec<String> = printed[list]
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| value.to_string().to_lowercase())
            .collect();
        let ours: Vec<String> = ours[list]
            .as_array()
            .into_iter()
            .flatten()
            .map(|value| value.to_string().to_lowercase())
            .collect();
        printed.retain(|value| !ours.contains(value));
        if !printed.is_empty() {
            found.push(format!("{path} {list}: {} is printed, and not ours", printed.join(" ")));
        }
    }
    compare(path, &printed["subAttributes"], &ours["subAttributes"], found);
}

fn compare(path: &str, printed: &Value, ours: &Value, found: &mut Vec<String>) {
    for attribute in printed.as_array().into_iter().flatten() {
        let name = attribute["name"].as_str().unwrap();
        let same = ours.as_array().into_iter().flatten().find(|known| known["name"] == name);
        differences(&format!("{path}.{name}"), attribute, same, found);
    }
}

#[rstest]
#[case("8.7.1-resource-schemas")]
#[case("8.7.2-service-schemas")]
#[tokio::test]
async fn the_schemas_say_of_every_attribute_what_the_printed_ones_say(#[case] name: &str) {
    let service = service(Preset::Rfc);
    let listed = service.get("/Schemas").await;
    let mut found = Vec::new();
    for printed in example(name).as_array().unwrap() {
        let id = printed["id"].as_str().unwrap();
        let ours = listed["Resources"].as_array().unwrap().iter().find(|known| known["id"] == id).unwrap();
        assert_eq!(*ours, service.get(&format!("/Schemas/{id}")).await);
        let name = |schema: &Value| schema["name"].as_str().unwrap().replace(' ', "");
        assert_eq!(name(printed), name(ours));
        compare(id.rsplit(':').next().unwrap(), &printed["attributes"], &ours["attributes"], &mut found);
    }
    let known = |difference: &String| DEPARTURES.iter().any(|(departure, _)| difference == departure);
    let of_this = |path: &str| {
        let (schema, _) = path.split_once('.').unwrap();
        let resource = ["User", "Group", "EnterpriseUser"].contains(&schema);
        resource == name.starts_with("8.7.1")
    };
    for (departure, _) in DEPARTURES.iter().filter(|(departure, _)| of_this(departure)) {
        assert!(found.iter().any(|difference| difference == departure), "no longer true: {departure}");
    }
    found.retain(|difference| !known(difference));
    assert!(found.is_empty(), "{}", found.join("\n"));
}
