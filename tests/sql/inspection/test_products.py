"""Databases that products have made: described by inspect, and served without an edit."""

from pathlib import Path

import pytest

from tests.sql.legacy import Database
from tests.support.inspected import inspected
from tests.support.products import make_flask_security, migrate_allauth, migrate_django

pytestmark = pytest.mark.slow


def test_django_is_served_as_it_is_inspected(database: Database, tmp_path: Path) -> None:
    """Users of Django's own migrations are made, found, changed and deleted."""
    migrate_django(database.url)

    found = inspected(database.url, tmp_path)

    assert found.repository["table"] == "auth_user"
    assert "password" not in found.properties
    with found.served() as lives:
        (ada,) = lives.found().values()
        assert ada["username"] == "ada"
        assert lives.faults() == []
        lives.live(
            {"username": "grace", "email": "grace@example.com", "first_name": "Grace"},
            {"first_name": "Amazing Grace", "is_staff": True},
            login_id="GRACE",
        )
    (password,) = database.rows("SELECT password FROM auth_user")
    assert str(password[0]).startswith("pbkdf2_sha256$")


def test_allauth_is_served_as_it_is_inspected(database: Database, tmp_path: Path) -> None:
    """With django-allauth, the primary address is a row of a table of its own."""
    migrate_allauth(database.url)

    found = inspected(database.url, tmp_path)

    assert found.repository["table"] == "auth_user"
    with found.served() as lives:
        assert lives.faults() == []
        lives.live(
            {"username": "grace", "email": "grace@example.com"},
            {"last_name": "Hopper"},
            login_id="grace",
        )


def test_flask_security_is_served_as_it_is_inspected(database: Database, tmp_path: Path) -> None:
    """Users of Flask-Security get what nobody may know by rules: its uniquifier, its flags."""
    make_flask_security(database.url)

    found = inspected(database.url, tmp_path)

    assert found.repository["table"] == "user"
    assert {"password", "fs_uniquifier", "tf_totp_secret"}.isdisjoint(found.properties)
    with found.served() as lives:
        (ada,) = lives.found().values()
        assert ada["email"] == "ada@example.com"
        assert lives.faults() == []
        lives.live(
            {"email": "grace@example.com", "username": "grace"},
            {"username": "hopper"},
            login_id="Grace@Example.com",
        )
