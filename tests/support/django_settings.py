"""A Django project of nothing but its own applications, on the database of the environment."""

import os

import pymysql
from sqlalchemy import make_url

pymysql.install_as_MySQLdb()

_URL = make_url(os.environ["PRODUCT_DATABASE_URL"])

_ENGINES = {"sqlite": "sqlite3", "postgresql": "postgresql", "mariadb": "mysql"}

DATABASES = {
    "default": {
        "ENGINE": f"django.db.backends.{_ENGINES[_URL.get_backend_name()]}",
        "NAME": _URL.database,
        "USER": _URL.username,
        "HOST": _URL.host or _URL.query.get("host"),
        "PORT": _URL.port,
    }
}
SECRET_KEY = "of a test"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    *os.environ.get("PRODUCT_APPLICATIONS", "").split(),
]
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
