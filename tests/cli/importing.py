"""What the tests of imports send, and how they read what comes of it."""

import json
from typing import Any

from tests.support.shop import Shop

GOOD = [{"email": f"a{number}@example.com", "loyalty": number} for number in range(5)]


def lines_of(*objects: Any) -> str:  # noqa: ANN401 - any values of JSON
    """Returns JSON lines."""
    return "".join(f"{json.dumps(each)}\n" for each in objects)


def profiles(shop: Shop) -> list[Any]:
    """Returns the profiles that the shop holds, in the order of their keys."""
    return [each.profile for each in shop.store.accounts.values()]


def failures_in(text: str) -> list[Any]:
    """Returns the JSON lines among what a command said."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
