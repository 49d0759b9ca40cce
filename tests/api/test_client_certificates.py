"""Holds client certificates (mTLS) to letting in the callers that they name, and nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ownid_grpc.config import parse_config
from tests.support.keys import AUDIENCE, ISSUER, KEY_ID, bearer, private_pem, public_pem
from tests.support.serving import Serving, error_info_in, get_account, serving

LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))
DNS = x509.DNSName("backoffice.internal")
SPIFFE = x509.UniformResourceIdentifier("spiffe://example.com/reports")
STRANGER = x509.DNSName("stranger.internal")

CALLERS = f"""
callers:
  - {{name: backoffice, certificates: [backoffice.internal], apps: [shop], scopes: ["*"]}}
  - {{name: reports, certificates: ["spiffe://example.com/reports"], apps: [shop],
      scopes: [schemas.read]}}
  - name: by-token
    issuer: {ISSUER}
    audience: {AUDIENCE}
    keys: [{KEY_ID}.pub.pem]
    apps: [shop]
    scopes: ["*"]
apps: {{shop: {{repository: {{type: memory}}}}}}
"""


class Authority:
    """Who vouches for certificates."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = _name("authority")
        self.pem = self._signed(self._name, self._key, None, is_authority=True)

    def issue(self, name: x509.GeneralName) -> tuple[bytes, bytes]:
        """Returns the key and the certificate of somebody."""
        key = generate_private_key(SECP256R1())
        return private_pem(key), self._signed(_name("somebody"), key, name)

    def _signed(
        self,
        subject: x509.Name,
        key: EllipticCurvePrivateKey,
        name: x509.GeneralName | None,
        *,
        is_authority: bool = False,
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if name is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Returns who vouches for the server and its clients."""
    return Authority()


@pytest.fixture
def running(tmp_path: Path, authority: Authority) -> Iterator[Serving]:
    """Gives a server that asks for certificates."""
    key, certificate = authority.issue(LOOPBACK)
    files = {"key": key, "cert": certificate, "ca": authority.pem, f"{KEY_ID}.pub": public_pem()}
    for name, content in files.items():
        (tmp_path / f"{name}.pem").write_bytes(content)
    tls = "{certificate: cert.pem, key: key.pem, client_authority: ca.pem}"
    server = f"server: {{listen: '127.0.0.1:0', tls: {tls}}}\n"
    with serving(parse_config(server + CALLERS, {}, folder=tmp_path)) as running:
        yield running


def called(
    running: Serving, authority: Authority, client: tuple[bytes, bytes] | None, **options: object
) -> Any:  # noqa: ANN401 - generated without types
    """Calls GetAccount with a certificate, by default without a token."""
    key, certificate = client or (None, None)
    credentials = grpc.ssl_channel_credentials(authority.pem, key, certificate)
    with grpc.secure_channel(running.address, credentials) as channel:
        words: dict[str, Any] = {"metadata": (), **options}
        return get_account(channel, **words)


def reason_of(
    running: Serving, authority: Authority, client: tuple[bytes, bytes], **options: object
) -> str:
    """Returns the reason with which a call is refused."""
    with pytest.raises(grpc.RpcError) as refused:
        called(running, authority, client, **options)
    return error_info_in(refused.value).reason


def test_certificate_lets_its_caller_in(running: Serving, authority: Authority) -> None:
    """A caller is known by a name in the certificate, without any token."""
    assert called(running, authority, authority.issue(DNS))


def test_caller_has_the_scopes_and_apps_of_the_file(running: Serving, authority: Authority) -> None:
    """What a caller may do is what ownid.yaml says, however it is known."""
    assert reason_of(running, authority, authority.issue(SPIFFE)) == "SCOPE_MISSING"
    other = {"name": "apps/other/accounts/1"}
    assert reason_of(running, authority, authority.issue(DNS), **other) == "APP_NOT_ALLOWED"


def test_certificate_of_nobody_is_no_credential(running: Serving, authority: Authority) -> None:
    """A certificate that the authority vouches for opens nothing where no caller has its name."""
    assert reason_of(running, authority, authority.issue(STRANGER)) == "CREDENTIAL_MISSING"


def test_token_counts_before_a_certificate(running: Serving, authority: Authority) -> None:
    """A call with a token is its caller's, whoever's connection it comes by."""
    assert called(running, authority, authority.issue(STRANGER), metadata=bearer())
    bad = (("authorization", "Bearer nonsense"),)
    assert reason_of(running, authority, authority.issue(DNS), metadata=bad) == (
        "CREDENTIAL_INVALID"
    )


@pytest.mark.parametrize("client", [None, Authority().issue(DNS)], ids=["none", "stranger's"])
def test_client_without_a_good_certificate_gets_no_connection(
    running: Serving, authority: Authority, client: tuple[bytes, bytes] | None
) -> None:
    """Who shows no certificate, or one that somebody else vouches for, cannot even connect."""
    with pytest.raises(grpc.RpcError) as refused:
        called(running, authority, client, timeout=5)

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
