"""The peer: what one would write with FastAPI, synchronous, SQL by hand, without authentication."""

from datetime import datetime

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from bench.customers import COLUMNS
from bench.servers.connections import Row, connection
from bench.servers.statements import Statements


class Profile(BaseModel):
    """What a customer says."""

    email: str
    given_name: str
    family_name: str
    phone: str | None = None
    street: str | None = None
    city: str
    country: str
    points: int
    newsletter: bool


class Change(BaseModel):
    """What of it may be changed."""

    given_name: str


class Account(BaseModel):
    """A customer as it is shown."""

    name: str
    profile: Profile
    create_time: datetime
    update_time: datetime


class Page(BaseModel):
    """Some customers."""

    accounts: list[Account]


def get_account(app: str, key: int) -> Account:
    """Returns an account by its key."""
    return _account(app, _one(Statements(app).get, key))


def look_up_account(app: str, login_id: str) -> Account:
    """Returns an account by its address."""
    return _account(app, _one(Statements(app).look_up, login_id))


def update_account(app: str, key: int, change: Change) -> Account:
    """Changes an account, in one transaction."""
    statements = Statements(app)
    with connection().transaction():
        _one(statements.lock, key)
        return _account(app, _one(statements.rename, change.given_name, key))


def create_account(app: str, profile: Profile) -> Account:
    """Makes an account."""
    values = [getattr(profile, column) for column in COLUMNS]
    return _account(app, _one(Statements(app).insert, *values))


def list_accounts(app: str, city: str, page_size: int) -> Page:
    """Returns the first page of a city."""
    rows = connection().execute(Statements(app).list_city, (city, page_size + 1)).fetchall()
    return Page(accounts=[_account(app, row) for row in rows[:page_size]])


def _one(statement: bytes, *values: object) -> Row:
    row = connection().execute(statement, values).fetchone()
    if row is None:
        raise HTTPException(404)
    return row


def _account(app: str, row: Row) -> Account:
    return Account(
        name=f"apps/{app}/accounts/{row[0]}",
        profile=Profile(**dict(zip(COLUMNS, row[1:10], strict=True))),
        create_time=row[10],
        update_time=row[11],
    )


app = FastAPI()
app.add_api_route("/v1/apps/{app}/accounts/{key}", get_account)
app.add_api_route("/v1/apps/{app}/accounts:lookup", look_up_account)
app.add_api_route("/v1/apps/{app}/accounts/{key}", update_account, methods=["PATCH"])
app.add_api_route("/v1/apps/{app}/accounts", create_account, methods=["POST"])
app.add_api_route("/v1/apps/{app}/accounts", list_accounts)
