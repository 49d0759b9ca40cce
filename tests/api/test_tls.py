"""TLS: the certificate that the files hold now, without a restart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.support.keys import private_pem
from tests.support.serving import Serving, config_of, get_account, serving


class Certificate:
    """A certificate that vouches for itself and for 127.0.0.1."""

    def __init__(self) -> None:
        key = generate_private_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ownid-grpc")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, SHA256())
        )
        self.pem = made.public_bytes(Encoding.PEM)
        self.key = private_pem(key)

    def write(self, folder: Path) -> None:
        """Puts certificate and key where the server looks for them."""
        (folder / "server.key").write_bytes(self.key)
        (folder / "server.pem").write_bytes(self.pem)


@pytest.fixture
def first() -> Certificate:
    """The certificate that the server begins with."""
    return Certificate()


@pytest.fixture
def running(tmp_path: Path, first: Certificate) -> Iterator[Serving]:
    """A server with TLS."""
    first.write(tmp_path)
    config = config_of(tmp_path, "tls: {certificate: server.pem, key: server.key}")
    with serving(config) as running:
        yield running


def is_trusted(running: Serving, certificate: Certificate) -> bool:
    """Returns whether a new connection that believes only this certificate gets its answer."""
    credentials = grpc.ssl_channel_credentials(certificate.pem)
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.secure_channel(running.address, credentials, options) as channel:
        try:
            return bool(get_account(channel, timeout=5).name)
        except grpc.RpcError:
            return False


def test_certificate_is_shown(running: Serving, first: Certificate) -> None:
    """Who trusts the server's certificate gets answers, and who trusts another does not."""
    assert is_trusted(running, first)
    assert not is_trusted(running, Certificate())


def test_renewed_certificate_is_shown_without_a_restart(
    running: Serving, first: Certificate, tmp_path: Path
) -> None:
    """A certificate that replaces the first is the one that new connections see."""
    assert is_trusted(running, first)
    second = Certificate()

    second.write(tmp_path)

    assert is_trusted(running, second)
    assert not is_trusted(running, first)


@pytest.mark.parametrize("content", [b"", b"no certificate", None], ids=["empty", "other", "gone"])
def test_unreadable_certificate_leaves_the_last_one(
    running: Serving, first: Certificate, tmp_path: Path, content: bytes | None
) -> None:
    """While the files hold nothing that is good the last certificate is shown, then the new one."""
    assert is_trusted(running, first)
    second = Certificate()

    if content is None:
        (tmp_path / "server.pem").unlink()
    else:
        (tmp_path / "server.pem").write_bytes(content)
    assert is_trusted(running, first)
    assert is_trusted(running, first)
    second.write(tmp_path)

    assert is_trusted(running, second)


def test_half_written_certificate_leaves_the_last_one(
    running: Serving, first: Certificate, tmp_path: Path
) -> None:
    """A key that is there before its certificate changes nothing until that is there too."""
    second = Certificate()

    (tmp_path / "server.key").write_bytes(second.key)
    assert is_trusted(running, first)
    (tmp_path / "server.pem").write_bytes(second.pem)

    assert is_trusted(running, second)


def test_connection_without_tls_gets_no_answer(running: Serving) -> None:
    """A connection in the clear is not answered."""
    with running.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        get_account(channel, timeout=5)

    assert caught.value.code() in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}
