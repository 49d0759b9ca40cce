"""What is sealed opens on every replica, for its purpose and in its place, and else never."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain.sealing import NONCE_BYTES, Sealer, derived_key
from tests.support.shop import SECRET

SEALER = Sealer(SECRET, "session")


@given(content=st.binary(max_size=200), context=st.binary(max_size=50))
@example(b"", b"")
@example(b"x" * 1_000_000, b"app")
def test_sealed_content_opens_on_every_replica(content: bytes, context: bytes) -> None:
    """Whoever has the secret opens, in the same context, exactly what was sealed."""
    assert Sealer(SECRET, "session").open(SEALER.seal(content, context), context) == content


@given(first=st.binary(max_size=50), second=st.binary(max_size=50))
@example(b"shop a", b"shop b")
@example(b"", b"\x00")
def test_sealed_content_opens_in_its_own_context_only(first: bytes, second: bytes) -> None:
    """What was sealed for one session, app or column does not open in the place of another."""
    sealed = SEALER.seal(b"content", first)

    if first != second:
        with pytest.raises(ValueError, match="not sealed by this service"):
            SEALER.open(sealed, second)


@pytest.mark.parametrize(
    "other",
    [Sealer(SECRET[::-1], "session"), Sealer(SECRET, "signing key"), Sealer(SECRET, "sessio")],
    ids=["secret", "purpose", "like purpose"],
)
def test_other_secret_or_purpose_opens_nothing(other: Sealer) -> None:
    """The keys of two secrets, and of two purposes of one, have nothing to do with each other."""
    with pytest.raises(ValueError, match="not sealed by this service"):
        other.open(SEALER.seal(b"content", b"context"), b"context")


@given(where=st.integers(0), bit=st.integers(0, 7), content=st.binary(min_size=1, max_size=40))
def test_changed_bit_is_seen(where: int, bit: int, content: bytes) -> None:
    """What was changed on its way or in the store, by a single bit, does not open."""
    sealed = bytearray(SEALER.seal(content, b"context"))
    sealed[where % len(sealed)] ^= 1 << bit

    with pytest.raises(ValueError, match="not sealed by this service"):
        SEALER.open(bytes(sealed), b"context")


@given(sealed=st.binary(max_size=80))
@example(b"")
@example(b"x" * (NONCE_BYTES - 1))
@example(b"x" * NONCE_BYTES)
@example(b"x" * (NONCE_BYTES + 15))
def test_anything_else_does_not_open(sealed: bytes) -> None:
    """Bytes that were never sealed, of any length, are refused and break nothing."""
    with pytest.raises(ValueError, match=r"sealed|[Nn]once"):
        SEALER.open(sealed, b"context")


def test_sealed_content_shows_nothing() -> None:
    """Sealing the same twice gives two texts that have no run of bytes of it, nor of each other."""
    content = b"ada@example.com " * 8
    first, second = SEALER.seal(content, b"context"), SEALER.seal(content, b"context")

    def runs(text: bytes) -> set[bytes]:
        return {text[start : start + 8] for start in range(len(text) - 7)}

    assert not runs(first) & runs(content)
    assert not runs(first) & runs(second)


def test_key_of_each_purpose_is_its_own() -> None:
    """Keys are as long as a cipher wants them, and differ by secret and purpose."""
    keys = {
        derived_key(SECRET, "one"),
        derived_key(SECRET, "two"),
        derived_key(SECRET[::-1], "one"),
        derived_key(SECRET, ""),
        SECRET,
    }

    assert [len(key) for key in keys] == [32] * 5
    assert derived_key(SECRET, "one") == derived_key(SECRET, "one")
