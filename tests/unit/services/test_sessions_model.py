"""Holds sessions on three replicas to a model of their life, step by step."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from ownid_grpc.domain.account import AccountDraft, JsonValue, Profile
from ownid_grpc.domain.call import Call
from ownid_grpc.domain.session import Session
from ownid_grpc.repositories.memory import MemoryAccountRepository, MemoryStore
from ownid_grpc.services.services import Services
from ownid_grpc.services.sessions import NewSession, OpenSession
from ownid_grpc.services.signed_in import SIGNED_OUT
from ownid_grpc.services.writing import AccountChange
from ownid_grpc.state.sql import SqlStateStore
from tests.support.shop import APP, DESCRIPTION, SECRET

from .modelled_sessions import (
    A_WEEK,
    OK,
    ModelledAccount,
    ModelledSession,
    Standing,
    expected_of,
    made_among,
    one_of,
    seen_of,
)
from .replicas import SETTINGS, empty_store, services_over, tried

CALL = Call()

# What it finds is made small before it is told.
pytestmark = pytest.mark.timeout(600)

REPLICAS = st.integers(0, 2)
ACCOUNTS = st.integers(0, 1)
SKEWS = st.tuples(*[st.floats(-2.5, 2.5)] * 3)
VALUES: st.SearchStrategy[JsonValue] = st.integers(0, 9)
PAYLOADS: st.SearchStrategy[Profile] = st.dictionaries(st.text(max_size=5), VALUES, max_size=2)
SECONDS = st.sampled_from((0.5, 4, 9.9, 31, 59, 61, 65, 120, 290, 595, 604_797))
STANDINGS = st.sampled_from(
    (Standing.DISABLED, Standing.THERE, Standing.DISABLED, Standing.DELETED)
)


class Sessions(RuleBasedStateMachine):
    """Random steps on replicas of one service, whose clocks differ by up to five seconds."""

    opened = Bundle("opened")

    def __init__(self) -> None:
        super().__init__()
        self._opened = ExitStack()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.replicas: list[Services] = []
        self.accounts: list[ModelledAccount] = []
        self._steps = 0

    @initialize(target=opened, skews=SKEWS)
    def start(self, skews: tuple[float, ...]) -> MultipleResults[ModelledSession]:
        """Starts three replicas over one store and one database, and signs everybody in."""
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
        (folder / "state.db").write_bytes(empty_store())
        self.skews = [timedelta(seconds=skew) for skew in skews]
        self.database = MemoryAccountRepository(DESCRIPTION, store=MemoryStore())
        for number in range(3):
            state = SqlStateStore(f"sqlite:///{folder / 'state.db'}", SECRET)
            self._opened.callback(state.close)
            self.replicas.append(services_over(self.database, state, partial(self.clock, number)))
        self.threads = self._opened.enter_context(ThreadPoolExecutor(3))
        for name in ("ada", "ben"):
            draft = AccountDraft({"email": f"{name}@example.com"})
            self.accounts.append(ModelledAccount(self.database.insert(CALL, draft).key))
        return multiple(*(self._new_session(0, account) for account in self.accounts))

    def teardown(self) -> None:
        """Gives everything back."""
        for services in self.replicas:
            services.sessions.watches.close()
        self._opened.close()

    def clock(self, replica: int) -> datetime:
        """Returns the time as a replica has it."""
        return self.now + self.skews[replica]

    @rule(target=opened, replica=REPLICAS, account=ACCOUNTS)
    def open(
        self, replica: int, account: int
    ) -> ModelledSession | MultipleResults[ModelledSession]:
        """Signs somebody in."""
        modelled = self.accounts[account]
        if modelled.open() == OK:
            return self._new_session(replica, modelled)
        administration = self.replicas[replica].sessions.administration
        _, outcome = tried(lambda: administration.create(CALL, APP, modelled.key, NewSession()))
        assert outcome == modelled.open()
        return multiple()

    @rule(session=opened, replica=REPLICAS, back=st.integers(1, 3))
    def use(self, session: ModelledSession, replica: int, back: int) -> None:
        """Calls with one of the access tokens that the session was given."""
        token = session.access_tokens[-min(back, len(session.access_tokens))]
        signed_in = self.replicas[replica].sessions.signed_in

        def call() -> None:
            admitted = signed_in.admit(APP, token.text)
            signed_in.check_account(CALL, admitted)
            signed_in.use(admitted)

        _, outcome = tried(call)
        assert outcome == session.use(token, self.clock(replica))

    @rule(session=opened, replica=REPLICAS)
    def exchange(self, session: ModelledSession, replica: int) -> None:
        """Trades the ticket for tokens."""
        signed_in = self.replicas[replica].sessions.signed_in
        made, outcome = tried(lambda: signed_in.exchange(CALL, APP, session.ticket))
        assert outcome == session.exchange(self.clock(replica))
        self._take(session, made)

    @rule(session=opened, replica=REPLICAS, back=st.integers(0, 3))
    def refresh(self, session: ModelledSession, replica: int, back: int) -> None:
        """Refreshes by the newest token, or by one that was replaced."""
        back, now = min(back, len(session.refresh_tokens) - 1), self.clock(replica)
        made, outcome = self._refreshed(session.refresh_tokens[-1 - back], replica)
        assert outcome == session.refresh(back, now)
        if made is not None and back == 0:
            assert made.refresh_token not in session.refresh_tokens
            session.rotate(made, now)
        self._take(session, made)

    @rule(session=opened, back=st.integers(0, 2))
    def refresh_everywhere(self, session: ModelledSession, back: int) -> None:
        """Refreshes by one token on all replicas at the same time."""
        back = min(back, len(session.refresh_tokens) - 1)
        clocks = [self.clock(replica) for replica in range(3)]
        claims = {session.leads_on(back, clock) for clock in clocks}
        is_alike = len(claims) == 1 and all(session.is_active(clock) for clock in clocks)
        if session.account.standing is not Standing.THERE or not is_alike:
            return  # whoever comes first decides for the others, and nobody knows who that is
        token = session.refresh_tokens[-1 - back]
        answers = list(self.threads.map(lambda replica: self._refreshed(token, replica), range(3)))
        kept = self._kept(session)
        outcomes = {outcome for _, outcome in answers}
        if claims == {True}:
            assert outcomes == {OK}
            if back == 0:
                session.rotate(made_among(answers)[0], one_of(clocks, kept.rotate_time))
        else:
            assert "REFRESH_TOKEN_REUSED" in outcomes <= {"REFRESH_TOKEN_REUSED", "SESSION_ENDED"}
            session.refresh(back, one_of(clocks, kept.revoke_time))
        for made in made_among(answers):
            self._take(session, made)

    @rule(session=opened, replica=REPLICAS, way=st.sampled_from(("by name", "all", "sign out")))
    def end(self, session: ModelledSession, replica: int, way: str) -> None:
        """Ends a session, or all of its account."""
        sessions, key = self.replicas[replica].sessions, session.account.key
        now, administration = self.clock(replica), sessions.administration
        if way == "all":
            count = administration.revoke_all(APP, key, way)
            assert count == session.account.revoke_all(way, now)
        elif way == "by name":
            _, outcome = tried(lambda: administration.revoke(APP, key, session.id, way))
            assert outcome == ("SESSION_NOT_FOUND" if session.is_swept else OK)
            session.revoke(way, now)
        elif session.is_active(now) and now < session.access_tokens[-1].expire_time:
            sessions.signed_in.revoke(sessions.signed_in.admit(APP, session.access_tokens[-1].text))
            session.revoke(SIGNED_OUT, now)

    @rule(session=opened, replica=REPLICAS, payload=PAYLOADS)
    def write(self, session: ModelledSession, replica: int, payload: Profile) -> None:
        """Replaces the payload."""
        administration, key = self.replicas[replica].sessions.administration, session.account.key
        _, outcome = tried(lambda: administration.update(APP, key, session.id, payload, ()))
        if session.is_active(self.clock(replica)):
            assert outcome == OK
            session.payload = payload
        else:
            assert outcome == ("SESSION_NOT_FOUND" if session.is_swept else "SESSION_ENDED")

    @rule(account=ACCOUNTS, standing=STANDINGS)
    def change_directly(self, account: int, standing: Standing) -> None:
        """Deletes, disables or enables an account in the database, past the service."""
        modelled = self.accounts[account]
        if modelled.standing is Standing.DELETED:
            return
        if standing is Standing.DELETED:
            self.database.delete(CALL, modelled.key)
        else:
            is_disabled = standing is Standing.DISABLED
            self.database.update(CALL, modelled.key, partial(replace, disabled=is_disabled))
        modelled.standing = standing

    @rule(account=ACCOUNTS, replica=REPLICAS, standing=STANDINGS)
    def change(self, account: int, replica: int, standing: Standing) -> None:
        """Deletes, disables or enables an account through the service, which ends its sessions."""
        modelled, accounts = self.accounts[account], self.replicas[replica].accounts
        if modelled.standing is Standing.DELETED:
            return
        if standing is Standing.DELETED:
            accounts.delete(CALL, APP, modelled.key)
        else:
            change = AccountChange({}, standing is Standing.DISABLED, update_mask=("disabled",))
            accounts.update(CALL, APP, modelled.key, change)
        modelled.standing = standing
        modelled.admit(self.clock(replica))

    @rule(replica=REPLICAS)
    def sweep(self, replica: int) -> None:
        """Removes what ended more than a week ago."""
        last = self.clock(replica) - A_WEEK
        ended = [each for each in self._sessions() if each.end_time <= last]
        assert self.replicas[replica].sessions.sweep.sweep() == len(ended)
        for each in ended:
            each.is_swept = True

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += timedelta(seconds=seconds)

    @invariant()
    def replicas_agree_with_the_model(self) -> None:
        """Whichever replica is asked, the sessions are those of the model, and like them."""
        self._steps += 1
        asked = self._steps % 3
        now, account = self.clock(asked), self.accounts[self._steps % 2]
        administration = self.replicas[asked].sessions.administration
        for each in (account, None):
            key = None if each is None else each.key
            page = administration.list(APP, key, filter_="", page_size=1000, page_token="")
            expected = [
                modelled for modelled in self._sessions() if each in (modelled.account, None)
            ]
            expected.sort(key=lambda modelled: (modelled.create_time, modelled.id), reverse=True)
            seen = [seen_of(session, now) for session in page.sessions]
            assert seen == [expected_of(modelled, now) for modelled in expected]

    def _new_session(self, replica: int, account: ModelledAccount) -> ModelledSession:
        administration = self.replicas[replica].sessions.administration
        made = administration.create(CALL, APP, account.key, NewSession())
        modelled = ModelledSession(
            account=account,
            id=made.session.id,
            create_time=self.clock(replica),
            last_active_time=self.clock(replica),
            expire_time=self.clock(replica) + SETTINGS.lifetime,
            idle_timeout=SETTINGS.idle_timeout,
            refresh_tokens=[made.refresh_token],
            access_tokens=[made.access_token],
            ticket=str(made.ticket),
        )
        account.sessions.append(modelled)
        return modelled

    def _sessions(self) -> list[ModelledSession]:
        all_ = [each for account in self.accounts for each in account.sessions]
        return [each for each in all_ if not each.is_swept]

    def _refreshed(self, token: str, replica: int) -> tuple[OpenSession | None, str]:
        signed_in = self.replicas[replica].sessions.signed_in
        return tried(lambda: signed_in.refresh(CALL, APP, token))

    def _kept(self, session: ModelledSession) -> Session:
        administration = self.replicas[0].sessions.administration
        return administration.get(APP, session.account.key, session.id)

    def _take(self, session: ModelledSession, made: OpenSession | None) -> None:
        if made is not None:
            assert made.refresh_token == session.refresh_tokens[-1]
            session.access_tokens.append(made.access_token)


TestSessions = Sessions.TestCase
TestSessions.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
