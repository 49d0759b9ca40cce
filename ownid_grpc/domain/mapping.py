"""The words that describe where an account lives; reading them touches no database.

docs/mapping.md has an example for each word.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from ownid_grpc.domain.mapping_assignments import Assignments
from ownid_grpc.domain.mapping_joins import Join, JoinName
from ownid_grpc.domain.mapping_properties import Property
from ownid_grpc.domain.mapping_words import Conditions, Key, Words


class Version(Words):
    """A column that changes with every write; it is the etag."""

    column: str
    """The column."""
    renew: Literal["increment", "uuid4", "now"] | None = None
    """What a write sets it to; guessed from its type when left out."""


class Delete(Words):
    """How an account is deleted; without any word, its row is.

    `tables` are emptied of its rows first, in order. `set` keeps the row and
    marks it; a marked row is hidden unless `visible`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"required": ["visible"], "properties": {"visible": {"const": True}}},
            "then": {"required": ["set"]},
        }
    )

    set: Assignments = {}
    visible: bool = False
    tables: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _hides_what_is_marked(self) -> Self:
        if self.visible and not self.set:
            raise ValueError("'visible' is about rows that 'set' marks; without it rows are gone")
        return self


class Pool(Words):
    """How many connections one server process may hold, and how long a call waits for one."""

    size: int = Field(default=16, ge=1, le=1000)
    """How many."""
    wait_seconds: float = Field(default=5, gt=0, le=300)
    """How long a call waits for one that is free."""
    connect_seconds: float = Field(default=5, gt=0, le=300)
    """How long to wait for the server."""
    statement_seconds: float = Field(default=30, gt=0, le=3600)
    """How long to wait for an answer."""


def _version_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class SqlMapping(Words):
    """One app's `repository` of type sql."""

    type: Literal["sql"] = "sql"
    """The adapter that reads these words."""
    url: SecretStr
    """Where the database is: postgresql, mariadb, mysql or sqlite."""
    table: str
    """The table of accounts, as `schema.table` where it is not in the default schema."""
    key: Key
    where: Conditions = {}
    """Which rows of the table are accounts."""
    joins: dict[JoinName, Join] = {}
    """Other tables with parts of an account, by the name that properties call them."""
    properties: Annotated[dict[str, Property], Field(min_length=1)]
    """The account's profile; dots nest: `address.city`."""
    disabled: Property | None = None
    """Whether an account may not sign in."""
    create_time: Property | None = None
    """When an account was made; read only."""
    update_time: Property | None = None
    """When an account was last changed; read only."""
    version: (
        Annotated[
            Version,
            BeforeValidator(_version_column, json_schema_input_type=str | Version),
        ]
        | None
    ) = None
    delete: Delete = Delete()
    on_create: Assignments = {}
    """Columns that are set when an account is made."""
    on_write: Assignments = {}
    """Columns that are set by every write."""
    unique: tuple[tuple[str, ...], ...] = ()
    """Sets of properties that no two accounts share, where the database does not say so."""
    pool: Pool = Pool()

    @model_validator(mode="after")
    def _has_one_rest(self) -> Self:
        own = (self.disabled, self.create_time, self.update_time)
        if any(each is not None and (each.rest or each.many) for each in own):
            raise ValueError("'rest' and 'many' are for properties of the profile alone")
        if sum(each.rest for each in self.properties.values()) > 1:
            raise ValueError("only one property can take the 'rest'")
        return self
