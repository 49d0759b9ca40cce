"""What a draft says is what its document is read as, whatever names a database has."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from ownid_grpc.config.document import read_document
from ownid_grpc.inspection.document import config_text
from ownid_grpc.inspection.draft import Draft, Guess

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
WORDS = NAMES | st.sampled_from(["on", "yes", "No", "null", "~", "1", "1.5", "1e3", "${X}", "a: b"])
CONSTANTS = st.booleans() | st.integers() | st.none() | WORDS


def read(text: str) -> dict[str, object]:
    """Returns the repository that a document describes."""
    values = read_document(text, {"URL": "sqlite://"}).values
    assert isinstance(values, dict)
    repository: dict[str, object] = values["apps"]["shop"]["repository"]
    return repository


@given(table=WORDS, column=WORDS, constant=CONSTANTS, reason=NAMES)
def test_words_are_read_as_they_were_said(
    table: str, column: str, constant: object, reason: str
) -> None:
    """Neither quotes nor comments, nor what YAML takes for something else, changes a word."""
    draft = Draft(Guess(table, reason), Guess({"column": column, "generate": "uuid4"}, reason))
    draft.properties["name"] = Guess({"column": column, "where": {column: constant}}, reason * 20)
    draft.on_create[column] = Guess(constant, reason)
    draft.left_out[column] = reason
    draft.notes.append(reason)

    text = config_text("shop", "URL", draft, [reason])

    assert read(text) == draft.words("sqlite://")
    yaml.safe_load(text)


def test_each_word_has_its_reason_beside_it() -> None:
    """A reason stands behind its word, or above it where the line would be too long."""
    draft = Draft(Guess("users", "its name"), Guess("id"))
    draft.properties["email"] = Guess("mail", "long " * 30)

    lines = config_text("shop", "SHOP_DATABASE_URL", draft, []).splitlines()

    assert "      table: users  # its name" in lines
    assert "      key: id" in lines
    place = lines.index("        email: mail")
    assert lines[place - 1].lstrip().startswith("# long")
