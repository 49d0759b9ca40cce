"""Names of resources that are odd: of wrong forms, of apps that are not there, badly encoded."""

import base64
import json
import random

from tests.support.odd_texts import odd_text, spoiled


def odd_name(chance: random.Random) -> str:
    """Returns the name of an app, a schema, a revision or an account, or of nothing at all."""
    app = chance.choice(("shop", "keyed", "bare", "nowhere", odd_text(chance)))
    key = chance.choice((odd_text(chance), _odd_id(chance), "1", "999999"))
    forms = (
        f"apps/{app}/accounts/{key}",
        f"apps/{app}/accounts/{key}",
        f"apps/{app}",
        f"apps/{app}/accountSchema",
        f"apps/{app}/accountSchema/revisions/{key}",
        f"apps//accounts/{key}",
        f"/apps/{app}/accounts/{key}",
        f"Apps/{app}/Accounts/{key}",
        f"apps/{app}/accounts/{key}/",
        f"apps/{app}/accounts/{key}/sessions/{key}",
        f"//ownid.com/apps/{app}/accounts/{key}",
        f"apps/{app}/accounts/-",
        key,
    )
    name = chance.choice(forms)
    return spoiled(chance, name) if chance.random() < 0.3 else name


def _odd_id(chance: random.Random) -> str:
    text = odd_text(chance)
    content = chance.choice((text, json.dumps([text]), json.dumps([1]), "[" * 3000, "{}"))
    encode = chance.choice((base64.urlsafe_b64encode, base64.b64encode))
    encoded = encode(content.encode("utf-8", "surrogatepass")).decode("ascii")
    return "~" + (encoded.rstrip("=") if chance.random() < 0.5 else encoded)
