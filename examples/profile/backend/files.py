"""The pages, what they load, and the SDK: read from the disk at each request."""

from http import HTTPStatus
from pathlib import Path

from .replies import Reply

_WEB = Path(__file__).parents[1] / "web"
_PAGES = {"/": "index.html", "/profile": "profile.html"}
_FOLDERS = {"/assets/": _WEB / "assets"}
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".map": "application/json",
    ".svg": "image/svg+xml",
}


class Files:
    """The files of the site; the SDK's are below `/sdk/`."""

    def __init__(self, sdk: Path) -> None:
        self._folders = _FOLDERS | {"/sdk/": sdk}

    def find(self, path: str) -> Reply:
        """Returns the file at a path of the site."""
        file = self._file_at(path)
        if file is None or file.suffix not in _KINDS or not file.is_file():
            return Reply(HTTPStatus.NOT_FOUND, content=b"There is no such page.")
        return Reply(HTTPStatus.OK, _KINDS[file.suffix], file.read_bytes(), is_kept=True)

    def _file_at(self, path: str) -> Path | None:
        if path in _PAGES:
            return _WEB / _PAGES[path]
        for prefix, folder in self._folders.items():
            if path.startswith(prefix):
                found = (folder / path.removeprefix(prefix)).resolve()
                return found if found.is_relative_to(folder.resolve()) else None
        return None
