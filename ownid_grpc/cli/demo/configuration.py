"""What the demo writes in its folder: ownid.yaml, keys, and what a second terminal needs."""

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ownid_grpc.cli.demo.database import DemoError, ShopDatabase
from ownid_grpc.cli.demo.ports import HeldPorts
from ownid_grpc.cli.keys import signed_token, write_key_pair
from ownid_grpc.config import Config, load_config

APP = "shop"
URL_VARIABLE = "OWNID_DEMO_DATABASE_URL"

_CALLER = "demo"
_SITE = "site"
_LOCK = ".ownid-demo"
_TOKEN_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """The folder of the demo; everything in it is made anew each time."""

    path: Path

    @property
    def database(self) -> Path:
        """The shop, where it is an SQLite file."""
        return self.path / "shop.db"

    @property
    def configuration(self) -> Path:
        """What the service is told."""
        return self.path / "ownid.yaml"

    @property
    def log(self) -> Path:
        """What the service logs."""
        return self.path / "server.log"

    @property
    def web_log(self) -> Path:
        """What the gateway and the example site log."""
        return self.path / "web.log"

    @property
    def environment(self) -> Path:
        """What a shell sources to be a client of the service."""
        return self.path / "env"

    @property
    def private_key(self) -> Path:
        """What the demo's caller signs tokens with."""
        return self.path / "keys" / f"{_CALLER}.key.pem"

    @property
    def public_key(self) -> Path:
        """What the service believes the caller by."""
        return self.path / "keys" / f"{_CALLER}.pub.pem"

    @property
    def site_key(self) -> Path:
        """What the example site signs tokens with."""
        return self.path / "keys" / f"{_SITE}.key.pem"

    @property
    def site_public_key(self) -> Path:
        """What the service believes the example site by."""
        return self.path / "keys" / f"{_SITE}.pub.pem"

    def excerpt(self, *words: str) -> list[str]:
        """Returns the lines of ownid.yaml that begin with one of the words."""
        lines = self.configuration.read_text("utf-8").splitlines()
        return [" ".join(line.split()) for line in lines if line.strip().startswith(words)]

    @contextmanager
    def cleared(self) -> Iterator[None]:
        """Holds the folder for this demo alone, with nothing of an earlier one in it.

        Raises `DemoError` where it is in use, or is not the demo's to clear.
        """
        try:
            held = self._lock()
        except OSError as error:
            raise DemoError(f"{self.path} cannot be written to: {error.strerror}.") from error
        with held:
            yield

    def write_configuration(self, shop: ShopDatabase, ports: HeldPorts) -> Config:
        """Writes ownid.yaml and the callers' keys, and returns what the service is told."""
        write_key_pair(self.private_key, self.public_key)
        write_key_pair(self.site_key, self.site_public_key)
        self.configuration.write_text(_words(shop, ports), encoding="utf-8")
        return load_config(self.configuration, os.environ | {URL_VARIABLE: shop.url})

    def write_environment(self, config: Config, address: str) -> str:
        """Writes what a second terminal needs, and returns a token of the caller."""
        key = load_pem_private_key(self.private_key.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("write_key_pair makes Ed25519 keys.")
        token = signed_token(config.callers[0], key, _TOKEN_LIFETIME, {})
        said = {"OWNID_ADDRESS": address, "OWNID_APP": APP, "OWNID_TOKEN": token}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in said.items()]
        programs = shlex.quote(str(Path(sys.executable).parent))
        lines.append(f'export PATH={programs}:"$PATH"')
        self.environment.touch(mode=0o600)
        self.environment.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return token

    def _lock(self) -> TextIO:
        """Returns what holds the folder for as long as it is open; clears it."""
        lock = self.path / _LOCK
        if self.path.is_dir() and any(self.path.iterdir()) and not lock.exists():
            raise DemoError(f"{self.path} holds other files; name an empty folder by --folder.")
        self.path.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            held = opened.enter_context(lock.open("w", encoding="utf-8"))
            _hold(held.fileno(), self.path)
            self._remove_what_was_made()
            opened.pop_all()
            return held

    def _remove_what_was_made(self) -> None:
        for name in ("shop.db", "state.db"):
            for suffix in ("", "-journal", "-wal", "-shm"):
                (self.path / f"{name}{suffix}").unlink(missing_ok=True)
        keys = (self.private_key, self.public_key, self.site_key, self.site_public_key)
        for path in (self.configuration, self.log, self.web_log, self.environment, *keys):
            path.unlink(missing_ok=True)


