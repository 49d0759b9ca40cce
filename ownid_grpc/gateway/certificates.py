"""The gateway's certificate, handed to Envoy anew when its files change."""

import json
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ownid_grpc.config.gateway import GatewayTls
from ownid_grpc.gateway.extensions import Json, typed
from ownid_grpc.telemetry.logs import Logger

SECRET = "gateway"  # how Envoy's configuration calls the pair

_LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Certificate:
    """The pair that the files hold, and the file from which Envoy takes it.

    Envoy by itself sees only files that were moved to their place, and takes
    a certificate whose key is still to be written.
    """

    words: GatewayTls
    path: Path
    log: Logger
    _shown: tuple[str, str] = ("", "")

    def show(self) -> bool:
        """Hands over what the files hold, and returns whether that is new.

        Raises `OSError` (`ssl.SSLError` is one) for what is no pair.
        """
        pair = (self.words.certificate.read_text("utf-8"), self.words.key.read_text("utf-8"))
        if pair == self._shown:
            return False
        # An empty passphrase, since OpenSSL would else ask the terminal for one, and wait.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            self.words.certificate, self.words.key, password=""
        )
        newer = self.path.with_suffix(".new")
        with os.fdopen(os.open(newer, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(_secret(*pair), file)
        newer.replace(self.path)
        self._shown = pair
        return True

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Looks at the files within the block; what is no pair yet is looked at again."""
        stopping = threading.Event()

        def look() -> None:
            while not stopping.wait(_LOOK_SECONDS):
                try:
                    if self.show():
                        self.log.info("gateway.tls.renewed")
                except (OSError, ValueError):
                    self.log.warning("gateway.tls.unreadable")

        looking = threading.Thread(target=look, name="gateway-certificate", daemon=True)
        looking.start()
        try:
            yield
        finally:
            stopping.set()
            looking.join()


def _secret(certificate: str, key: str) -> Json:
    secret = typed(
        "transport_sockets.tls.v3.Secret",
        name=SECRET,
        tls_certificate={
            "certificate_chain": {"inline_string": certificate},
            "private_key": {"inline_string": key},
        },
    )
    return {"resources": [secret]}
