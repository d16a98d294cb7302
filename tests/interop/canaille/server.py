"""Canaille, by the settings of pytest-iam, with everything in memory. Usage: python server.py PORT TOKEN"""

import datetime
import os
import sys
import uuid
import wsgiref.simple_server
from wsgiref.simple_server import WSGIRequestHandler

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend

port, token = int(sys.argv[1]), sys.argv[2]
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


class Quiet(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        pass


app = create_app(config={
    "TESTING": True,
    "ENV_FILE": None,
    "SECRET_KEY": "a secret of the test",
    "WTF_CSRF_ENABLED": False,
    "PREFERRED_URL_SCHEME": "http",
    "SERVER_NAME": f"127.0.0.1:{port}",
    "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False},
    "CANAILLE_OIDC": {"DYNAMIC_CLIENT_REGISTRATION_OPEN": True},
    "CANAILLE_SCIM": {"ENABLE_SERVER": True},
})
with app.app_context():
    now = datetime.datetime.now(datetime.timezone.utc)
    client = models.Client(
        client_id="scimulate", client_name="scimulate", client_secret=str(uuid.uuid4()), client_id_issued_at=now,
        contacts=["admin@example.com"], client_uri="https://example.com", redirect_uris=["https://example.com/redirect"],
        grant_types=["client_credentials"], response_types=["token"], scope=["openid"],
        token_endpoint_auth_method="client_secret_basic")
    Backend.instance.save(client)
    Backend.instance.save(models.Token(
        token_id=str(uuid.uuid4()), access_token=token, client=client, subject=None, type="access_token",
        refresh_token=str(uuid.uuid4()), scope=["openid"], issue_date=now, lifetime=86400, audience=[client]))
wsgiref.simple_server.make_server("127.0.0.1", port, app, handler_class=Quiet).serve_forever()
