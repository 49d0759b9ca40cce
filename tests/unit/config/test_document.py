"""ownid.yaml as text: YAML 1.2, variables of the environment, and a line for every fault."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc.config.document import Document, read_document
from ownid_grpc.config.faults import ConfigError


def read(text: str, **environment: str) -> Document:
    """Returns the document of a text."""
    return read_document(text, environment)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on: {customer_id: id}", {"on": {"customer_id": "id"}}),
        ("status: {true: Y, false: N}", {"status": {True: "Y", False: "N"}}),
        ("answer: no", {"answer": "no"}),
        ("time: 12:30:45", {"time": "12:30:45"}),
        ("code: 010", {"code": 10}),
        ("mask: 0x1F", {"mask": 31}),
        ("rate: 1e3", {"rate": 1000.0}),
        ("absent: ~", {"absent": None}),
        ("null: 0", {None: 0}),
        ("version: 1.2.3", {"version": "1.2.3"}),
        ("quoted: '1'", {"quoted": "1"}),
        ("", {}),
    ],
)
def test_words_are_read_as_yaml_1_2_has_them(text: str, expected: object) -> None:
    """A bare word means what YAML 1.2 says, not the booleans, octals and times of YAML 1.1."""
    assert read(text).values == expected


def test_dates_are_dates() -> None:
    """A date is read as a date, so that a column can be compared with it."""
    values = read("where: {since: 2020-01-31}").values

    assert repr(values) == "{'where': {'since': datetime.date(2020, 1, 31)}}"


def test_every_word_has_its_line() -> None:
    """The line of each key and list item is known."""
    document = read("server:\n  threads: 4\ncallers:\n  - name: a\n  - name: b\n")

    assert document.lines.line_of(("server", "threads")) == 2
    assert document.lines.line_of(("callers", "1", "name")) == 5


def test_line_of_an_absent_word_is_that_of_the_nearest_above() -> None:
    """A word that is not in the file has the line of the words around it."""
    document = read("apps:\n  shop:\n    repository: {type: sql}\n")

    assert document.lines.line_of(("apps", "shop", "repository", "table", "x")) == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${NAME}", "Ada"),
        ("a ${NAME} b ${NAME}", "a Ada b Ada"),
        ("${ABSENT:-given}", "given"),
        ("${EMPTY:-given}", "given"),
        ("${EMPTY}", ""),
        ("${ABSENT:-}", ""),
        ("$${NAME}", "${NAME}"),
        ("$NAME costs $5", "$NAME costs $5"),
    ],
)
def test_variables_are_filled_in(text: str, expected: str) -> None:
    """`${NAME}` and `${NAME:-default}` in a value stand for what the environment says."""
    assert read(f"value: '{text}'", NAME="Ada", EMPTY="").values == {"value": expected}


def test_what_a_variable_holds_is_not_read_as_yaml() -> None:
    """No content of a variable can add words, name other variables, or become a number."""
    content = "7\nsecret: ${OTHER}"

    assert read("value: ${NAME}", NAME=content, OTHER="x").values == {"value": content}


@pytest.mark.parametrize(
    ("text", "line", "path", "message"),
    [
        ("a: 1\nb: ${NOPE}", 2, ("b",), "the environment variable NOPE is not set"),
        ("a:\n  b: ${-}", 2, ("a", "b"), "write ${NAME}"),
        ("a: 1\nb: 2\na: 3", 3, ("a",), "said twice"),
        ("a: {x: 1, 'x': 2}", 1, ("a", "x"), "said twice"),
        ("a: 1\n? [x]\n: 2", 2, (), "a key must be plain text"),
        ("a:\n  - !python/object:os.system x", 2, ("a", "0"), "not a value"),
        ("a: 2020-13-45", 1, ("a",), "not a value"),
        ("a: &a\n  b: *a", 1, ("a", "b"), "contains itself"),
        ("a: 1\n<<: 5", 2, (), "only a mapping"),
    ],
)
def test_fault_names_line_and_word(
    text: str, line: int, path: tuple[str, ...], message: str
) -> None:
    """Each fault of the text says on which line it is and at which word."""
    (fault,) = read(text).faults

    assert (fault.line, fault.path) == (line, path)
    assert fault.message.startswith(message)


def test_all_faults_are_found_at_once() -> None:
    """One reading finds every fault, not only the first."""
    assert len(read("a: ${ONE}\nb: ${TWO}\nb: 3").faults) == 3


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\x00", "\ta: 1", "%YAML 9"])
def test_text_that_is_no_yaml_is_refused_with_its_line(text: str) -> None:
    """Broken YAML is one fault on a line, without a trace."""
    with pytest.raises(ConfigError, match=r"^ownid\.yaml:1: not valid YAML"):
        read(text)


def test_anchors_and_merges_work() -> None:
    """A group of words can be written once and used again, with some words of its own."""
    document = read("a: &x {type: sql, pool: 3}\nb:\n  <<: *x\n  pool: 5\nc: *x")

    assert document.values == {
        "a": {"type": "sql", "pool": 3},
        "b": {"pool": 5, "type": "sql"},
        "c": {"type": "sql", "pool": 3},
    }
    assert document.faults == ()


@pytest.mark.parametrize(
    "form", ["a{0}: &a{0} [*a{1}, *a{1}]\n", "a{0}: &a{0} {{<<: [*a{1}, *a{1}]}}\n"]
)
def test_aliases_of_aliases_are_not_followed_without_end(form: str) -> None:
    """A file that doubles what it says with each line is refused instead of filling the memory."""
    lines = "".join(form.format(number, number - 1) for number in range(1, 60))

    with pytest.raises(ConfigError, match="says more than"):
        read("a0: &a0 {x: y}\n" + lines)


@given(st.text(alphabet=st.sampled_from("ab:{}[]&*<!'\"\n -#${}?|>1~,"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in any way but by its own error."""
    with suppress(ConfigError):
        assert all(fault.line > 0 for fault in read(text).faults)
