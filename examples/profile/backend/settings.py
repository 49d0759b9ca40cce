"""What the site is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SDK = Path(__file__).parents[3] / "sdk" / "js" / "dist"
"""Where `npm run build` puts the SDK for browsers."""


class SettingsError(Exception):
    """A variable is missing, or makes no sense."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where everything is, and who the site is to ownid-grpc.

    `caller` is the name that ownid.yaml has for the site, with the scopes
    `sessions.read` and `sessions.write`; `key` is its private key. `origins`
    are those under which browsers see the site.
    """

    host: str
    port: int
    origins: frozenset[str]
    service: str
    app: str
    caller: str
    key: Path
    database_url: str
    customers_table: str
    sdk: Path


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Returns the settings; raises `SettingsError`."""
    host, _, port = environment.get("SITE_LISTEN", "127.0.0.1:8000").rpartition(":")
    if not port.isdecimal():
        raise SettingsError("SITE_LISTEN is an address and a port, such as 127.0.0.1:8000.")
    return Settings(
        host=host,
        port=int(port),
        origins=frozenset(_needed(environment, "SITE_ORIGINS").split(",")),
        service=_needed(environment, "OWNID_ADDRESS"),
        app=_needed(environment, "OWNID_APP"),
        caller=environment.get("SITE_CALLER", "site"),
        key=Path(_needed(environment, "SITE_KEY")),
        database_url=_needed(environment, "SITE_DATABASE_URL"),
        customers_table=environment.get("SITE_CUSTOMERS_TABLE", "tbl_cust"),
        sdk=Path(environment.get("SITE_SDK", SDK)),
    )


def _needed(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set; docs/profile-example.md says what it is.")
    return value
