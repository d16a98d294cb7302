"""A SCIM service provider made of Django and django-scim2, as little as possible beyond what the library's
documentation shows. Usage: manage.py PORT TOKEN DATABASE"""

import sys

import django
from django.conf import settings

PORT, TOKEN, DATABASE = sys.argv[1:]
settings.configure(
    SECRET_KEY="interop",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="routes",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE, "OPTIONS": {"timeout": 20}}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_scim", "directory"],
    AUTH_USER_MODEL="directory.User",
    MIDDLEWARE=["routes.TokenAuthentication", "django_scim.middleware.SCIMAuthCheckMiddleware"],
    SCIM_SERVICE_PROVIDER={
        "NETLOC": f"127.0.0.1:{PORT}",
        "SCHEME": "http",
        "GROUP_MODEL": "directory.models.Team",
        "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "Bearer", "description": "Bearer token"}],
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INTEROP_TOKEN=TOKEN,
)

if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, run_syncdb=True)
    from directory.models import User

    User.objects.get_or_create(username="interop-admin", defaults={"is_superuser": True})
    call_command("runserver", f"127.0.0.1:{PORT}", "--noreload")
