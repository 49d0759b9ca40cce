"""Holds sessions on three replicas to a model of their life, step by step."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from ownid_grpc.domain.account import AccountDraft, AccountKey
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session, SessionState
from ownid_grpc.errors import OwnIdError
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.services.services import Services
from ownid_grpc.services.sessions import NewSession, OpenSession
from ownid_grpc.services.signed_in import GRACE
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, DESCRIPTION, SECRET

IDLE, LIFETIME = timedelta(days=7), timedelta(days=30)
MOST_SKEW = timedelta(seconds=5)
TOKEN_LIFETIME = timedelta(minutes=10)

REPLICAS = st.integers(0, 2)


@dataclass
class Modelled:
    """What a session must be like; `tokens` are its refresh tokens, the newest last."""

    key: AccountKey
    opened: OpenSession
    tokens: list[str]
    expire_time: datetime
    is_revoked: bool = False
    rotated: datetime | None = None
    last_use: datetime = field(default_factory=lambda: datetime.now(UTC))


class Sessions(RuleBasedStateMachine):
    """Random steps on replicas whose clocks differ by seconds."""

    opened = Bundle("opened")

    def __init__(self) -> None:
        super().__init__()
        self._opened = ExitStack()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.modelled: list[Modelled] = []

    @initialize(skews=st.tuples(*[st.floats(-2.5, 2.5)] * 3))
    def start(self, skews: tuple[float, ...]) -> None:
        """Starts three replicas over one store and one database."""
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
        (folder / "state.db").write_bytes(_empty_store())
        store = MemoryStore()
        repository = MemoryAccountRepository(DESCRIPTION, store=store)
        self.repository = repository
        self.services = []
        for skew in skews:
            shift = timedelta(seconds=skew)
            state = SqlStateStore(f"sqlite:///{folder / 'state.db'}", SECRET)
            self._opened.callback(state.close)

            def clock(shift: timedelta = shift) -> datetime:
                return self.now + shift

            services = Services.over({APP: repository}, state, SECRET, clock=clock)
            self.services.append(services.sessions)
        self.keys = [
            repository.insert(Call(), AccountDraft({"email": f"{name}@example.com"})).key
            for name in ("ada", "ben")
        ]

    def teardown(self) -> None:
        """Gives everything back."""
        for services in getattr(self, "services", []):
            services.watches.close()
        self._opened.close()

    @rule(target=opened, replica=REPLICAS, account=st.integers(0, 1))
    def open(self, replica: int, account: int) -> Modelled:
        """Signs somebody in."""
        key = self.keys[account]
        made = self.services[replica].administration.create(Call(), APP, key, NewSession())
        session = made.session
        modelled = Modelled(
            key, made, [made.refresh_token], session.expire_time, last_use=session.create_time
        )
        self.modelled.append(modelled)
        return modelled

    @rule(session=opened, replica=REPLICAS)
    def use(self, session: Modelled, replica: int) -> None:
        """Uses the access token that the session had at first."""
        token = session.opened.access_token
        if abs(self.now - token.expire_time) < timedelta(seconds=40):
            return  # within what clocks may differ by, either answer is right
        signed_in = self.services[replica].signed_in
        outcome = _outcome(lambda: signed_in.admit(APP, token.text))
        if self.now >= token.expire_time:
            assert outcome == "CREDENTIAL_EXPIRED"
        elif self._may_be_either(session):
            return
        else:
            assert outcome == ("ok" if self._is_active(session) else "SESSION_ENDED")
        if outcome == "ok":
            signed_in.use(self._found(session))

    @rule(session=opened, replica=REPLICAS)
    def refresh(self, session: Modelled, replica: int) -> None:
        """Refreshes by the newest token."""
        if self._may_be_either(session):
            return
        answer, outcome = self._refreshed(session.tokens[-1], replica)
        assert outcome == ("ok" if self._is_active(session) else "SESSION_ENDED")
        if answer is not None:
            assert answer.refresh_token not in session.tokens
            session.tokens.append(answer.refresh_token)
            session.rotated = self.now

    @rule(session=opened)
    def refresh_everywhere(self, session: Modelled) -> None:
        """Refreshes by one token on all replicas: each goes on with the same new one."""
        if self._may_be_either(session) or not self._is_active(session):
            return
        answers = [self._refreshed(session.tokens[-1], replica)[0] for replica in range(3)]
        tokens = {answer.refresh_token for answer in answers if answer is not None}
        assert len(tokens) == 1
        assert all(answer is not None for answer in answers)
        session.tokens.append(tokens.pop())
        session.rotated = self.now

    @rule(session=opened, replica=REPLICAS, back=st.integers(1, 3))
    def reuse(self, session: Modelled, replica: int, back: int) -> None:
        """Sends a refresh token that was replaced."""
        if len(session.tokens) <= back or self._may_be_either(session):
            return
        since = self.now - (session.rotated or self.now)
        if abs(since - GRACE) <= MOST_SKEW:
            return
        answer, outcome = self._refreshed(session.tokens[-1 - back], replica)
        if not self._is_active(session):
            assert outcome == "SESSION_ENDED"
        elif back == 1 and since < GRACE:
            assert answer is not None
            assert answer.refresh_token == session.tokens[-1]
        else:
            assert outcome == "REFRESH_TOKEN_REUSED"
            session.is_revoked = True

    @rule(session=opened, replica=REPLICAS)
    def revoke(self, session: Modelled, replica: int) -> None:
        """Ends one session."""
        if self._may_be_either(session):
            return
        was_active = self._is_active(session)
        found = self.services[replica].administration.revoke(
            APP, session.key, session.opened.session.id, "model"
        )
        session.is_revoked = session.is_revoked or was_active
        assert (found.revoke_time is not None) == session.is_revoked

    @rule(replica=REPLICAS, account=st.integers(0, 1))
    def revoke_all(self, replica: int, account: int) -> None:
        """Ends all the sessions of an account."""
        if any(self._may_be_either(each) for each in self.modelled):
            return
        key = self.keys[account]
        active = [each for each in self.modelled if each.key == key and self._is_active(each)]
        assert self.services[replica].administration.revoke_all(APP, key, "model") == len(active)
        for each in active:
            each.is_revoked = True

    @rule(seconds=st.sampled_from((1, 4, 17, 61, 700, 86_400, 5 * 86_400)))
    def wait(self, seconds: int) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)

    @invariant()
    def states_agree(self) -> None:
        """Each session is what the model says, whichever replica is asked."""
        for session in self.modelled:
            if self._may_be_either(session):
                continue
            found = self._found(session)
            expected = SessionState.REVOKED if session.is_revoked else None
            if expected is None:
                is_active = self._is_active(session)
                expected = SessionState.ACTIVE if is_active else SessionState.EXPIRED
            assert found.state_at(self.now) is expected

    def _refreshed(self, token: str, replica: int) -> tuple[OpenSession | None, str]:
        signed_in = self.services[replica].signed_in
        try:
            return signed_in.refresh(Call(), APP, token), "ok"
        except OwnIdError as error:
            return None, error.reason

    def _found(self, session: Modelled) -> Session:
        administration = self.services[0].administration
        return administration.get(APP, session.key, session.opened.session.id)

    def _end(self, session: Modelled) -> datetime:
        # When it was used last, to the minute, is the store's to say; the model knows its bounds.
        return min(session.expire_time, self._found(session).last_active_time + IDLE)

    def _is_active(self, session: Modelled) -> bool:
        return not session.is_revoked and self.now < self._end(session)

    def _may_be_either(self, session: Modelled) -> bool:
        """Returns whether replicas whose clocks differ may see the end differently."""
        return not session.is_revoked and abs(self.now - self._end(session)) <= MOST_SKEW


@cache
def _empty_store() -> bytes:
    """Returns the file of a store that has its tables: making them takes longer than a test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        store = SqlStateStore(f"sqlite:///{path}", SECRET)
        store.migrate()
        store.close()
        return path.read_bytes()


def _outcome(work: Any) -> str:  # noqa: ANN401 - whatever it returns
    try:
        work()
    except OwnIdError as error:
        return error.reason
    return "ok"


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
