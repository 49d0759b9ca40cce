"""How much of the service an app, a caller and an account may take."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from ownid.v1 import account_pb2

from tests.support.serving import (
    Accounts,
    check_health,
    config_of,
    error_info_in,
    get_account,
    serving,
    status_in,
)
from tests.support.sessions import session_shop

# So seldom that no test lasts until the next one.
ALMOST_NEVER = "0.001"


def refused_limit(error: Any) -> tuple[str, str]:  # noqa: ANN401 - a RpcError that is a Call
    """Returns the limit that a refusal names, having seen that it says when to try again."""
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    retry, info = RetryInfo(), error_info_in(error)
    assert any(detail.Unpack(retry) for detail in status_in(error).details)
    assert retry.retry_delay.ToTimedelta() > timedelta(0)
    assert info.reason == "LIMIT_EXCEEDED"
    return info.metadata["limit"], info.metadata["maximum"]


class Held:
    """A servicer whose GetAccount answers for `held` accounts only when it is let go."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.let_go = threading.Event()

    def get(self, request: Any, _: grpc.ServicerContext) -> object:  # noqa: ANN401 - generated without types
        """Answers, late where the account is called so."""
        if request.name.endswith("/held"):
            self.arrived.release()
            self.let_go.wait(20)
        return account_pb2.Account(name=request.name)

    @contextmanager
    def calls(self, channel: grpc.Channel, count: int) -> Iterator[None]:
        """Has so many calls of the app shop under way within the block."""
        with ThreadPoolExecutor(count) as callers:
            held = [
                callers.submit(get_account, channel, "apps/shop/accounts/held")
                for _ in range(count)
            ]
            for _ in held:
                assert self.arrived.acquire(timeout=20)
            yield
            self.let_go.set()
            for each in held:
                each.result()


def test_app_has_no_more_calls_than_its_limit(tmp_path: Path) -> None:
    """A call more than an app may have at once is refused, and taken when another has ended."""
    held = Held()
    config = config_of(tmp_path, shop="limits: {concurrent_calls: 2}")
    with serving(config, Accounts(on_get=held.get)) as running, running.channel() as channel:
        with held.calls(channel, 2), pytest.raises(grpc.RpcError) as caught:
            get_account(channel)

        assert refused_limit(caught.value) == ("concurrent_calls", "2")
        assert get_account(channel).name


def test_single_app_may_have_every_thread(tmp_path: Path) -> None:
    """Where there is nobody to keep threads for, an app may use them all."""
    held = Held()
    config = config_of(tmp_path, "threads: 4")
    alone = config.model_copy(update={"apps": {"shop": config.apps["shop"]}})
    with (
        serving(alone, Accounts(on_get=held.get)) as running,
        running.channel() as channel,
        held.calls(channel, 4),
    ):
        pass


def test_caller_may_call_as_often_as_its_rate_says(tmp_path: Path) -> None:
    """Calls beyond a caller's rate are refused, and health is answered all the same."""
    rate = f"requests_per_second: {ALMOST_NEVER}\n    burst: 2"
    with serving(config_of(tmp_path, caller=rate)) as running, running.channel() as channel:
        assert [get_account(channel).name for _ in range(2)]
        with pytest.raises(grpc.RpcError) as caught:
            get_account(channel)

        assert refused_limit(caught.value) == ("caller_requests_per_second", ALMOST_NEVER)
        assert check_health(channel) is not None


def test_account_may_call_as_often_as_its_rate_says(tmp_path: Path) -> None:
    """Calls beyond an account's rate are refused in whichever session, and no other account's."""
    limits = f"account_requests_per_second: {ALMOST_NEVER}, account_burst: 2"
    with session_shop(tmp_path, limits=limits) as shop:
        one, other = shop.sign_in("1"), shop.sign_in("1")
        assert [user.call("GetSessionAccount").name for user in (one, other)]
        with pytest.raises(grpc.RpcError) as caught:
            one.call("GetSessionAccount")

        assert refused_limit(caught.value) == ("account_requests_per_second", ALMOST_NEVER)
        assert shop.sign_in("2").call("GetSessionAccount").name
