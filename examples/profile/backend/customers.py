"""The site's own look at its database: who has this address, and which password."""

from dataclasses import dataclass

from sqlalchemy import Engine, column, create_engine, func, select, table

from .passwords import is_password


@dataclass(frozen=True, slots=True)
class Customer:
    """What signing in needs of a row."""

    number: int
    password_hash: str


class Customers:
    """The shop's table of customers."""

    def __init__(self, url: str, name: str) -> None:
        self._engine: Engine = create_engine(url, pool_pre_ping=True)
        self._table = table(name, column("cust_no"), column("mail_uc"), column("pwd_hash"))

    def signing_in(self, mail: str, password: str) -> int | None:
        """Returns the number of the customer whose address and password these are."""
        customer = self._find(mail)
        is_right = is_password(password, customer.password_hash if customer else None)
        return customer.number if customer and is_right else None

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    def _find(self, mail: str) -> Customer | None:
        columns = self._table.c
        statement = select(columns.cust_no, columns.pwd_hash).where(
            columns.mail_uc == func.upper(mail.strip())
        )
        with self._engine.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Customer(row.cust_no, row.pwd_hash)
