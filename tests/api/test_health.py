"""Health over the wire: each service and app, as soon as it changes."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from tests.support.serving import (
    check_health,
    config_of,
    error_info_in,
    serving,
    watch_health,
)

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def test_nothing_is_served_until_it_is_known_to_be(tmp_path: Path) -> None:
    """A server that has just started is not serving yet."""
    with serving(config_of(tmp_path)) as running, running.channel() as channel:
        assert check_health(channel) == NOT_SERVING


def test_watcher_hears_of_every_change(tmp_path: Path) -> None:
    """A watch begins with what is, and goes on with every change and nothing else."""
    with serving(config_of(tmp_path)) as running, running.channel() as channel:
        health = watch_health(channel, "app/shop")

        assert next(health) == UNKNOWN
        for status in (SERVING, NOT_SERVING, SERVING):
            running.server.health.publish({"": SERVING, "app/shop": status})
            running.server.health.publish({"": NOT_SERVING, "app/shop": status})
            assert next(health) == status


def test_watchers_who_leave_are_forgotten(tmp_path: Path) -> None:
    """Any number of watchers may come and go, while others still hear of changes."""
    with serving(config_of(tmp_path)) as running, running.channel() as channel:
        health = watch_health(channel)
        assert next(health) == NOT_SERVING
        for _ in range(50):
            stub: Any = health_pb2_grpc.HealthStub(channel)  # typed without its methods
            leaving = stub.Watch(health_pb2.HealthCheckRequest())
            next(leaving)
            leaving.cancel()
        running.server.health.publish({"": SERVING})

        assert next(health) == SERVING


def test_watchers_need_no_thread_each(tmp_path: Path) -> None:
    """Far more watchers than threads are told, and `Check` is answered beside them."""
    config = config_of(tmp_path, "threads: 2")
    with serving(config) as running, running.channel() as channel:
        watching = [watch_health(channel) for _ in range(40)]
        assert [next(each) for each in watching] == [NOT_SERVING] * 40
        running.server.health.publish({"": SERVING})

        assert [next(each) for each in watching] == [SERVING] * 40
        assert check_health(channel) == SERVING


def test_service_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """Asked for a service that it does not have, health says so as the standard has it."""
    with (
        serving(config_of(tmp_path)) as running,
        running.channel() as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        check_health(channel, "nothing")

    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def services_of(channel: grpc.Channel) -> set[str]:
    """Returns the services that reflection lists."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)  # typed without its methods
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (answer,) = stub.ServerReflectionInfo(iter((request,)), timeout=20)
    return {service.name for service in answer.list_services_response.service}


def test_reflection_lists_the_contract(tmp_path: Path) -> None:
    """By reflection a client finds the three services and health."""
    with serving(config_of(tmp_path)) as running, running.channel() as channel:
        assert services_of(channel) >= {
            "ownid.v1.AccountService",
            "ownid.v1.AccountSchemaService",
            "ownid.v1.SessionService",
            "grpc.health.v1.Health",
        }


def test_reflection_can_be_switched_off(tmp_path: Path) -> None:
    """Where the operator switches it off, reflection is no method that there is."""
    config = config_of(tmp_path, "reflection: false")
    with (
        serving(config) as running,
        running.channel() as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        services_of(channel)

    assert error_info_in(caught.value).reason == "METHOD_UNIMPLEMENTED"
