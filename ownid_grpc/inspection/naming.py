"""Words of names: what tables and columns of users, secrets and times tend to be called."""

import re
from collections.abc import Collection, Iterable
from itertools import pairwise


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Of other scripts nothing parts words but a space: their marks and vowel signs are no letters.
_SIGNS = r"[\s\x00-/:-@\[-`{-\x7f]+"
_WORD_START = re.compile(rf"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|{_SIGNS}")
_MEANINGLESS = _set("tbl table tab t new master main base all entity record model")

STRONG_NOUNS = _set("""
    account customer login member people person user usr benutzer cliente kunde kunden mitglied
    usuario utilisateur
""")
"""What accounts are called, in the singular."""

WEAK_NOUNS = _set("""
    client contact employee identity patient principal profile student staff subscriber teacher
""")
"""What accounts may be called, and other things too."""

EMAIL = re.compile(r"(.*_)?(e_?)?mail(_?addr(ess)?)?(_canonical)?")
LOGIN = re.compile(
    r"(.*_)?(login(_?(id|name))?|user_?(name|id|principal_name)|screen_?name|nick_?name|handle"
    r"|account_?(name|no|number)|(customer|member|employee)_?(no|number|code))"
)
PHONE = re.compile(r"(.*_)?(phone|mobile|msisdn|cell|telephone)(_?(number|no))?")
PASSWORD = re.compile(
    r"(.*_)?(pass|passwd|password|passwort|pwd|pw|pass_?phrase)(_?(hash|hashed|digest|salt|enc))?"
)

_SECRET_WORDS = _set("""
    pass passwd password passwort passphrase pwd pw salt secret otp totp hotp mfa tfa seed token
    hash hashed credential pin cvv cvc nonce uniquifier apikey passkey webauthn actkey
""")
_SECRET_PAIRS = (
    ("activation", "key"),
    ("activation", "code"),
    ("api", "key"),
    ("auth", "key"),
    ("access", "key"),
    ("backup", "code"),
    ("confirmation", "code"),
    ("confirmation", "key"),
    ("confirm", "code"),
    ("confirm", "key"),
    ("encryption", "key"),
    ("mf", "recovery"),
    ("password", "digest"),
    ("private", "key"),
    ("recovery", "code"),
    ("remember", "me"),
    ("reset", "code"),
    ("reset", "key"),
    ("security", "answer"),
    ("security", "stamp"),
    ("secure", "key"),
    ("session", "key"),
    ("session", "id"),
    ("verification", "code"),
    ("verification", "key"),
)
_PASSWORD_WORDS = _set("""
    pass passwd password passwort passphrase pwd pw hash hashed salt digest
""")

CREATED = _set("""
    created create creation registered registration joined crdate add added inserted signup
    timecreated datecreated regdate joindate registerdate
""")
UPDATED = _set(
    "updated update modified modification changed edited upd tstamp timemodified datemodified"
)
STAMP_FILLERS = _set("is user account at on time date datetime ts ms flag millis")
"""Words that say nothing beside one that says what is stamped."""

DELETED = _set("deleted deletion removed trashed")
_TIME_WORDS = _set("""
    at on time date datetime ts timestamp ms millis seen login until since expires expiry last epoch
    utc secs sec micros us lastlogin crdate tstamp starttime endtime
    firstaccess lastaccess lastvisit lastactive lastactivity lastpost lastupdate dateline passchg
""")
CODE_WORDS = _set("""
    category class currency kind lang language level locale plan priority role stage state
    status tier type usertype visibility
""")
"""Words of columns whose values are words of the product, never of a person."""

BIRTH = _set("birth birthdate birthday dob born geburtsdatum geburtstag")
FLAG_STARTS = _set("is has can allow accepts wants should")
POSITIVE = _set("active enabled activated")
NEGATIVE = _set("disabled disable blocked banned locked suspended inactive deactivated")
LABELS = ("code", "slug", "shortname", "short_name", "name", "key", "title", "label", "iso")
"""Columns by which people know the row of another table, the best first."""

NAME_COLUMNS = re.compile(
    r"(.*_)?(meta_key|key|name|attribute|attr|attr_type|attr_name|field|field_name|property|prop"
    r"|option_name|setting|field_?id|attribute_?id)"
)
VALUE_COLUMNS = re.compile(
    r"(.*_)?(meta_value|value|val|data|attr_data|attr_value|field_value|option_value|content)"
)

