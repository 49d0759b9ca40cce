"""All works by name, in the order in which they are measured."""

from collections.abc import Callable, Mapping

from bench.site import Site
from bench.workloads import accounts, rest, streams

WORKLOADS: Mapping[str, Callable[[Site], None]] = {
    "get": accounts.get,
    "lookup": accounts.lookup,
    "update": accounts.update,
    "create": accounts.create,
    "session": accounts.session_get,
    "list": accounts.list_page,
    "search": streams.search_all,
    "import": streams.import_many,
    "rest-get": rest.rest_get,
    "rest-update": rest.rest_update,
    "rest-list": rest.rest_list,
}
