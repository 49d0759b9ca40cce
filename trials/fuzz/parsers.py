"""Every parser of what comes from outside, what it is fed, and how it may refuse that."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from ownid_grpc.cli.accounts.records import _records
from ownid_grpc.cli.errors import UsageError
from ownid_grpc.config import ConfigError, SessionSettings, parse_config
from ownid_grpc.domain import names
from ownid_grpc.domain.account import JsonValue, Profile, PropertyPath
from ownid_grpc.domain.filters import bind_filter
from ownid_grpc.domain.mapping import SqlMapping
from ownid_grpc.domain.masks import parse_read_mask
from ownid_grpc.domain.ordering import bind_order
from ownid_grpc.domain.paging import Position, TokenSealer, query_fingerprint
from ownid_grpc.domain.schema import AccountSchema
from ownid_grpc.domain.schema.vocabulary import OWN_KEYWORDS
from ownid_grpc.domain.session_tokens import read_refresh_token, session_of_ticket
from ownid_grpc.errors import InvalidArgument, Unauthenticated
from ownid_grpc.server.cookies import SessionCookies, access_cookie
from ownid_grpc.server.metadata import CallMetadata, read_metadata
from ownid_grpc.testing.filter_cases import CASE_FIELDS, filter_cases
from tests.support.yaml_examples import blocks
from tests.unit.domain.schema.strategies import schemas
from trials.fuzz import inputs


@dataclass(frozen=True, slots=True)
class Parser:
    """One parser; `share` is the part of all inputs that it gets, the quick ones more."""

    read: Callable[[Any], object]
    inputs: st.SearchStrategy[Any]
    refusals: tuple[type[Exception], ...]
    share: int

    def feed(self, value: object) -> None:
        """Has the parser read a value, or refuse it; anything else that it raises goes on."""
        try:
            self.read(value)
        except self.refusals:
            return


PROPERTIES: list[PropertyPath] = [("email",), ("address", "city"), ("we.ird`", "x y"), ("aB",)]
SEALER = TokenSealer(b"a secret of at least thirty-two bytes")
QUERY = query_fingerprint("shop", "", "")
TOKEN = SEALER.seal(Position(("ada@example.com", None, 7), ("17",)), QUERY)
COOKIES = SessionCookies(
    {"shop": SessionSettings(cookies=True, origins=("https://shop.example.com",))}
)
FOLDER = Path("/nonexistent")

_FILTER_PIECES = (
    *(*" \t\n()\"'\\,.:=<>!*-+%_;`~{}[]$\0\ud800é😀09", "AND", " OR ", "NOT ", "null", "email"),
    *(
        "score",
        "profile.",
        "address.city",
        "last_seen",
        "2024-01-02T03:04:05Z",
        "1e400",
        "<=",
        "tags",
    ),
)
_ORDERS = ("email", "score desc, email asc", "profile.address.city, create_time desc", "'name' asc")
_PATHS = ("*", "profile.email", "profile.address.city", "profile.`we.ird```.x y", "create_time")
_NAMES = (
    *(
        "apps/shop",
        "apps/shop/accounts/1",
        "apps/shop/accounts/~WyJhIiwiYiJd",
        "apps/shop/accounts/-",
    ),
    *(
        "apps/shop/accountSchema",
        "apps/shop/accountSchema/revisions/a1",
        "apps/shop/accounts/~YSBi",
    ),
    "apps/shop/accounts/1/sessions/" + "0af1" * 8,
)
_TOKENS = (TOKEN, "A" * 71, "A" * 64, TOKEN[:-1] + "=")
_HEADERS = (
    *("Bearer a.b.c", f"{access_cookie('shop')}=a.b.c; b=c", "https://shop.example.com"),
    *("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "req-1:a/b"),
)
_KEYS = ("authorization", "cookie", "origin", "x-request-id", "traceparent", "x-odd")
_RECORDS = (
    '{"name": "apps/shop/accounts/1", "profile": {"email": "a@b.c"}, "disabled": true}\n',
    '\ufeff{"email": "a@b.c", "score": 1e400, "big": 18446744073709551616, "email": "twice"}\n',
    'email,address.city,"tags:="\na@b.c,"x, ""y""",[1]\n',
)
_CONFIGS = [block for guide in ("configuration.md", "mapping.md") for block in blocks(guide)]
_WORDS = sorted({word for each in _CONFIGS for word in each.replace(":", " ").split()})
_KEYWORDS = sorted(
    {
        *OWN_KEYWORDS,
        *("type", "properties", "items", "$ref", "$defs", "$id", "$anchor", "$dynamicRef", "enum"),
        *("pattern", "patternProperties", "format", "required", "allOf", "anyOf", "not", "if"),
        *("minimum", "maxLength", "default", "const", "multipleOf", "dependentSchemas", "object"),
        *("#", "#/$defs/a", "#/properties/a", "(a+)+$", "[", "\\p{L}", "a{9}", "string", "integer"),
    }
)


