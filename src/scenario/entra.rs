//! What a run in dialect `entra` does not judge, since scenarios and snapshots are written for Okta: the
//! conversation, and the few attributes that Entra keeps in ways of its own.

use serde_json::Value;

/// What scenarios expect of the conversation is Okta's, and says nothing of another client's.
pub(super) const OKTAS_REQUESTS: &str =
    "which requests are sent (scenarios expect Okta's, and dialect entra has its own)";

/// What of a state is Entra's own.
pub(super) const OWN: &str = "groups' externalId, and which address is primary or of type work (Entra sets the former and chooses by type, Okta does neither)";

/// Takes out of a state what the two clients keep in different ways: Entra gives a group its `externalId`
/// (code42-service §1.2), and means the element of type `work` where Okta means the primary one.
pub(super) fn without_its_own(state: &mut Value) {
    for groups in ["/scim/groups", "/console/groups"] {
        for group in items(state.pointer_mut(groups)) {
            remove(group, "externalId");
        }
    }
    for user in items(state.pointer_mut("/scim/users")) {
        for list in ["addresses", "emails"] {
            for element in items(user.get_mut(list)) {
                remove(element, "primary");
                remove(element, "type");
            }
        }
    }
    for entry in items(state.pointer_mut("/console/syncLog")) {
        let Some(Value::Array(changes)) = entry.get_mut("changes") else { continue };
        changes.retain(|change| !["primary", "type"].map(Some).contains(&change["attribute"].as_str()));
    }
}

fn items(list: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    list.and_then(Value::as_array_mut).into_iter().flatten()
}

fn remove(object: &mut Value, key: &str) {
    if let Some(fields) = object.as_object_mut() {
        fields.shift_remove(key);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_entras_own_is_left_out() {
        let mut state = json!({
            "scim": {
                "users": [{
                    "userName": "a@b.c",
                    "externalId": "00u1",
                    "active": true,
                    "addresses": [{ "country": "GB", "type": "work" }],
                    "emails": [{ "value": "a@b.c", "type": "work", "primary": true }]
                }],
                "groups": [{ "displayName": "G", "externalId": "00g1", "members": [{ "value": "1", "type": "User" }] }]
            },
            "console": {
                "users": [{ "username": "a@b.c", "externalId": "00u1" }],
                "groups": [{ "displayName": "G", "externalId": null }],
                "syncLog": [{ "event": "USER_UPDATED", "changes": [{ "attribute": "type" }, { "attribute": "country" }] }]
            }
        });
        without_its_own(&mut state);
        assert_eq!(
            state,
            json!({
                "scim": {
                    "users": [{
                        "userName": "a@b.c",
                        "externalId": "00u1",
                        "active": true,
                        "addresses": [{ "country": "GB" }],
                        "emails": [{ "value": "a@b.c" }]
                    }],
                    "groups": [{ "displayName": "G", "members": [{ "value": "1", "type": "User" }] }]
                },
                "console": {
                    "users": [{ "username": "a@b.c", "externalId": "00u1" }],
                    "groups": [{ "displayName": "G" }],
                    "syncLog": [{ "event": "USER_UPDATED", "changes": [{ "attribute": "country" }] }]
                }
            })
        );
    }
}
