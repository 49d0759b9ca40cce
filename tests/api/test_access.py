"""Who gets in: each method asks for what the contract says, before it looks at the request."""

import grpc
import pytest
from grpc_health.v1 import health_pb2
from hypothesis import given
from hypothesis import strategies as st
from ownid.v1 import account_service_pb2

from ownid_grpc.server.access import CONTRACT, CallerKind, MethodAccess, access_of
from tests.support.keys import bearer, token
from tests.support.serving import check_health, error_info_in, get_account, search_accounts, send

ACCESS = access_of(CONTRACT)
OF_ADMINS = [each for each in ACCESS.values() if each.kind is CallerKind.ADMIN]
OF_SESSIONS = [each for each in ACCESS.values() if each.kind is CallerKind.SESSION]
OF_ANYONE = [each for each in ACCESS.values() if each.kind is CallerKind.ANONYMOUS]


def refusal_of(
    channel: grpc.Channel,
    access: MethodAccess,
    metadata: tuple[tuple[str, str], ...] = (),
    content: bytes = b"",
) -> tuple[str, str]:
    """Returns the code and the reason with which a method refuses bytes."""
    with pytest.raises(grpc.RpcError) as caught:
        list(send(channel, access.path, (content,), metadata=metadata))
    return caught.value.code().name, error_info_in(caught.value).reason


def names(methods: list[MethodAccess]) -> list[str]:
    """Returns the names of methods, to name the cases of a test by."""
    return [each.method for each in methods]


@pytest.mark.parametrize("access", OF_ADMINS + OF_SESSIONS, ids=names(OF_ADMINS + OF_SESSIONS))
def test_nothing_is_served_without_a_credential(
    channel: grpc.Channel, access: MethodAccess
) -> None:
    """Without a credential a method says that one is missing, however bad the request."""
    assert refusal_of(channel, access, content=b"\xff") == ("UNAUTHENTICATED", "CREDENTIAL_MISSING")


@pytest.mark.parametrize("access", OF_ADMINS, ids=names(OF_ADMINS))
def test_method_asks_for_its_scope(channel: grpc.Channel, access: MethodAccess) -> None:
    """A token without the scope of a method is refused, and told which scope it lacks."""
    with pytest.raises(grpc.RpcError) as caught:
        list(send(channel, access.path, (b"\xff",), metadata=bearer(scope="openid")))

    info = error_info_in(caught.value)
    assert (caught.value.code().name, info.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")
    assert info.metadata["scope"] == access.scope


@pytest.mark.parametrize("access", OF_SESSIONS, ids=names(OF_SESSIONS))
def test_admin_token_opens_no_method_for_users(channel: grpc.Channel, access: MethodAccess) -> None:
    """A method for signed-in users does nothing for an admin token."""
    assert refusal_of(channel, access, bearer()) == ("UNAUTHENTICATED", "CREDENTIAL_INVALID")


@pytest.mark.parametrize("access", OF_ANYONE, ids=names(OF_ANYONE))
def test_anybody_may_call_a_method_for_anybody(channel: grpc.Channel, access: MethodAccess) -> None:
    """A method that needs no credential is not kept back for the lack of one."""
    # It got as far as the servicer, and these here have no such method.
    assert refusal_of(channel, access) == ("INTERNAL", "INTERNAL_ERROR")


@pytest.mark.parametrize("app", ["other", "nowhere"])
def test_app_that_is_there_looks_like_one_that_is_not(channel: grpc.Channel, app: str) -> None:
    """Without the right to an app nobody learns whether there is one."""
    with pytest.raises(grpc.RpcError) as caught:
        get_account(channel, f"apps/{app}/accounts/1")

    info = error_info_in(caught.value)
    assert (caught.value.code().name, info.reason) == ("PERMISSION_DENIED", "APP_NOT_ALLOWED")
    assert (
        caught.value.details() == "The credential does not hold for the app that the request names."
    )


def test_good_token_gets_its_answer(channel: grpc.Channel) -> None:
    """A caller with scope and app gets what it asks for, in one message or many."""
    assert get_account(channel).name == "apps/shop/accounts/1"
    assert len(list(search_accounts(channel))) == 1


@pytest.mark.parametrize("scheme", ["bearer", "BEARER"])
def test_scheme_is_read_without_regard_to_case(channel: grpc.Channel, scheme: str) -> None:
    """The word Bearer may be written as one likes."""
    assert get_account(channel, metadata=(("authorization", f"{scheme} {token()}"),)).name


@pytest.mark.parametrize(
    "values",
    [
        ("",),
        ("Bearer",),
        ("Bearer ",),
        ("Basic YTpi",),
        ("Bearer x",),
        (token(),),
        (f"Bearer {token()}", f"Bearer {token()}"),
    ],
)
def test_malformed_credential_is_refused(channel: grpc.Channel, values: tuple[str, ...]) -> None:
    """A credential that is not exactly one bearer token is refused."""
    with pytest.raises(grpc.RpcError) as caught:
        get_account(channel, metadata=tuple(("authorization", value) for value in values))

    assert error_info_in(caught.value).reason == "CREDENTIAL_INVALID"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=100))
def test_no_authorization_gets_in_or_breaks_anything(channel: grpc.Channel, value: str) -> None:
    """Whatever stands in the metadata, a call without a good token is UNAUTHENTICATED."""
    with pytest.raises(grpc.RpcError) as caught:
        get_account(channel, metadata=(("authorization", value),))

    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
    assert error_info_in(caught.value).reason in {"CREDENTIAL_INVALID", "CREDENTIAL_MISSING"}


def test_malformed_name_is_left_to_be_refused_for_its_form(channel: grpc.Channel) -> None:
    """A name in which there is no app goes on to the method, which says what is wrong with it."""
    assert get_account(channel, "nonsense").name == "nonsense"


def test_app_of_a_stream_is_that_of_its_first_message(channel: grpc.Channel) -> None:
    """An import is held to the app that its first message names."""
    config = account_service_pb2.ImportAccountsRequest.Config(parent="apps/other")
    first = account_service_pb2.ImportAccountsRequest(config=config)

    refusal = refusal_of(
        channel,
        ACCESS["/ownid.v1.AccountService/ImportAccounts"],
        bearer(),
        first.SerializeToString(),
    )

    assert refusal == ("PERMISSION_DENIED", "APP_NOT_ALLOWED")


def test_health_needs_no_credential(channel: grpc.Channel) -> None:
    """Anybody may ask for the health."""
    assert check_health(channel) == health_pb2.HealthCheckResponse.NOT_SERVING