_USE = _set("lastlogin seen signin visit activity accessed failed attempts active")
_USE_BY_ITSELF = _set("firstaccess lastaccess lastlogin lastvisit lastactive lastactivity lastpost")
_OF_LOGINS = _set("last current count ip at time date failed")

PASSING = _set("""
    authenticate authenticator credential device mfa passkey password recovery secret
    audit event history log login message notification order session token queue attempt code
    ticket cart invoice key otp otps
""")
"""Heads of tables whose rows come and go and describe nobody."""


def words_of(name: str) -> tuple[str, ...]:
    """Returns the words of a name in lower case, however they are joined."""
    return tuple(word.lower() for word in _WORD_START.split(name) if word)


def snake_case(name: str) -> str:
    """Returns a name as properties are written."""
    return "_".join(words_of(name)) or "column"


def singular(word: str) -> str:
    """Returns a plural word in the singular, as far as its end tells."""
    if word in {"people", "staff"} or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties" is of "tie"
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches")):
        return word[:-2]
    return word[:-1] if word[1:].endswith("s") and not word.endswith("us") else word


def plural(word: str) -> str:
    """Returns a singular word in the plural, as far as its end tells."""
    if not word.isascii() or word == "people":
        return word
    if re.search("[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch")) else "s")


def head_of(table: str) -> str:
    """Returns what the rows of a table are: `auth_user` and `tbl_users` are of users."""
    words = [word for word in words_of(table) if word not in _MEANINGLESS and not _is_number(word)]
    return singular(words[-1]) if words else ""


def has_word(name: str, words: Iterable[str]) -> bool:
    """Whether any of the words is one of a name's."""
    return not set(words).isdisjoint(words_of(name))


def is_secret(name: str) -> bool:
    """Whether a name is that of something which lets somebody in."""
    words = [word if word == "pass" else singular(word) for word in words_of(name)]
    pairs = set(pairwise(words))
    return not _SECRET_WORDS.isdisjoint(words) or not pairs.isdisjoint(_SECRET_PAIRS)


def is_password(name: str) -> bool:
    """Whether a secret is a password, or a part of its hash, rather than a token."""
    words = words_of(name)
    return has_word(name, _PASSWORD_WORDS) and not {"token", "reset", "key"} & set(words)


def is_stamp(name: str) -> bool:
    """Whether a name is that of when a row was made or changed, and of nothing else."""
    core = set(words_of(name)) - STAMP_FILLERS
    return bool(core) and core <= CREATED | UPDATED


def is_time(name: str) -> bool:
    """Whether a name is that of a time."""
    return has_word(name, _TIME_WORDS | CREATED | UPDATED | DELETED)


def is_managed(name: str) -> bool:
    """Whether a name is that of what the product keeps of somebody's use of it."""
    words = set(words_of(name))
    is_of_logins = bool(words & {"login", "logon", "sign"}) and bool(words & _OF_LOGINS)
    is_use = bool(words & _USE_BY_ITSELF)
    return is_of_logins or is_use or (bool(words & _USE) and len(words) > 1 and not is_flag(name))


def is_flag(name: str) -> bool:
    """Whether a name asks something that is answered by yes or no."""
    words = words_of(name)
    is_asked = bool(words) and words[0] in FLAG_STARTS and len(words) > 1
    states = POSITIVE | NEGATIVE | {"verified", "confirmed", "subscribed", "optin", "deleted"}
    return is_asked or (bool(words) and words[-1] in states)


def shared_prefix(table: str, columns: Collection[str]) -> str:
    """Returns the word that most columns begin with, such as `user` in `user_email`; else none."""
    firsts = [words[0] for name in columns if len(words := words_of(name)) > 1]
    common = max(set(firsts), key=firsts.count, default="")
    is_of_table = singular(common) in {singular(word) for word in words_of(table)}
    shared = firsts.count(common)
    is_common = shared * 2 > len(columns) or (is_of_table and shared > 1)
    return common if is_common and common not in FLAG_STARTS else ""


def property_name(column: str, prefix: str) -> str:
    """Returns what a property of a column is called."""
    words = words_of(column)
    if prefix and len(words) > 1 and words[0] == prefix and words[1] not in {"id", "name"}:
        words = words[1:]
    return "_".join(words) or "column"


def _is_number(word: str) -> bool:
    return re.fullmatch(r"v?\d+", word) is not None
