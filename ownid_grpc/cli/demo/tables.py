"""The tables of the demo's shop, with the odd names and types of something grown."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB

MARK = "Made by ownid-grpc demo, which drops it and makes it anew each time it starts"
"""The comment by which a server tells the demo's tables from others."""


@dataclass(frozen=True, slots=True)
class TableNames:
    """What each table is called; all of them begin with `prefix`."""

    prefix: str

    @property
    def customers(self) -> str:
        """The table that holds the accounts."""
        return f"{self.prefix}cust"

    @property
    def details(self) -> str:
        """The table of their addresses: at most one row a customer."""
        return f"{self.prefix}cust_ext"

    @property
    def countries(self) -> str:
        """The table of countries that customers point at."""
        return f"{self.prefix}ctry"

    @property
    def orders(self) -> str:
        """A table that the mapping says nothing of."""
        return f"{self.prefix}order"

    @property
    def all(self) -> tuple[str, ...]:
        """All tables, those first that others point at."""
        return (self.countries, self.customers, self.details, self.orders)


def tables_of(names: TableNames) -> MetaData:
    """Returns the tables by these names."""
    metadata = MetaData()
    customer = f"{names.customers}.cust_no"
    _add(
        metadata,
        names.countries,
        Column("ctry_id", Integer, primary_key=True, autoincrement=False),
        Column("iso2", String(2), nullable=False, unique=True),
        Column("label", String(60), nullable=False),
    )
    _add(metadata, names.customers, *_customer_columns(f"{names.countries}.ctry_id"))
    _add(
        metadata,
        names.details,
        Column("cust_no", Integer, ForeignKey(customer), primary_key=True, autoincrement=False),
        Column("street", String(80)),
        Column("zip", String(10)),
        Column("town", String(60)),
        Column("phone", String(30)),
    )
    _add(
        metadata,
        names.orders,
        Column("order_no", Integer, primary_key=True),
        Column("cust_no", Integer, ForeignKey(customer), nullable=False),
        Column("ordered_ts", BigInteger, nullable=False),
        Column("total_ct", Integer, nullable=False),
        Column("lines", String(200), nullable=False),
    )
    return metadata


def _add(metadata: MetaData, name: str, *columns: Column[Any]) -> None:
    Table(name, metadata, *columns, comment=MARK, mysql_charset="utf8mb4", mysql_engine="InnoDB")


def _customer_columns(country: str) -> list[Column[Any]]:
    return [
        Column("cust_no", Integer, primary_key=True),
        Column("shop_id", SmallInteger, nullable=False),
        Column("mail", String(120), nullable=False, unique=True),
        Column("mail_uc", String(120), nullable=False, unique=True),
        Column("pwd_hash", String(100), nullable=False),
        Column("fname", String(40)),
        Column("lname", String(60)),
        Column("dob", Date),
        Column("st", String(1), nullable=False, server_default="A"),
        Column("blocked", String(1), nullable=False, server_default="N"),
        Column("group", SmallInteger, nullable=False, server_default="1"),
        Column("bonus_pts", Integer, nullable=False, server_default="0"),
        Column("newsletter", SmallInteger, nullable=False, server_default="0"),
        Column("prefs", JSON().with_variant(JSONB(), "postgresql")),
        Column("ctry_id", Integer, ForeignKey(country)),
        Column("login_ms", BigInteger, nullable=False, server_default="0"),
        Column("created_ts", BigInteger, nullable=False),
        Column("chg_at", DateTime),
        Column("deleted_ts", BigInteger),
        Column("rev", Integer, nullable=False, server_default="1"),
        Column("src", String(1), nullable=False),
        Column("memo", String(200)),
    ]
