"""What stands in the shop of the demo: made-up people, the same ones each time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, TypeAlias

from ownid_grpc.cli.demo.passwords import PASSWORD, scrypt_hash

CUSTOMERS = 5_000
SITE_CUSTOMER = 3
SITE_MAIL = "ember.quilt.3@example.net"
"""The one whose password is known: the hashes of all others are nobody's."""

Row: TypeAlias = dict[str, Any]

_SEED = 2009
_SALT = b"the same rows in"  # each time; real ones are random
_GIVEN_NAMES = (
    *("Agate", "Basil", "Bramble", "Cedar", "Cinnamon", "Clover", "Comet", "Coral", "Dill"),
    *("Ember", "Fennel", "Garnet", "Indigo", "Juniper", "Larkspur", "Linden", "Marjoram"),
    *("Nettle", "Onyx", "Opal", "Pepper", "Quartz", "Saffron", "Sorrel", "Tansy", "Thistle"),
    *("Umber", "Vetch", "Yarrow", "Zinnia", "Blåbær", "Crème"),
)
_FAMILY_NAMES = (
    *("Bathtub", "Bookend", "Candlestick", "Coathanger", "Doorbell", "Eggcup", "Footstool"),
    *("Gingham", "Hammock", "Hatstand", "Inkwell", "Jamjar", "Kettle", "Ladle", "Lampshade"),
    *("Mothball", "Napkin", "Oatcake", "Pillowcase", "Quilt", "Raincoat", "Saucepan", "Teacup"),
    *("Teaspoon", "Toboggan", "Umbrella", "Velvet", "Windmill", "Yardstick", "Zither"),
    *("Müsli", "Brûlée"),
)
_DOMAINS = ("example.com", "example.net", "example.org")
_PLACES = (
    ("Sandport", "DE"),
    ("Nether Wick", "GB"),
    ("Upper Kiln", "GB"),
    ("Saint-Brume", "FR"),
    ("Altenmühl", "DE"),
    ("Valdoria", "ES"),
    ("Grønvik", "NO"),
    ("Marsh Creek", "US"),
)
_STREETS = ("Mill Lane", "Tin Street", "Quay Road", "Orchard Row", "Clock Square")
_COUNTRIES = (
    ("DE", "Germany"),
    ("GB", "United Kingdom"),
    ("FR", "France"),
    ("ES", "Spain"),
    ("NO", "Norway"),
    ("US", "United States"),
)
_OPENING = datetime(2009, 3, 2, 8, tzinfo=UTC)
_YEARS_OPEN = timedelta(days=5_700)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"


@dataclass(frozen=True, slots=True)
class ShopRows:
    """The rows of each table."""

    countries: Sequence[Row]
    customers: Sequence[Row]
    details: Sequence[Row]
    orders: Sequence[Row]


def make_rows() -> ShopRows:
    """Returns rows as many years leave them behind: a few of them keep to no rule of today."""
    random = Random(_SEED)  # noqa: S311 - no secret
    countries = [
        {"ctry_id": 100 + number, "iso2": code, "label": label}
        for number, (code, label) in enumerate(_COUNTRIES)
    ]
    ids = {country["iso2"]: country["ctry_id"] for country in countries}
    customers, details, orders = [], [], []
    for number in range(1, CUSTOMERS + 1):
        town, country = random.choice(_PLACES)
        customer = _customer(random, number) | {"ctry_id": ids[country]}
        if number == SITE_CUSTOMER:
            customer["pwd_hash"] = scrypt_hash(PASSWORD, _SALT)
        customers.append(customer)
        if number == 1 or random.random() < 0.85:  # noqa: PLR2004 - the others never gave an address
            details.append(_details(random, number, town))
        orders += _orders(random, customer)
    return ShopRows(countries, customers, details, orders)


def _customer(random: Random, number: int) -> Row:
    given, family = random.choice(_GIVEN_NAMES), random.choice(_FAMILY_NAMES)
    made = _OPENING + _YEARS_OPEN * (number / CUSTOMERS)
    seen = made + timedelta(seconds=random.randrange(1, 10**8))
    mail = _mail(random, number, given, family)
    return {
        "cust_no": number,
        # A second shop shares the table.
        "shop_id": 2 if number % 12 == 0 else 1,
        "mail": mail,
        "mail_uc": mail.upper(),
        "pwd_hash": "$2y$10$" + "".join(random.choice(_LETTERS) for _ in range(53)),
        "fname": given,
        "lname": family,
        "dob": _birth_date(random),
        "st": "X" if number % 250 == 0 else random.choice("AAAAAAAPL"),
        "blocked": "Y" if random.randrange(60) == 0 else "N",
        "group": random.choice((1, 1, 1, 1, 2, 2, 9)),
        "bonus_pts": random.randrange(0, 2_000, 5),
        "newsletter": random.randrange(2),
        "prefs": _preferences(random),
        "login_ms": 0 if number % 5 == 0 else int(seen.timestamp() * 1_000),
        "created_ts": int(made.timestamp()),
        "chg_at": seen.replace(tzinfo=None),
        "deleted_ts": int(seen.timestamp()) if number % 97 == 0 else None,
        "rev": random.randrange(1, 30),
        "src": random.choice("WWWSC"),
        "memo": "pays late" if number % 40 == 0 else None,
    }


def _mail(random: Random, number: int, given: str, family: str) -> str:
    if number % 150 == 0:
        return f"till{number}"  # what the tills wrote for somebody without an address
    plain = f"{given}.{family}".translate(_ASCII)
    return f"{plain if number % 7 == 0 else plain.lower()}.{number}@{random.choice(_DOMAINS)}"


_ASCII = str.maketrans({"å": "a", "æ": "ae", "è": "e", "û": "u", "é": "e", "ü": "u"})


def _birth_date(random: Random) -> date | None:
    if random.randrange(5) == 0:
        return None
    return date(1940, 1, 1) + timedelta(days=random.randrange(24_000))


def _preferences(random: Random) -> Row:
    theme = random.choice(("dark", "light", "light"))
    shown = {"theme": theme, "columns": random.randrange(2, 6)}
    return {"ui": shown, "lang": random.choice(("de", "en", "fr"))}


def _details(random: Random, number: int, town: str) -> Row:
    phone = f"+49{random.randrange(10**8, 10**10)}"
    if number == 1 or number % 60 == 0:
        phone = "n/a"
    elif number % 45 == 0:
        phone = f"0049 / {random.randrange(10**6, 10**7)}"
    return {
        "cust_no": number,
        "street": f"{random.randrange(1, 120)} {random.choice(_STREETS)}",
        "zip": f"{random.randrange(10_000, 99_999)}",
        "town": town,
        "phone": phone,
    }


def _orders(random: Random, customer: Row) -> list[Row]:
    return [
        {
            "cust_no": customer["cust_no"],
            "ordered_ts": customer["created_ts"] + random.randrange(10**7),
            "total_ct": random.randrange(500, 30_000),
            "lines": json.dumps([random.randrange(1_000, 9_999)]),
        }
        for _ in range(random.randrange(3))
    ]