def _read_name(text: str) -> None:
    readers = (
        names.parse_app_name,
        names.parse_account_name,
        names.parse_account_or_any,
        names.parse_account_schema_name,
        names.parse_account_schema_revision_name,
        names.parse_session_name,
        names.parse_account_id,
    )
    for read in readers:
        _refused_or(read, text)


def _read_token(text: str) -> None:
    read_refresh_token(text)
    session_of_ticket(text)
    SEALER.open(text, QUERY)


def _read_metadata(pairs: list[tuple[str, str]]) -> None:
    found: CallMetadata = read_metadata(pairs)
    COOKIES.access_token("shop", found.cookies)
    COOKIES.refresh_token("shop", found.cookies)
    found.bearer_token()


def _read_schema(document: JsonValue) -> None:
    """Reads a schema, and holds a profile against what is one."""
    schema = AccountSchema.parse(document if isinstance(document, dict) else {"a": document})
    profile: Profile = {"a": ["b", {"c": 1}], "b": "a" * 50, "é": 10**30}
    schema.faults(profile)
    _refused_or(schema.accept_new, profile)


def _read_lines(content: bytes) -> None:
    """Reads JSON lines, of which each is refused for itself."""
    list(_records(io.BytesIO(content), is_csv=False, from_line=0))


def _read_csv(content: bytes) -> None:
    list(_records(io.BytesIO(content), is_csv=True, from_line=0))


def _read_mapping(words: JsonValue) -> None:
    given = words if isinstance(words, dict) else {"properties": words}
    SqlMapping.model_validate({"url": "sqlite://", "table": "t", "key": "id"} | given)


def _refused_or(read: Callable[[Any], object], value: object) -> None:
    try:
        read(value)
    except InvalidArgument:
        return


def _read_config(text: str) -> None:
    parse_config(text, {"NAME": "ada"}, folder=FOLDER)


_YAML_PIECES = (
    *_WORDS,
    *"\n :-[]{}&*<'\"#|>${}?~,!\t\0é",
    "\n  ",
    "&a ",
    "*a",
    "<<: *a",
    "${NAME}",
)
_FILES = inputs.as_bytes(inputs.near(_RECORDS, (*',"{}[]:\\\n\r\0é`.=1', "email", ":=", "1e999")))

PARSERS = {
    "filter": Parser(
        lambda text: bind_filter(text, CASE_FIELDS),
        inputs.near([case.text for case in filter_cases()], _FILTER_PIECES),
        (InvalidArgument,),
        20,
    ),
    "order_by": Parser(
        lambda text: bind_order(text, CASE_FIELDS),
        inputs.near(_ORDERS, (*_FILTER_PIECES, " asc", " desc")),
        (InvalidArgument,),
        12,
    ),
    "field mask": Parser(
        lambda paths: parse_read_mask(paths, PROPERTIES),
        st.lists(inputs.near(_PATHS, (*"`.*é ab", "profile.", "email", "``")), max_size=3),
        (InvalidArgument,),
        12,
    ),
    "name": Parser(
        _read_name,
        inputs.near(_NAMES, (*"/~-._=%aZ09é\0", "apps/", "accounts/", "shop", "~W1tb", "~")),
        (),
        12,
    ),
    "token": Parser(
        _read_token, inputs.near(_TOKENS, (*"AQ-_=+/ é\n", "AQAB")), (InvalidArgument,), 14
    ),
    "metadata": Parser(
        _read_metadata,
        st.lists(
            st.tuples(
                st.sampled_from(_KEYS),
                inputs.headers(
                    inputs.near(_HEADERS, (*"=;, -a", "Bearer ", "__Host-ownid-access-shop="))
                ),
            ),
            max_size=6,
        ),
        (Unauthenticated,),
        12,
    ),
    "ownid.yaml": Parser(
        _read_config,
        inputs.damaged(_CONFIGS, _YAML_PIECES) | inputs.written(inputs.json_values(_WORDS)),
        (ConfigError,),
        2,
    ),
    "mapping": Parser(
        _read_mapping,
        st.dictionaries(
            st.sampled_from([*SqlMapping.model_fields]), inputs.json_values(_WORDS), max_size=5
        ),
        (ValidationError,),
        4,
    ),
    "account schema": Parser(
        _read_schema,
        schemas() | st.dictionaries(st.sampled_from(_KEYWORDS), inputs.json_values(_KEYWORDS)),
        (InvalidArgument,),
        2,
    ),
    "import lines": Parser(_read_lines, _FILES, (), 6),
    "import CSV": Parser(_read_csv, _FILES, (UsageError,), 6),
}
