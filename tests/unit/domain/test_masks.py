"""Field masks: what a read fills and an update touches, and nothing else."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownid_grpc.domain.account import Account, JsonValue, Profile, PropertyPath, value_at
from ownid_grpc.domain.masks import _PATH, apply_update, parse_read_mask, parse_update_mask
from ownid_grpc.errors import InvalidArgument, Reason

PROPERTIES: list[PropertyPath] = [
    ("email",),
    ("name",),
    ("tags",),
    ("settings",),
    ("address", "city"),
    ("address", "zip"),
    ("address", "geo", "lat"),
    ("we.ird`", "x y"),
]
PATHS = [
    "*",
    "name",
    "etag",
    "disabled",
    "create_time",
    "update_time",
    "profile",
    "profile.email",
    "profile.tags",
    "profile.settings",
    "profile.address",
    "profile.address.city",
    "profile.address.geo",
    "profile.address.geo.lat",
    "profile.`we.ird```",
    "profile.`we.ird```.x y",
]

LEAVES: st.SearchStrategy[JsonValue] = st.one_of(st.none(), st.integers(0, 9), st.text(max_size=2))
ADDRESSES: st.SearchStrategy[JsonValue] = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "city": LEAVES,
            "zip": LEAVES,
            "geo": st.none() | st.fixed_dictionaries({}, optional={"lat": LEAVES}),
        },
    ),
    st.none(),
)
GIVEN: st.SearchStrategy[Profile] = st.fixed_dictionaries(
    {},
    optional={
        "email": LEAVES,
        "name": LEAVES,
        "tags": st.lists(st.text(max_size=2), max_size=2),
        "settings": st.dictionaries(st.sampled_from("ab"), LEAVES, max_size=2),
        "address": ADDRESSES,
        "we.ird`": st.fixed_dictionaries({}, optional={"x y": LEAVES}),
    },
)
MASKS = st.one_of(st.none(), st.lists(st.sampled_from(PATHS), max_size=3))
MOMENT = datetime(2024, 1, 2, tzinfo=UTC)


def account(profile: Profile, *, disabled: bool | None = False) -> Account:
    """Returns an account that has this profile."""
    stored = apply_update(Account(("1",), {}), profile, None, ["*"], PROPERTIES).profile
    return Account(("1",), stored, '"e"', disabled, MOMENT, MOMENT)


def updated(before: Profile, given: Profile, mask: list[str] | None = None) -> Profile:
    """Returns the profile that an update leaves."""
    return apply_update(account(before), given, None, mask, PROPERTIES).profile


@given(current=GIVEN, changes=GIVEN, disabled=st.none() | st.booleans(), mask=MASKS)
@example(
    current={"address": {"city": "London"}}, changes={"address": None}, disabled=None, mask=None
)
def test_an_update_twice_is_an_update_once(
    *, current: Profile, changes: Profile, disabled: bool | None, mask: list[str] | None
) -> None:
    """An update that is applied again changes nothing more."""
    once = apply_update(account(current), changes, disabled, mask, PROPERTIES)

    assert apply_update(once, changes, disabled, mask, PROPERTIES) == once


@given(current=GIVEN, changes=GIVEN, disabled=st.none() | st.booleans(), mask=MASKS)
def test_an_update_touches_nothing_else(
    *, current: Profile, changes: Profile, disabled: bool | None, mask: list[str] | None
) -> None:
    """A property outside the mask, or without one not given, stays; so does all but the profile."""
    before = account(current)

    after = apply_update(before, changes, disabled, mask, PROPERTIES)

    assert (after.key, after.etag, after.create_time, after.update_time) == (
        before.key,
        before.etag,
        before.create_time,
        before.update_time,
    )
    fields = parse_update_mask(mask, PROPERTIES)
    for path in PROPERTIES:
        full = ("profile", *path)
        covered = (
            not _is_unmentioned(changes, path)
            if fields is None
            else any(field in {full[: len(field)], ("*",)} for field in fields)
        )
        if not covered:
            assert value_at(after.profile, path) == value_at(before.profile, path)


def _is_unmentioned(profile: Profile, path: PropertyPath) -> bool:
    inner: JsonValue = profile
    for name in path:
        if not isinstance(inner, dict):
            return False
        if name not in inner:
            return True
        inner = inner[name]
    return False


@given(current=GIVEN, changes=GIVEN, mask=st.lists(st.sampled_from(PATHS[6:]), min_size=1))
def test_a_path_of_the_mask_becomes_what_is_given(
    current: Profile, changes: Profile, mask: list[str]
) -> None:
    """A property that the mask covers has the given value afterwards, or none."""
    after = updated(current, changes, mask)

    expected = account(changes).profile
    for field in parse_update_mask(mask, PROPERTIES) or ():
        for path in PROPERTIES:
            if ("profile", *path)[: len(field)] == field:
                assert value_at(after, path) == value_at(expected, path)


@given(current=GIVEN, changes=GIVEN)
def test_a_star_replaces(current: Profile, changes: Profile) -> None:
    """`*` leaves the profile that is given, whatever was there, nulls left out."""
    assert updated(current, changes, ["*"]) == account(changes).profile


def test_without_a_mask_objects_are_merged() -> None:
    """Without a mask, members of an object that are not given stay."""
    before: Profile = {"name": "Ada", "address": {"city": "London", "zip": "W1"}}

    after = updated(before, {"address": {"city": "Paris"}})

    assert after == {"name": "Ada", "address": {"city": "Paris", "zip": "W1"}}


def test_a_mask_over_an_object_replaces_it() -> None:
    """An object that the mask names is what is given, its other members gone."""
    before: Profile = {"name": "Ada", "address": {"city": "London", "zip": "W1"}}

    after = updated(before, {"address": {"city": "Paris"}, "name": "x"}, ["profile.address"])

    assert after == {"name": "Ada", "address": {"city": "Paris"}}


def test_null_clears() -> None:
    """A null, given with or without a mask, takes the value away."""
    before: Profile = {"name": "Ada", "tags": ["a"], "address": {"city": "London"}}

    assert updated(before, {"name": None, "address": {"city": None}}) == {"tags": ["a"]}
    assert updated(before, {"name": None}, ["profile.name", "profile.tags"]) == {
        "address": {"city": "London"}
    }


def test_what_lies_in_a_property_is_its_own_matter() -> None:
    """A property that is an open object is replaced whole, nulls in it included."""
    before: Profile = {"settings": {"a": 1}}

    assert updated(before, {"settings": {"b": None}}) == {"settings": {"b": None}}


def test_an_unknown_member_is_left_to_the_schema() -> None:
    """What no property is stays in the profile, for the schema to refuse."""
    given: Profile = {"address": {"town": "x"}, "nmae": 1}

    assert updated({}, given) == given


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    ("mask", "count"),
    [(None, 40_001), (["*"], 40_000), (["profile"], 40_000), (["profile.email"], 1)],
)
def test_large_profile_takes_time_linear_in_it(mask: list[str] | None, count: int) -> None:
    """A profile of very many members is read in an instant, so that the schema can refuse it."""
    given: Profile = {f"p{number}": number for number in range(40_000)}

    updated = apply_update(Account(("1",), {"name": "Ada"}), given, None, mask, PROPERTIES)

    assert len(updated.profile) == count


@pytest.mark.parametrize(
    ("before", "given", "mask", "after"),
    [
        (False, True, None, True),
        (False, True, ["*"], True),
        (False, True, ["disabled"], True),
        (False, True, ["profile"], False),
        (True, None, None, True),
        (True, None, ["*"], True),
        (True, None, ["disabled"], False),
        (True, None, ["profile.name"], True),
        (None, None, ["disabled"], None),
    ],
)
def test_disabled_changes_as_a_field_that_is_never_absent(
    *, before: bool | None, given: bool | None, mask: list[str] | None, after: bool | None
) -> None:
    """Disabled is set where given and covered; cleared only by its own name in the mask."""
    current = account({}, disabled=before)

    assert apply_update(current, {}, given, mask, PROPERTIES).disabled is after


@pytest.mark.parametrize("path", PATHS)
def test_every_path_of_an_account_is_known(path: str) -> None:
    """Each field, property and object of properties can stand in either mask."""
    parse_read_mask([path], PROPERTIES)
    parse_update_mask([path], PROPERTIES)


@given(path=st.text().filter(lambda path: path.replace("`", "") not in PATHS))
@example("")
@example(".")
@example("profile.")
@example("profile..email")
@example("profile.Email")
@example("profile.emial")
@example("profile.address.city.x")
@example("profile.settings.a")
@example("profile.*")
@example("email")
@example("createTime")
@example("profile.`email")
@example("profile.``")
@example("profile.we.ird`")
@example("profile." + "a." * 500_000)
@example("\ud800")
def test_any_other_path_is_refused(path: str) -> None:
    """An unknown path is an error of the field that the mask came in."""
    with pytest.raises(InvalidArgument) as caught:
        parse_update_mask([path], PROPERTIES, "update_mask")

    assert caught.value.reason is Reason.FIELD_MASK_INVALID
    assert caught.value.violations[0].field == "update_mask"
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "path", ["profile." + "a." * 50_000, "profile." + "`" * 100_000, "`a`." * 25_000 + "b"]
)
def test_long_path_is_read_in_little_memory(path: str) -> None:
    """A path is taken apart without memory of its own, however long it is."""
    tracemalloc.start()
    try:
        assert _PATH.fullmatch(path) or path.endswith(("``", "."))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 100_000


def test_unknown_path_suggests_the_nearest() -> None:
    """A misspelt path is answered with the one that was probably meant."""
    with pytest.raises(InvalidArgument) as caught:
        parse_read_mask(["profile.adress.city"], PROPERTIES)

    assert caught.value.message == (
        "Unknown path 'profile.adress.city' in read_mask; did you mean profile.address.city."
    )


@pytest.mark.parametrize(
    ("mask", "fields"),
    [
        ([], None),
        (["*"], None),
        (["profile.email", "*"], None),
        (["name"], frozenset()),
        (["name", "etag"], frozenset({("etag",)})),
        (["profile.address"], frozenset({("profile", "address")})),
        (["profile.`email`"], frozenset({("profile", "email")})),
    ],
)
def test_read_mask_says_what_to_fill(
    mask: list[str], fields: frozenset[tuple[str, ...]] | None
) -> None:
    """A read mask is a set of paths; none, or a star in it, is everything; the name is always."""
    assert parse_read_mask(mask, PROPERTIES) == fields


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("profile.home_address.zip_code", ("profile", "homeAddress", "zipCode")),
        ("profile.home_address", ("profile", "homeAddress")),
        ("profile.homeAddress.zipCode", ("profile", "homeAddress", "zipCode")),
        ("profile.given_name", ("profile", "given_name")),
    ],
)
def test_capitals_that_json_took_are_found_again(path: str, expected: tuple[str, ...]) -> None:
    """A path as ProtoJSON rewrites it names what it was written for, unless that name exists."""
    properties = [("homeAddress", "zipCode"), ("given_name",), ("givenName",)]

    assert parse_read_mask([path], properties) == frozenset({expected})


def test_path_that_may_stand_for_several_names_none() -> None:
    """What ProtoJSON makes of two names is refused."""
    with pytest.raises(InvalidArgument):
        parse_read_mask(["profile.a_b.c_d"], [("aB", "c_d"), ("a_b", "cD")])


def test_output_only_paths_are_ignored() -> None:
    """A mask of nothing but what the server sets changes nothing."""
    before: Profile = {"name": "Ada"}

    after = updated(before, {"name": "x"}, ["name", "etag", "create_time", "update_time"])

    assert after == before
