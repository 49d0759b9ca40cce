"""The tools that make the OpenAPI document and fetch what shows it."""

import json
from pathlib import Path

import pytest

from tools.openapi.comments import markdown
from tools.openapi.templates import expression_of, path_of

REFERENCE = Path(__file__).parents[2] / "tools" / "reference"
RESOURCES = {
    "ownid.com/Account": ["apps/{app}/accounts/{account}"],
    "ownid.com/AccountSchema": [
        "apps/{app}/accountSchema",
        "apps/{app}/accountSchema/revisions/{revision}",
    ],
}


def test_paragraphs_of_a_comment_become_lines() -> None:
    """A paragraph is one line, what is indented stays as it is."""
    comment = " Says what\n is so.\n\n     {\n      1}\n\n Errors.\n"

    assert markdown(comment) == "Says what is so.\n\n    {\n     1}\n\nErrors."


@pytest.mark.parametrize(
    ("template", "path", "field"),
    [
        ("/v1/{name=apps/*/accounts/*}", "/v1/apps/{app}/accounts/{account}", "name"),
        (
            "/v1/{account.name=apps/*/accounts/*}:do",
            "/v1/apps/{app}/accounts/{account}:do",
            "account.name",
        ),
        (
            "/v1/{name=apps/*/accountSchema/revisions/*}",
            "/v1/apps/{app}/accountSchema/revisions/{revision}",
            "name",
        ),
    ],
)
def test_variable_becomes_the_segments_of_its_resource(
    template: str, path: str, field: str
) -> None:
    """The stars of a template are called as the resource calls them."""
    found = path_of(template, RESOURCES)

    assert (found.path, found.field) == (path, field)


@pytest.mark.parametrize("template", ["/v1/{name=shelves/*}", "/v1/none", "/v1/{a=b/*}/{c=d/*}"])
def test_template_that_names_no_resource_is_refused(template: str) -> None:
    """A path whose parameters nothing names cannot be written."""
    with pytest.raises(ValueError, match=r"\S"):
        path_of(template, RESOURCES)


def test_names_of_a_resource_have_an_expression() -> None:
    """One expression fits every pattern of a resource."""
    assert expression_of(["a/{b}"]) == "^a/[^/]+$"
    assert expression_of(["a/{b}", "c"]) == "^(a/[^/]+|c)$"


def test_what_the_page_is_made_of_is_pinned_and_comes_from_nowhere() -> None:
    """The lock file has exact versions and their hashes, and no address of a registry."""
    text = (REFERENCE / "package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    wanted = packages.pop("")["dependencies"]

    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(each["integrity"].startswith("sha512-") for each in packages.values())
    assert "resolved" not in text
    assert "://" not in text
