"""The secret of the service: from the configuration, or from a file made at the first start."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from ownid_grpc.config.models import MINIMUM_SECRET_BYTES

_RANDOM_BYTES = 48


def read_or_make_secret(path: Path) -> bytes:
    """Returns what a file holds, made where it is not there; raises `ValueError` for too little.

    Of several processes that make it at once, one does, and all read the same.
    """
    with suppress(FileNotFoundError):
        return _read(path)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(_RANDOM_BYTES) + "\n")
        # A link is there or not, and never replaces: whoever is first made everybody's secret.
        with suppress(FileExistsError):
            path.hardlink_to(name)
    finally:
        Path(name).unlink()
    return _read(path)


def _read(path: Path) -> bytes:
    content = path.read_bytes().strip()
    if len(content) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"must hold {MINIMUM_SECRET_BYTES} bytes of text or more")
    return content
