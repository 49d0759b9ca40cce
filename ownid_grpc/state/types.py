"""The column types of our store that are not the same on every database."""

from sqlalchemy import String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine


def identifier(length: int) -> TypeEngine[str]:
    """Returns the type of ASCII text that is compared byte by byte on every database."""
    exact = mysql.VARCHAR(length, charset="ascii", collation="ascii_bin")
    return String(length).with_variant(exact, "mysql", "mariadb")


def document() -> TypeEngine[str]:
    """Returns the type of ASCII text that may outgrow the 64 KiB of MariaDB's TEXT."""
    return Text().with_variant(mysql.MEDIUMTEXT(charset="ascii"), "mysql", "mariadb")
