"""The gateway's certificate, read by Envoy anew when its files change."""

import json
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
_NOTHING = ("", "")


@dataclass(slots=True)
class Certificate:
    """The pair that the operator's files hold, and the file that has Envoy read them.

    Envoy by itself sees only files that were moved to their place, and takes
    a certificate whose key is still to be written: so it watches the folder of
    `path`, where one is moved to only when there is a pair to be read. The key
    is copied to nowhere, where it would stay when this process is killed.
    """

    words: GatewayTls
    path: Path
    log: Logger
    _shown: tuple[str, str] = _NOTHING

    def show(self) -> bool:
        """Has Envoy read the files, and returns whether what they hold is new.

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
        newer.write_text(json.dumps(_secret(self.words, self.path.parent)), "utf-8")
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
                    # An Envoy that was started meanwhile has none: it is to read the old pair too.
                    self._shown = _NOTHING
                    self.log.warning("gateway.tls.unreadable")

        looking = threading.Thread(target=look, name="gateway-certificate", daemon=True)
        looking.start()
        try:
            yield
        finally:
            stopping.set()
            looking.join()


def _secret(words: GatewayTls, watched: Path) -> Json:
    secret = typed(
        "transport_sockets.tls.v3.Secret",
        name=SECRET,
        tls_certificate={**certificate_files(words), "watched_directory": {"path": str(watched)}},
    )
    return {"resources": [secret]}


def certificate_files(words: GatewayTls) -> Json:
    """Returns where Envoy reads the pair."""
    return {
        "certificate_chain": {"filename": str(words.certificate)},
        "private_key": {"filename": str(words.key)},
    }
