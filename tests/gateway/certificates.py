"""Certificates like no other, as a test of TLS needs them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.support.keys import private_pem


@dataclass(frozen=True)
class Pair:
    """A certificate that vouches for itself and for 127.0.0.1, and its key."""

    certificate: bytes
    key: bytes

    def write(self, folder: Path, name: str) -> None:
        """Puts both where they are looked for."""
        (folder / f"{name}.key").write_bytes(self.key)
        (folder / f"{name}.pem").write_bytes(self.certificate)


def new_pair() -> Pair:
    """Returns a pair like no other."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    return Pair(certificate.public_bytes(Encoding.PEM), private_pem(key))
