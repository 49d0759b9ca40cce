"""What the tour says in the account schema beside what it reads off the tables."""

from collections.abc import Mapping
from typing import Any

Rules = Mapping[str, Any]

RULES_OF_TODAY: Rules = {
    "phone": {"pattern": r"^\+[0-9]{7,15}$"},
    "points": {"minimum": 0},
    "preferences": {"properties": {"theme": {"enum": ["light", "dark"]}}},
}
"""What every write is held to from now on."""

RIGHTS_OF_CUSTOMERS: Rules = {
    "email": {"x-ownid-self": "read"},
    "given_name": {"x-ownid-self": "write"},
    "family_name": {"x-ownid-self": "write"},
    "birthdate": {"x-ownid-self": "write-once"},
    "status": {"x-ownid-self": "read"},
    "segment": {"x-ownid-self": "read"},
    "points": {"x-ownid-self": "read"},
    "newsletter": {"x-ownid-self": "write"},
    "last_login": {"x-ownid-self": "read"},
    "phone": {"x-ownid-self": "write"},
    "address": {"x-ownid-self": "write"},
    "preferences": {"x-ownid-self": "write"},
}
"""What a signed-in customer sees and changes of the own account."""

WORDS_FOR_FORMS: Rules = {
    "email": {"title": "Email address"},
    "given_name": {"title": "First name", "minLength": 1},
    "family_name": {"title": "Last name", "minLength": 1},
    "birthdate": {"title": "Date of birth"},
    "points": {"title": "Bonus points"},
    "newsletter": {"description": "News and offers by email, twice a month at most."},
    "last_login": {"title": "Last visit to the shop"},
    "phone": {"description": "With the country code, as +4930123456."},
    "address": {
        "properties": {
            "country": {
                "oneOf": [
                    {"const": "FR", "title": "France"},
                    {"const": "DE", "title": "Germany"},
                    {"const": "NO", "title": "Norway"},
                    {"const": "ES", "title": "Spain"},
                    {"const": "GB", "title": "United Kingdom"},
                    {"const": "US", "title": "United States"},
                ]
            }
        }
    },
    "preferences": {
        "properties": {
            "language": {
                "oneOf": [
                    {"const": "en", "title": "English"},
                    {"const": "fr", "title": "French"},
                    {"const": "de", "title": "German"},
                ]
            }
        }
    },
}
"""What forms that are drawn from the schema say."""

REQUIRED = ("given_name", "family_name")
"""What an account must have from now on."""


def add_rules(document: dict[str, Any]) -> None:
    """Adds all of it to a schema that was read off the tables."""
    for rules in (RULES_OF_TODAY, RIGHTS_OF_CUSTOMERS, WORDS_FOR_FORMS):
        _add(document["properties"], rules)
    document["required"] = [*document.get("required", ()), *REQUIRED]


def _add(document: dict[str, Any], rules: Rules) -> None:
    for name, said in rules.items():
        if isinstance(said, dict):
            _add(document[name], said)
        else:
            document[name] = said
