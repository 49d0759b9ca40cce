"""Pages of a shop that use the SDK, served over TLS as browsers want it for cookies."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, Page

from tests.support.browser import SDK

PAGE = """<!doctype html><title>Shop</title><script type="module">
import * as sdk from "/ownid.js";
const words = Object.fromEntries(new URLSearchParams(location.search));
const ownid = sdk.createOwnID({ app: "shop", ...words });
const told = [];
for (const type of ["sessionchange", "accountchange", "sessionexpired", "connectionchange"]) {
  ownid.events.addEventListener(type, ({ detail }) => told.push({ type, ...detail }));
}
Object.assign(window, { sdk, ownid, told });
</script>
"""


@dataclass(frozen=True)
class Site:
    """Serves the same page for every host that leads to this machine."""

    port: int
    base_url: str

    def origin(self, host: str = "shop.localhost") -> str:
        """Returns the origin of the pages at a host."""
        return f"https://{host}:{self.port}"

    def open(self, browser: BrowserContext, host: str = "shop.localhost", **words: str) -> "Tab":
        """Opens a tab; `words` are those of `createOwnID`."""
        page = browser.new_page()
        page.goto(f"{self.origin(host)}/?{urlencode({'baseUrl': self.base_url, **words})}")
        page.wait_for_function("window.ownid")
        return Tab(page)


@dataclass(frozen=True)
class Tab:
    """One tab with the page."""

    page: Page

    def run(self, script: str, argument: object = None) -> Any:  # noqa: ANN401 - any value of JSON
        """Returns what a script in the page comes to."""
        return self.page.evaluate(script, argument)

    def sign_in(self, ticket: str) -> None:
        """Signs in by a ticket, and waits until changes are followed."""
        self.run("ticket => ownid.session.exchange(ticket)", ticket)
        self.await_told("connectionchange", "each.connected")

    def follow(self) -> None:
        """Reads session and account of who is signed in, and waits until changes are followed."""
        self.run("() => ownid.session.get().then(() => ownid.account.get())")
        self.await_told("connectionchange", "each.connected")

    def await_told(self, event: str, claim: str = "true", seconds: float = 20) -> Any:  # noqa: ANN401 - likewise
        """Returns the detail of the last event of a type of which a claim in JavaScript holds."""
        script = f"() => told.findLast(each => each.type === '{event}' && ({claim}))"
        return self.page.wait_for_function(script, timeout=seconds * 1000).json_value()

    def await_true(self, claim: str, seconds: float = 20) -> None:
        """Waits until a claim in JavaScript holds."""
        self.page.wait_for_function(claim, timeout=seconds * 1000)

    def reason_of(self, call: str, argument: object = None) -> str | None:
        """Returns the reason with which a call fails, its code where it has no reason."""
        script = f"argument => ({call}).then(() => null, error => error.reason ?? error.code)"
        reason: str | None = self.run(script, argument)
        return reason

    def forget_told(self) -> None:
        """Forgets the events of before."""
        self.run("() => { told.length = 0 }")


@contextmanager
def serving_pages(certificate: Path, key: Path, base_url: str, port: int) -> Iterator[Site]:
    """Serves the pages for as long as the block."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _Server(("127.0.0.1", port), _Handler)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(port, base_url)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Says nothing: browsers hang up as they like."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers with the page, an empty one, or the SDK that pages import."""
        is_script = self.path == "/ownid.js"
        page = "<!doctype html>" if self.path == "/blank" else PAGE
        content = SDK.read_bytes() if is_script else page.encode()
        self.send_response(200)
        self.send_header("content-type", "text/javascript" if is_script else "text/html")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
