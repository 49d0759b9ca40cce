"""Makes the tables of Flask-Security, as its own models have them, and one user."""

import os
from importlib import import_module
from typing import Any

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore, hash_password
from flask_sqlalchemy import SQLAlchemy


def make_users(url: str) -> None:
    """Makes the tables and a user."""
    app = Flask("users")
    app.config |= {
        "SECRET_KEY": "of a test",
        "SECURITY_PASSWORD_HASH": "pbkdf2_sha512",
        "SECURITY_PASSWORD_SALT": "of a test",
        "SQLALCHEMY_DATABASE_URI": url,
    }
    database = SQLAlchemy(app)
    model: Any = database.Model
    models: Any = import_module("flask_security.models.fsqla_v3")  # which has no types
    models.FsModels.set_db_info(database)
    role = type("Role", (model, models.FsRoleMixin), {})
    user = type("User", (model, models.FsUserMixin), {})
    store = SQLAlchemyUserDatastore(database, user, role)
    Security(app, store)
    with app.app_context():
        database.create_all()
        store.create_role(name="editor")
        store.create_user(email="ada@example.com", password=hash_password("a long password"))
        database.session.commit()


if __name__ == "__main__":
    make_users(os.environ["PRODUCT_DATABASE_URL"])
