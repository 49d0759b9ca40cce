"""The reference of the REST face: which files it has, and what they are.

The page is ours; the bundle beside it is Swagger UI's, fetched by
`make setup` and part of every wheel.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

PAGE_PATH = "/reference"
DOCUMENT_PATH = "/openapi.json"

_HERE = files(__name__)
_BUNDLE = _HERE / "bundle"

_BUNDLED_SCRIPT = "swagger-ui-bundle.js"
_BUNDLED_STYLE = "swagger-ui.css"

_SCRIPT = "text/javascript; charset=utf-8"
_STYLE = "text/css; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that the gateway answers with."""

    path: str
    media_type: str
    content: bytes


def documents() -> Iterator[Document]:
    """Yields what there is to serve: the OpenAPI document, and the page where it is installed."""
    yield _document(DOCUMENT_PATH, "application/json", files("ownid.v1") / "openapi.json")
    if page_is_installed():
        yield _document(PAGE_PATH, "text/html; charset=utf-8", _HERE / "index.html")
        yield _document(f"{PAGE_PATH}/reference.js", _SCRIPT, _HERE / "reference.js")
        yield _document(f"{PAGE_PATH}/{_BUNDLED_STYLE}", _STYLE, _BUNDLE / _BUNDLED_STYLE)
        yield _document(f"{PAGE_PATH}/{_BUNDLED_SCRIPT}", _SCRIPT, _BUNDLE / _BUNDLED_SCRIPT)


def page_is_installed() -> bool:
    """Returns whether the bundle is there without which the page shows nothing."""
    return (_BUNDLE / _BUNDLED_SCRIPT).is_file()


def _document(path: str, media_type: str, file: Traversable) -> Document:
    return Document(path, media_type, file.read_bytes())
