"""How much work a schema can make of one value: bounded, or the schema is refused.

Both engines follow every reference anew. A schema that refers to itself
without going deeper into the value would never end; one whose parts each
refer twice to the next would take time exponential in its length.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from ownid_grpc.domain.schema.document import Node, subschemas
from ownid_grpc.domain.schema.faults import schema_violation
from ownid_grpc.domain.schema.references import MAX_BINDINGS, Binding, References
from ownid_grpc.domain.schema.vocabulary import IDLE_KEYWORDS, IN_PLACE_KEYWORDS
from ownid_grpc.errors import Violation

MAX_VISITS = 500
"""How many subschemas one value may be held against, those met twice counted twice."""

MAX_VALUE_DEPTH = 64
"""How deep a value may be nested that is held against a schema."""

_ANY = "*"


def check_effort(references: References) -> list[Violation]:
    """Returns a fault where validation would not end, or not soon."""
    bindings = references.bindings()
    if bindings is None:
        complaint = f"lets its dynamic anchors mean more than {MAX_BINDINGS} things; use $ref"
        return [schema_violation("", "recursion", complaint)]
    for binding in bindings:
        faults = _Walk(references, binding).faults()
        if faults:
            return faults
    return []


class _Walk:
    """Follows a schema down into any value, its dynamic references bound."""

    def __init__(self, references: References, binding: Binding) -> None:
        self._references = references
        self._nodes = references.document.nodes
        self._binding = binding

    def faults(self) -> list[Violation]:
        order, endless = self._in_place_order()
        if endless:
            complaint = "comes back to itself without going deeper into the value"
            return [schema_violation(node.pointer, "recursion", complaint) for node in endless]
        if not self._is_excessive(order):
            return []
        complaint = (
            f"would hold one value against more than {MAX_VISITS} subschemas; "
            "refer less often to what refers on"
        )
        return [schema_violation("", "recursion", complaint)]

    def _in_place_order(self) -> tuple[list[Node], list[Node]]:
        """Returns all nodes, each before those it holds against the same value.

        Also one node of each cycle among them.
        """
        finished: dict[str, Node] = {}
        endless: dict[str, Node] = {}
        for start in self._nodes.values():
            path = {start.pointer: (start, self._in_place(start))}
            while path and start.pointer not in finished:
                node, following = next(reversed(path.values()))
                after = next(following, None)
                if after is None:
                    del path[node.pointer]
                    finished[node.pointer] = node
                elif after.pointer in path:
                    endless[after.pointer] = after
                elif after.pointer not in finished:
                    path[after.pointer] = (after, self._in_place(after))
        return list(reversed(finished.values())), list(endless.values())

    def _is_excessive(self, order: list[Node]) -> bool:
        """Returns whether a place in a value can be visited more than `MAX_VISITS` times.

        Goes down into the value level by level, counting how often each
        subschema is held against a place there: the greatest count over all
        names of members.
        """
        rank = {node.pointer: position for position, node in enumerate(order)}
        by_name = {"": Counter({"": 1})}
        previous = Counter[str]()
        for _ in range(MAX_VALUE_DEPTH):
            visits = Counter[str]()
            shared = by_name.pop(_ANY, Counter())
            for here in by_name.values() or [Counter[str]()]:
                at_place = self._with_in_place(here + shared, rank)
                if at_place is None:
                    return True
                for pointer, count in at_place.items():  # `|=` would look at all, each time
                    visits[pointer] = max(visits[pointer], count)
            if not visits or visits == previous:
                return False
            previous, by_name = visits, self._below(visits)
        return False

    def _with_in_place(self, visits: Counter[str], rank: dict[str, int]) -> Counter[str] | None:
        """Returns the visits and all that follow at the same place, None if they are too many."""
        counted, total = Counter(visits), visits.total()
        queue = [(rank[pointer], pointer) for pointer in visits]
        heapq.heapify(queue)
        while queue and total <= MAX_VISITS:
            _, pointer = heapq.heappop(queue)
            for after in self._in_place(self._nodes[pointer]):
                if after.pointer not in counted:
                    heapq.heappush(queue, (rank[after.pointer], after.pointer))
                counted[after.pointer] += counted[pointer]
                total += counted[pointer]
        return counted if total <= MAX_VISITS else None

    def _below(self, visits: Counter[str]) -> dict[str, Counter[str]]:
        """Returns the visits that follow one level down, by the name of the member."""
        by_name: dict[str, Counter[str]] = defaultdict(Counter)
        for pointer, count in visits.items():
            node = self._nodes[pointer]
            for tokens, _ in subschemas(node.keywords):
                keyword = tokens[0]
                if keyword in IN_PLACE_KEYWORDS or keyword in IDLE_KEYWORDS:
                    continue
                child = self._references.document.child(node, *tokens).pointer
                by_name[f".{tokens[1]}" if keyword == "properties" else _ANY][child] += count
                if keyword == "additionalProperties":  # but not to those that `properties` names
                    for name in _members_named(node):
                        by_name[f".{name}"][child] -= count
        return by_name

    def _in_place(self, node: Node) -> Iterator[Node]:
        yield from self._references.followed(node, self._binding)
        for tokens, _ in subschemas(node.keywords):
            if tokens[0] in IN_PLACE_KEYWORDS:
                yield self._references.document.child(node, *tokens)


def _members_named(node: Node) -> Iterable[str]:
    members = node.keywords.get("properties")
    return members if isinstance(members, dict) else ()
