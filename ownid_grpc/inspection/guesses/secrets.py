"""Columns that let somebody in: they never become properties."""

from ownid_grpc.inspection import naming
from ownid_grpc.inspection.draft import Guess
from ownid_grpc.inspection.subject import NUMBERS, TIMES, Finding, Subject
from ownid_grpc.repositories.sql.reflect import ColumnShape, Storage

_HARMLESS = {*TIMES, Storage.BOOLEAN, Storage.DATE, Storage.TIME}
_NUMERIC_SECRETS = ("pin", "otp", "totp", "cvv", "cvc")
_LONGEST, _SHORTEST = 32, 8

_HASHES = (
    r"\$2[abxy]?\$.{56}|\$(argon2|scrypt|pbkdf2|5|6|1|P|H|S|y)[^ ]*\$.+|\{[A-Z0-9-]+\}.+"
    r"|(pbkdf2|bcrypt|argon2|scrypt|sha1|md5)[_:$].+|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}"
    r"|[0-9a-fA-F]{128}|eyJ[\w-]+\.[\w-]+\.[\w-]*"
)


def is_secret(column: ColumnShape) -> bool:
    """Whether a column is a secret by its name and type: what a time tells lets nobody in."""
    if column.storage in _HARMLESS or not naming.is_secret(column.name):
        return False
    is_number = column.storage in NUMBERS
    return not is_number or naming.has_word(column.name, _NUMERIC_SECRETS)


def guess(subject: Subject, column: ColumnShape) -> Finding | None:
    """Leaves out a secret; sets what a new row must have to be complete."""
    if is_secret(column):
        why = "its name is that of a secret"
    elif column.storage is Storage.TEXT and subject.sample.all_match(column.name, _HASHES):
        why = "its values look like hashes or tokens"
    else:
        return None
    return Finding(left_out=why, is_secret=True, created=_filling(subject, column))


def _filling(subject: Subject, column: ColumnShape) -> Guess | None:
    if not subject.must_be_filled(column):
        return None
    if column.storage in NUMBERS:
        return Guess(0, "refuses NULL; nobody has it yet")
    if column.storage is Storage.UUID:
        return Guess({"uuid4": True}, "refuses NULL; a new one for each account")
    room = column.max_length or _LONGEST
    is_password = naming.is_password(column.name) and not subject.is_unique(column.name)
    if is_password or room < _SHORTEST or column.storage is not Storage.TEXT:
        return Guess("!", "refuses NULL; no password has this as its hash")
    said = {"random": {"length": min(room, _LONGEST)}}
    return Guess(said, "refuses NULL; one that nobody knows")
