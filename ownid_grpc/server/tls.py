"""The server's certificate, read again when its files change."""

import threading
from dataclasses import dataclass, field
from typing import Any

import grpc

from ownid_grpc.config import Tls
from ownid_grpc.telemetry.logs import Logger


def tls_credentials(tls: Tls, log: Logger) -> grpc.ServerCredentials:
    """Returns credentials that show the newest certificate, so that renewing needs no restart.

    Where clients must show one too, the newest authority vouches for it.
    """
    files = _Files(tls, log)
    changed: Any = files.changed  # the stubs do not know that it may return None
    return grpc.dynamic_ssl_server_credentials(
        files.configuration(),
        changed,
        require_client_authentication=tls.client_authority is not None,
    )


@dataclass(slots=True)
class _Files:
    tls: Tls
    log: Logger
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _shown: tuple[bytes, bytes, bytes | None] = (b"", b"", None)

    def configuration(self) -> grpc.ServerCertificateConfiguration:
        """Returns what the files hold."""
        self._shown = self._contents()
        key, certificate, authority = self._shown
        return grpc.ssl_server_certificate_configuration([(key, certificate)], authority)

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """Returns what the files hold where that is new, for the connection that comes in."""
        with self._lock:
            try:
                if self._contents() == self._shown:
                    return None
                configuration = self.configuration()
            except OSError:
                self.log.warning("tls.unreadable")
                return None
        self.log.info("tls.renewed")
        return configuration

    def _contents(self) -> tuple[bytes, bytes, bytes | None]:
        authority = self.tls.client_authority
        return (
            self.tls.key.read_bytes(),
            self.tls.certificate.read_bytes(),
            authority.read_bytes() if authority else None,
        )