def _hold(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DemoError(
            f"A demo is running in {folder} already; end it, or name another folder by --folder."
        ) from None


def _words(shop: ShopDatabase, ports: HeldPorts) -> str:
    """Returns ownid.yaml."""
    return _TEMPLATE.format(
        url=shop.url if shop.is_file else f"${{{URL_VARIABLE}}}",
        url_note="a path starts from this file"
        if shop.is_file
        else "from the environment; never logged",
        customers=shop.tables.customers,
        details=shop.tables.details,
        countries=shop.tables.countries,
        app=APP,
        caller=_CALLER,
        site=_SITE,
        gateway_port=ports.gateway,
        site_port=ports.site,
    )


_TEMPLATE = """\
# Made by `ownid-grpc demo`, and made anew each time it runs.
# docs/mapping.md explains every word of the mapping.

server:
  listen: 127.0.0.1:50051      # the demo takes another port where this one is taken
  drain_seconds: 1             # how long calls under way may take when it is told to stop
gateway:                       # REST and events for browsers
  listen: 127.0.0.1:{gateway_port}
  site: 127.0.0.1:{site_port}        # the example site: its pages and their calls share an origin
state:
  url: sqlite:///state.db      # what is the service's own: revisions of the schema, no user data

callers:                       # who may call: a key pair each, `ownid-grpc keys new` makes one
  - name: {caller}
    issuer: {caller}
    audience: ownid-grpc
    keys: [keys/{caller}.pub.pem]
    apps: [{app}]
    scopes: ["*"]
  - name: {site}                 # the example site, which checks passwords and opens sessions
    issuer: {site}
    audience: ownid-grpc
    keys: [keys/{site}.pub.pem]
    apps: [{app}]
    scopes: [sessions.read, sessions.write]

apps:
  {app}:
    sessions:
      cookies: true            # browsers keep the tokens where no script reads them
      origins: ["http://localhost:{gateway_port}", "http://127.0.0.1:{gateway_port}"]
    repository:
      type: sql
      url: {url}    # {url_note}
      table: {customers}
      key: cust_no
      where: {{shop_id: 1}}    # another shop shares the table; its customers are never seen
      joins:
        # At most one row a customer, made when something of it is first written.
        details: {{table: {details}, "on": {{cust_no: cust_no}}}}
        # The row holds an id; the account shows the code.
        country: {{table: {countries}, "on": {{ctry_id: ctry_id}}, lookup: iso2}}

      # A column that is not named is never read, never written and never shown: pwd_hash, memo.
      properties:
        email:                {{column: mail, normalize: [trim, lower]}}
        given_name:           fname
        family_name:          lname
        birthdate:            dob
        # Codes in the column, names outside; a code that is not listed (X) is shown as absent.
        status:               {{column: st, values: {{active: A, pending: P, locked: L}}}}
        segment:              {{column: group, values: {{private: 1, business: 2, staff: 9}}}}
        points:               bonus_pts
        newsletter:           {{column: newsletter, values: {{true: 1, false: 0}}}}
        # The shop's own programs write it: 0 there is a customer who never signed in.
        last_login:           {{column: login_ms, encoding: epoch_millis, null: 0, write: false}}
        phone:                {{join: details, column: phone}}
        address.street:       {{join: details, column: street}}
        address.postal_code:  {{join: details, column: zip}}
        address.city:         {{join: details, column: town}}
        address.country:      {{join: country}}
        # Within a JSON document, whose other members stay as they are.
        preferences.theme:    {{column: prefs, path: [ui, theme], type: text}}
        preferences.language: {{column: prefs, path: [lang], type: text}}

      disabled:    {{column: blocked, values: {{true: "Y", false: "N"}}}}
      create_time: {{column: created_ts, encoding: epoch_seconds}}
      update_time: chg_at
      version:     rev    # counted up by every write: it is the etag
      # Orders point at the row, so that it stays; marked, it is no account any more.
      delete:      {{set: {{deleted_ts: now}}}}

      # What the shop's own programs put into columns that an account knows nothing of.
      on_create: {{pwd_hash: "!", src: W, created_ts: now}}
      on_write:  {{mail_uc: {{upper: email}}, chg_at: now}}
"""
