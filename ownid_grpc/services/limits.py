"""How much one call may ask for."""

import json
from dataclasses import dataclass
from ipaddress import ip_address

from ownid_grpc.domain.account import Profile
from ownid_grpc.errors import InvalidArgument, Reason


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of calls; the defaults are those that the contract states."""

    profile_bytes: int = 256 * 1024
    login_id_characters: int = 1024
    batch_names: int = 1000
    page_default: int = 50
    page_maximum: int = 1000
    chunk_default: int = 500
    chunk_maximum: int = 1000
    payload_bytes: int = 4 * 1024
    text_characters: int = 1024
    reason_characters: int = 256

    def check_profile(self, size_bytes: int) -> None:
        """Raises `InvalidArgument` for a profile that is larger than any account's."""
        if size_bytes > self.profile_bytes:
            description = f"Too large; send {self.profile_bytes} bytes at most."
            field = "account.profile"
            raise InvalidArgument.at(Reason.PROFILE_INVALID, field, "size", description, faults="1")

    def check_login_id(self, text: str) -> None:
        """Raises `InvalidArgument` for what nobody can sign in with."""
        maximum = self.login_id_characters
        if not text:
            raise _refused("login_id", "required", "No login_id; send what the user signs in with.")
        if len(text) > maximum:
            raise _refused("login_id", "maxLength", f"Too long; send {maximum} characters at most.")
        if "\0" in text:
            raise _refused("login_id", "characters", "No login_id has a NUL; send it without.")

    def check_session(self, payload: Profile, user_agent: str = "", ip_address: str = "") -> None:
        """Raises `InvalidArgument` for what is too much, or no IP address."""
        if len(json.dumps(payload, ensure_ascii=False, default=str).encode()) > self.payload_bytes:
            description = f"Too large; send {self.payload_bytes} bytes of JSON at most."
            raise _refused("session.payload", "size", description)
        if len(user_agent) > self.text_characters:
            description = f"Too long; send {self.text_characters} characters at most."
            raise _refused("session.user_agent", "maxLength", description)
        if ip_address and not _is_ip_address(ip_address):
            description = "No IP address; send it as 192.0.2.1 or 2001:db8::1."
            raise _refused("session.ip_address", "format", description)

    def check_reason(self, reason: str) -> None:
        """Raises `InvalidArgument` for a reason that is too long to be kept."""
        if len(reason) > self.reason_characters:
            description = f"Too long; send {self.reason_characters} characters at most."
            raise _refused("reason", "maxLength", description)

    def check_batch(self, count: int) -> None:
        """Raises `InvalidArgument` for more names than one call may have, or none."""
        if not 0 < count <= self.batch_names:
            raise _refused("names", "count", f"{count} names; send 1 to {self.batch_names}.")

    def page_size(self, asked: int) -> int:
        """Returns how many accounts a page may have."""
        return _size(asked, "page_size", self.page_default, self.page_maximum)

    def chunk_size(self, asked: int) -> int:
        """Returns how many accounts one message of a stream may have."""
        return _size(asked, "chunk_size", self.chunk_default, self.chunk_maximum)


def _size(asked: int, field: str, default: int, maximum: int) -> int:
    if asked < 0:
        description = f"Negative; send 0 for {default}, or up to {maximum}."
        raise _refused(field, "minimum", description)
    return min(asked or default, maximum)


def _is_ip_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _refused(field: str, rule: str, description: str) -> InvalidArgument:
    return InvalidArgument.at(Reason.ARGUMENT_INVALID, field, rule, description, field=field)
