"""Products that bring tables of users of their own, made by their own means."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SETTINGS = "tests.support.django_settings"
_ALLAUTH = "django.contrib.sites allauth allauth.account allauth.socialaccount"


def migrate_django(url: str, applications: str = "") -> None:
    """Runs Django's own migrations, and those of further applications; makes a user."""
    known = {
        "DJANGO_SETTINGS_MODULE": _SETTINGS,
        "PRODUCT_APPLICATIONS": applications,
        "DJANGO_SUPERUSER_USERNAME": "ada",
        "DJANGO_SUPERUSER_EMAIL": "ada@example.com",
        "DJANGO_SUPERUSER_PASSWORD": "a long password",
    }
    _run(url, ["-m", "django", "migrate", "--skip-checks", "--verbosity=0"], known)
    _run(url, ["-m", "django", "createsuperuser", "--skip-checks", "--noinput"], known)


def migrate_allauth(url: str) -> None:
    """Runs the migrations of Django and django-allauth."""
    migrate_django(url, _ALLAUTH)


def make_flask_security(url: str) -> None:
    """Makes the tables of Flask-Security, and a user."""
    _run(url, ["-m", "tests.support.flask_users"], {})


def _run(url: str, arguments: list[str], known: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=_ROOT,
        env={**os.environ, **known, "PRODUCT_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
