//! People to fill a service with: bodies as Okta sends them when it creates a user (okta-client §3).

use serde_json::json;

use crate::reference::scim::ENTERPRISE;

const GIVEN: [&str; 32] = [
    "Ada", "Amina", "Andrés", "Béla", "Carla", "Chidi", "Chiara", "Dalia", "Dmitri", "Elif", "Emeka",
    "Fatima", "Goran", "Grace", "Hana", "Igor", "Ines", "Jamal", "João", "Kenji", "Leila", "Lin", "Marta",
    "Mei", "Nadia", "Noor", "Olga", "Priya", "Ravi", "Søren", "Tariq", "Zoë",
];
const FAMILY: [&str; 31] = [
    "Abreu", "Adeyemi", "Bianchi", "Bjørk", "Castro", "Chen", "Dubois", "Eriksen", "Farah", "Fischer",
    "García", "Gupta", "Haddad", "Horvat", "Ito", "Jansen", "Kaya", "Kim", "Kovács", "Larsen", "Lovelace",
    "Mbeki", "Nguyen", "Novak", "O'Brien", "Okafor", "Petrov", "Rossi", "Silva", "Tanaka", "Weber",
];
const DEPARTMENTS: [&str; 6] = ["Engineering", "Finance", "Legal", "Marketing", "People", "Sales"];
const TITLES: [&str; 5] = ["Analyst", "Counsel", "Director", "Engineer", "Manager"];
const PLACES: [(&str, &str, &str); 4] =
    [("Minneapolis", "MN", "US"), ("Toronto", "ON", "CA"), ("Oslo", "Oslo", "NO"), ("Kyoto", "Kyoto", "JP")];

/// The body of the POST for one person.
pub(super) fn body(seed: u64, number: usize) -> String {
    // A step that shares no factor with any list visits all of each list.
    let at = number.wrapping_mul(7_919).wrapping_add(usize::try_from(seed % 9_973).unwrap_or(0));
    let (given, family) = (GIVEN[at % GIVEN.len()], FAMILY[at % FAMILY.len()]);
    let login = format!("person{number:07}@example.com");
    let (locality, region, country) = PLACES[at % PLACES.len()];
    json!({
        "schemas": [crate::urn::USER, ENTERPRISE],
        "userName": login,
        "name": { "givenName": given, "familyName": family },
        "emails": [{ "primary": true, "value": login, "type": "work" }],
        "displayName": format!("{given} {family}"),
        "locale": "en-US",
        "externalId": format!("00u{number:017x}"),
        "title": TITLES[at % TITLES.len()],
        "addresses": [{ "type": "work", "primary": true, "locality": locality, "region": region, "country": country }],
        ENTERPRISE: { "department": DEPARTMENTS[at % DEPARTMENTS.len()] },
        "active": true,
    })
    .to_string()
}
