"""Drives `scimulate org` with Okta's own SDK for Python, as a script would drive an Okta org, and looks at the
SCIM side over its own API. Usage: org_sdk.py ORG_URL TOKEN APP_ID SCIM_BASE_URL USER PASSWORD

The SDK takes only org URLs that begin with https, unless OKTA_TESTING_TESTINGDISABLEHTTPSCHECK is set (or
`okta.testing.testingDisableHttpsCheck` in its okta.yaml); `scimulate org` can also serve HTTPS."""

import asyncio
import base64
import json
import os
import sys
import urllib.parse
import urllib.request

from okta.client import Client
from okta.models import (
    AddGroupRequest, AppUserAssignRequest, AppUserProfileRequestPayload, AppUserUpdateRequest,
    CreateGroupPushMappingRequest, CreateUserRequest,
    OktaUserGroupProfile, UpdateGroupPushMappingRequest, UpdateUserRequest, UserProfile)
from okta.models.auto_login_application import AutoLoginApplication

org_url, token, app_id, scim_url, username, password = sys.argv[1:]


def scim(path, body=None):
    credentials = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/scim+json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(scim_url + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def account(login):
    found = scim("/Users?filter=" + urllib.parse.quote(f'userName eq "{login}"'))
    assert found["totalResults"] == 1, found
    return found["Resources"][0]


def good(outcome):
    """The result of a call of the SDK: a triple, or a pair where there is nothing to give back."""
    error = outcome[-1]
    assert error is None, error
    return outcome[0]


async def main():
    os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"
    async with Client({"orgUrl": org_url, "token": token, "cache": {"enabled": False}}) as client:
        app = good(await client.get_application(app_id))
        assert app.id == app_id and app.status == "ACTIVE", app
        [feature] = good(await client.list_features_for_application(app_id))
        assert feature.name == "USER_PROVISIONING" and feature.status == "ENABLED", feature

        profile = UserProfile(
            first_name="Ada", last_name="Lovelace", email="ada@example.com", login="ada@example.com", title="Analyst")
        ada = good(await client.create_user(CreateUserRequest(profile=profile), activate=True))
        assert ada.profile.title == "Analyst", ada
        assert scim("/Users")["totalResults"] == 0, "nobody is provisioned before the assignment"
        app_user = good(await client.assign_user_to_application(app_id, AppUserAssignRequest(id=ada.id)))
        assert app_user.status == "PROVISIONED" and app_user.sync_state == "SYNCHRONIZED", app_user
        there = account("ada@example.com")
        assert there["active"] and there["title"] == "Analyst" and app_user.external_id == there["id"], there

        group = good(await client.add_group(AddGroupRequest(profile=OktaUserGroupProfile(name="Pioneers"))))
        good(await client.assign_user_to_group(group.id, ada.id))
        mapping = good(await client.create_group_push_mapping(
            app_id, CreateGroupPushMappingRequest(source_group_id=group.id, target_group_name="Pioneers")))
        assert mapping.status == "ACTIVE", mapping
        pushed = scim(f"/Groups/{mapping.target_group_id}")
        assert [member["value"] for member in pushed["members"]] == [there["id"]], pushed

        changed = UpdateUserRequest(profile=UserProfile(first_name="Augusta"))
        good(await client.update_user(ada.id, changed))
        assert account("ada@example.com")["name"]["givenName"] == "Augusta"
        edited = AppUserUpdateRequest(AppUserProfileRequestPayload(profile={"title": "Countess"}))
        good(await client.update_application_user(app_id, ada.id, edited))
        assert account("ada@example.com")["title"] == "Countess"

        good(await client.suspend_user(ada.id))
        assert good(await client.get_user(ada.id)).status == "SUSPENDED"
        assert account("ada@example.com")["active"], "suspending sends nothing"
        good(await client.unsuspend_user(ada.id))
        refused = (await client.suspend_user("00unobody00000000000"))[-1]
        assert refused is not None and "E0000007" in str(refused), refused

        # Paging: the SDK's own iterator follows the `Link` fields.
        for number in range(5):
            other = UserProfile(
                first_name="Other", last_name=str(number), email=f"o{number}@example.com", login=f"o{number}@example.com")
            good(await client.create_user(CreateUserRequest(profile=other), activate=False))
        users, response, error = await client.list_users(limit=2)
        assert error is None, error
        logins, pages = [user.profile.login for user in users], 1
        while cursor := next_cursor(response):
            users, response, error = await client.list_users(limit=2, after=cursor)
            assert error is None, error
            logins += [user.profile.login for user in users]
            pages += 1
        assert logins == ["ada@example.com"] + [f"o{number}@example.com" for number in range(5)], logins
        assert pages == 3, pages

        other_app = AutoLoginApplication(label="Another", sign_on_mode="AUTO_LOGIN")
        made = good(await client.create_application(other_app))
        assert made.label == "Another" and made.id != app_id, made

        good(await client.deactivate_user(ada.id))
        assert not account("ada@example.com")["active"]
        good(await client.update_group_push_mapping(app_id, mapping.id, UpdateGroupPushMappingRequest(status="INACTIVE")))
        outcome = await client.delete_group_push_mapping(app_id, mapping.id, delete_target_group=True)
        assert outcome[-1] is None, outcome
        assert scim("/Groups")["totalResults"] == 0

        # A group of another name that is in the app already: linked when the mapping becomes active.
        schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
        old = scim("/Groups", {"schemas": schemas, "displayName": "Engineers of old"})["id"]
        waiting = good(await client.create_group_push_mapping(
            app_id, CreateGroupPushMappingRequest(source_group_id=group.id, target_group_id=old, status="INACTIVE")))
        assert (waiting.status, waiting.target_group_id, waiting.last_push) == ("INACTIVE", old, None), waiting
        assert scim(f"/Groups/{old}")["displayName"] == "Engineers of old"
        active = good(await client.update_group_push_mapping(
            app_id, waiting.id, UpdateGroupPushMappingRequest(status="ACTIVE")))
        assert active.status == "ACTIVE" and active.last_push, active
        assert scim(f"/Groups/{old}")["displayName"] == "Pioneers"
        assert (await client.delete_group(group.id))[-1] is None
        assert good(await client.list_group_push_mappings(app_id)) == []
        assert scim("/Groups")["totalResults"] == 1, "what was pushed stays in the app"

        events = good(await client.list_log_events(filter='eventType sw "application.provision.user"'))
        told = [event.event_type.removeprefix("application.provision.user.") for event in events]
        assert told == ["verify_exists", "push", "push_profile", "push_profile", "deactivate"], told
    print("okta: the SDK creates, assigns, pushes, edits, suspends, pages and deactivates")


def next_cursor(response):
    """The cursor in the field that says where the list goes on."""
    headers = response.headers
    links = headers.getall("Link", []) if hasattr(headers, "getall") else [headers.get("Link") or ""]
    for link in ",".join(links).split(","):
        if 'rel="next"' in link:
            url = link.split(";")[0].strip().strip("<>")
            return urllib.parse.parse_qs(urllib.parse.urlparse(url).query)["after"][0]
    return None


asyncio.run(main())
