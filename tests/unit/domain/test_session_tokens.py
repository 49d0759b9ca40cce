"""Refresh tokens and tickets open the session that they were made for, and nothing else does."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain.session import Session, SessionId, new_session_id
from ownid_grpc.domain.session_tokens import (
    RefreshClaim,
    RefreshTokens,
    digest_of_ticket,
    new_seed,
    new_ticket,
    read_refresh_token,
    session_of_ticket,
)

SECRET = b"a secret of 32 bytes for testing"
TOKENS = RefreshTokens(SECRET)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SESSION = Session(
    app="shop",
    id=SessionId("0123456789abcdef" * 2),
    account=("ada",),
    create_time=NOW,
    last_active_time=NOW,
    expire_time=NOW + timedelta(days=30),
    idle_timeout=timedelta(days=7),
    seed=b"s" * 32,
)
URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

GENERATIONS = st.integers(0, 2**31)
NOT_TOKENS = st.one_of(st.text(), st.text("AQ-_=+/ é\ud800\n", max_size=90))


def claim_of(token: str) -> RefreshClaim:
    """Returns what a token says, where it is one."""
    claim = read_refresh_token(token)
    assert claim is not None
    return claim


@given(generation=GENERATIONS)
def test_refresh_token_says_its_session_and_generation(generation: int) -> None:
    """A token reads back as what it was made for, and holds, on every replica."""
    session = replace(SESSION, generation=generation)
    claim = claim_of(TOKENS.token_of(session))

    assert (claim.session_id, claim.generation) == (SESSION.id, generation)
    assert RefreshTokens(SECRET).holds(claim, session)


@given(first=GENERATIONS, second=GENERATIONS)
def test_each_generation_has_one_token(first: int, second: int) -> None:
    """Two tabs that are given the token of one generation get the same; others differ."""
    tokens = {TOKENS.token_of(replace(SESSION, generation=each)) for each in (first, second)}

    assert len(tokens) == len({first, second})


@given(then=GENERATIONS, now=GENERATIONS)
def test_token_of_the_past_is_known_from_one_that_never_was(then: int, now: int) -> None:
    """A token still proves to be the session's own when others have followed it."""
    claim = claim_of(TOKENS.token_of(replace(SESSION, generation=then)))

    assert TOKENS.holds(claim, replace(SESSION, generation=now))


@given(said=GENERATIONS, real=GENERATIONS)
def test_token_does_not_prove_another_generation(said: int, real: int) -> None:
    """Nobody makes the next token, or an old one, from the one that they have."""
    claim = claim_of(TOKENS.token_of(replace(SESSION, generation=real)))

    assert TOKENS.holds(replace(claim, generation=said), SESSION) == (said == real)


@pytest.mark.parametrize(
    "other",
    [
        replace(SESSION, app="club"),
        replace(SESSION, id=new_session_id()),
        replace(SESSION, seed=new_seed()),
        replace(SESSION, seed=b""),
        replace(SESSION, app="shop\x01", id=SessionId(SESSION.id[2:] + "73"), seed=b"s" * 31),
    ],
    ids=["app", "id", "seed", "no seed", "moved border"],
)
def test_token_is_of_its_own_session_only(other: Session) -> None:
    """A token proves nothing of another session, nor of one with the same id in another app."""
    assert not TOKENS.holds(claim_of(TOKENS.token_of(SESSION)), other)


def test_store_alone_makes_no_token() -> None:
    """Who has all that is known of a session, but not the secret, has no token."""
    assert not RefreshTokens(SECRET[::-1]).holds(claim_of(TOKENS.token_of(SESSION)), SESSION)


@given(where=st.integers(0), character=st.sampled_from(sorted(URL_SAFE)))
def test_changed_token_does_not_hold(where: int, character: str) -> None:
    """A token in which any one character differs is no token, or proves nothing."""
    token = TOKENS.token_of(SESSION)
    where %= len(token)
    changed = token[:where] + character + token[where + 1 :]
    claim = read_refresh_token(changed)

    if changed != token and claim is not None and claim.session_id == SESSION.id:
        assert not TOKENS.holds(claim, SESSION)


@given(text=NOT_TOKENS)
@example("")
@example("A" * 69)
@example("A" * 71)
@example("A" * 1_000_000)
@example("A" * 69 + "=")
@example("A" * 70 + "==")
def test_other_text_is_no_token(text: str) -> None:
    """Text that is no token is told by its form, and breaks nothing."""
    for read in (read_refresh_token, session_of_ticket):
        assert read(text) is None


@pytest.mark.parametrize(
    ("read", "token"),
    [
        (read_refresh_token, TOKENS.token_of(SESSION)),
        (session_of_ticket, new_ticket(SESSION.id)),
    ],
    ids=["refresh token", "ticket"],
)
def test_token_is_written_in_one_way(read: Callable[[str], object], token: str) -> None:
    """The same bytes in another dress, with padding or standard letters, are no token."""
    content = base64.urlsafe_b64decode(token + "==")
    others = {
        token + "=",
        token + "==",
        f" {token}",
        token + "\n",
        base64.b64encode(content).decode(),
    }

    assert set(token) <= URL_SAFE
    assert read(token) is not None
    assert [other for other in others if other != token and read(other) is not None] == []


def test_loose_bits_at_the_end_of_a_token_count() -> None:
    """Of the last letters that decode to the same bytes only the one that was given out is good."""
    token = TOKENS.token_of(SESSION)
    read = [read_refresh_token(token[:-1] + last) for last in URL_SAFE - {token[-1]}]

    assert claim_of(token) not in read


def test_ticket_says_its_session() -> None:
    """A ticket leads to its session; it is never the same twice and no refresh token."""
    tickets = {new_ticket(SESSION.id) for _ in range(100)}

    assert len(tickets) == 100
    assert {session_of_ticket(ticket) for ticket in tickets} == {SESSION.id}
    assert [read_refresh_token(ticket) for ticket in tickets] == [None] * 100
    assert session_of_ticket(TOKENS.token_of(SESSION)) is None


def test_digest_of_a_ticket_is_its_own() -> None:
    """Two tickets of one session have two digests, in which no ticket can be read."""
    first, second = new_ticket(SESSION.id), new_ticket(SESSION.id)

    assert digest_of_ticket(first) == hashlib.sha256(first.encode()).hexdigest()
    assert digest_of_ticket(first) != digest_of_ticket(second)
    assert SESSION.id not in digest_of_ticket(first)


def test_secrets_of_sessions_are_drawn_at_random() -> None:
    """Ids and seeds never repeat, and are of the length that guessing gives up on."""
    ids, seeds = {new_session_id() for _ in range(100)}, {new_seed() for _ in range(100)}

    assert (len(ids), len(seeds)) == (100, 100)
    assert {len(each) for each in ids} == {32}
    assert {len(each) for each in seeds} == {32}


def test_session_is_shown_without_its_seed() -> None:
    """What a session looks like in a log or a trace has nothing that tokens are made of."""
    assert "ssss" not in repr(SESSION)
    assert "seed" not in repr(SESSION)
