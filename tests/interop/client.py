"""Drives a SCIM service with the library scim2-client as any application would: discovery, then users and
groups by their models. Usage: client.py BASE_URL USER PASSWORD"""

import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation, SearchRequest

base_url, username, password = sys.argv[1:]
client = SyncSCIMClient(Client(base_url=base_url, auth=(username, password)))
client.discover()
User = client.get_resource_model("User")
Group = client.get_resource_model("Group")

user = client.create(User(
    user_name="ada@example.com",
    name=User.Name(given_name="Ada", family_name="Lovelace"),
    emails=[User.Emails(value="ada@example.com", type="work", primary=True)],
    active=True,
))
assert user.id and user.meta.location.endswith(user.id), user

found = client.query(User, query_parameters=SearchRequest(filter='userName eq "ADA@example.com"'))
assert [one.id for one in found.resources] == [user.id], found

patched = client.modify(User, user.id, PatchOp[User](
    operations=[PatchOperation(op=PatchOperation.Op.replace_, path="title", value="Countess")]))
user = client.query(User, user.id)
assert user.title == "Countess", user

user.display_name = "Countess of Lovelace"
user = client.replace(user)
assert user.display_name == "Countess of Lovelace" and user.title == "Countess", user

group = client.create(Group(display_name="Pioneers", members=[Group.Members(value=user.id)]))
assert [member.value for member in group.members] == [user.id], group
client.delete(Group, group.id)
remaining = client.query(Group)
assert not remaining.resources, remaining
print("scim2-client: discovery, create, filter, PATCH, PUT, group, delete")
