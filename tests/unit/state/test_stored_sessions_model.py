"""Holds the store of sessions to a model in memory, step by step."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ownid_grpc.domain.account import AccountKey, JsonValue, Profile
from ownid_grpc.domain.session import KEPT_AFTER_END, Session, new_session_id
from ownid_grpc.domain.session_tokens import new_seed
from ownid_grpc.state.base import SessionPosition
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import SECRET

from .stored_sessions import DIGEST

TICKET_LIFETIME = timedelta(minutes=1)
ACCOUNTS: Sequence[AccountKey] = (("ada",), ("ad", "a"), ("ADA",))

apps = st.sampled_from(["shop", "club"])
accounts = st.sampled_from(ACCOUNTS)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values: st.SearchStrategy[JsonValue] = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
payloads: st.SearchStrategy[Profile] = st.dictionaries(st.text(), values, max_size=3)


@dataclass
class Modelled:
    """What the store must have of a session."""

    session: Session
    ticket_expire_time: datetime
    is_redeemed: bool = False

    def is_active(self, now: datetime) -> bool:
        """Returns whether the session may change."""
        return self.session.revoke_time is None and now < self.session.end_time

    def change(self, **values: object) -> None:
        """Changes the session."""
        self.session = replace(self.session, **values)  # type: ignore[arg-type] # of its fields


class StoredSessions(RuleBasedStateMachine):
    """Random steps, by callers who may have seen a session long ago and whose clocks differ."""

    seen = Bundle("seen")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._store = SqlStateStore(f"sqlite:///{Path(self._folder.name) / 'state.db'}", SECRET)
        self._store.migrate()
        self.sessions = self._store.sessions
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.modelled: dict[str, Modelled] = {}

    def teardown(self) -> None:
        """Gives everything back."""
        self._store.close()
        self._folder.cleanup()

    @rule(
        target=seen,
        app=apps,
        account=accounts,
        lifetime=st.sampled_from([timedelta(minutes=3), timedelta(days=2)]),
        idle=st.sampled_from([timedelta(minutes=2), timedelta(days=1)]),
        payload=payloads,
        user_agent=st.text(),
    )
    def add(
        self,
        *,
        app: str,
        account: AccountKey,
        lifetime: timedelta,
        idle: timedelta,
        payload: Profile,
        user_agent: str,
    ) -> Session:
        """Opens a session."""
        session = Session(
            app=app,
            id=new_session_id(),
            account=account,
            create_time=self.now,
            last_active_time=self.now,
            expire_time=self.now + lifetime,
            idle_timeout=idle,
            payload=payload,
            user_agent=user_agent,
            seed=new_seed(),
        )
        self.sessions.add(session, DIGEST, self.now + TICKET_LIFETIME)
        self.modelled[session.id] = Modelled(session, self.now + TICKET_LIFETIME)
        return session

    @rule(target=seen, session=consumes(seen))
    def look_again(self, session: Session) -> Session:
        """Has a caller see a session as it is now."""
        modelled = self.modelled.get(session.id)
        return modelled.session if modelled else session

    @rule(session=seen)
    def touch(self, session: Session) -> None:
        """Uses a session."""
        self.sessions.touch(session, self.now)
        modelled = self._active(session)
        is_due = self.now - session.last_active_time >= session.last_active_step
        if modelled and is_due:
            is_older = self.now - modelled.session.last_active_time >= session.last_active_step
            modelled.change(**({"last_active_time": self.now} if is_older else {}))

    @rule(session=seen)
    def rotate(self, session: Session) -> None:
        """Rotates from the generation that the caller saw."""
        modelled = self._active(session)
        expected = modelled is not None and modelled.session.generation == session.generation
        assert self.sessions.rotate(session, self.now) is expected
        if modelled and expected:
            modelled.change(
                generation=session.generation + 1,
                rotate_time=self.now,
                last_active_time=max(modelled.session.last_active_time, self.now),
            )

    @rule(session=seen, payload=payloads)
    def set_payload(self, session: Session, payload: Profile) -> None:
        """Replaces the payload."""
        modelled = self._active(session)
        assert self.sessions.set_payload(session, payload, self.now) is (modelled is not None)
        if modelled:
            modelled.change(payload=payload)

    @rule(session=seen)
    def redeem(self, session: Session) -> None:
        """Sends the ticket."""
        modelled = self._active(session)
        expected = (
            modelled is not None
            and not modelled.is_redeemed
            and self.now < modelled.ticket_expire_time
        )
        redeemed = self.sessions.redeem_ticket(session.app, session.id, DIGEST, self.now)
        assert redeemed is expected
        if modelled and expected:
            modelled.is_redeemed = True

    @rule(session=seen, reason=st.text())
    def revoke(self, session: Session, reason: str) -> None:
        """Ends a session."""
        self.sessions.revoke(session.app, session.id, reason, self.now)
        if modelled := self._active(session):
            modelled.change(revoke_time=self.now, revoke_reason=reason)

    @rule(app=apps, account=accounts, reason=st.text())
    def revoke_all(self, app: str, account: AccountKey, reason: str) -> None:
        """Ends the sessions of an account."""
        active = [
            each
            for each in self.modelled.values()
            if (each.session.app, each.session.account) == (app, account)
            and each.is_active(self.now)
        ]
        assert self.sessions.revoke_all(app, account, reason, self.now) == len(active)
        for each in active:
            each.change(revoke_time=self.now, revoke_reason=reason)

    @rule()
    def sweep(self) -> None:
        """Removes what ended long ago."""
        limit = self.now - KEPT_AFTER_END
        old = [key for key, each in self.modelled.items() if each.session.end_time <= limit]
        assert self.sessions.sweep(self.now) == len(old)
        for key in old:
            del self.modelled[key]

    @rule(
        seconds=st.sampled_from([-4, -0.000001, 0.000001, 1, 29, 30, 59, 60, 7200, 90_000, 604_800])
    )
    def wait(self, seconds: float) -> None:
        """Lets time pass, or has a replica whose clock is behind be next."""
        self.now += timedelta(seconds=seconds)

    @invariant()
    def lists_agree(self) -> None:
        """Whatever is asked, the store says what the model has."""
        for app in ("shop", "club"):
            expected = sorted(
                (each.session for each in self.modelled.values() if each.session.app == app),
                key=lambda each: (each.create_time, each.id),
                reverse=True,
            )
            assert self._pages(app, None) == expected
            for account in ACCOUNTS:
                own = [each for each in expected if each.account == account]
                assert self._pages(app, account) == own

    def _pages(self, app: str, account: AccountKey | None) -> list[Session]:
        pages: list[Session] = []
        after = None
        while page := self.sessions.newest(app, account, after=after, limit=3):
            pages += page
            after = SessionPosition(page[-1].create_time, page[-1].id)
        return pages

    def _active(self, session: Session) -> Modelled | None:
        modelled = self.modelled.get(session.id)
        return modelled if modelled and modelled.is_active(self.now) else None


TestStoredSessions = StoredSessions.TestCase
TestStoredSessions.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
