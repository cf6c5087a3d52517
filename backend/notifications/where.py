"""Where a channel leads: what the trail keeps of it, and whether somebody else would be sent its secrets. No I/O."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from backend.notifications.configurations import KINDS
from backend.notifications.kinds import ChannelKind
from infra.errors import InvalidInputError

_ADDRESSES: Final = ("endpoint", "url", "host", "token_uri")
# These sign with their keys, and send them to nobody.
_SIGNING: Final = frozenset({ChannelKind.WEB_PUSH, ChannelKind.WEBHOOK})


def leads_elsewhere(kind: ChannelKind, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether secrets that were entered for one server would go to another one."""
    return kind not in _SIGNING and any(before.get(name) != after.get(name) for name in _ADDRESSES)


def require_again(kind: ChannelKind, secrets: Mapping[str, Any], former: Mapping[str, str]) -> None:
    """Whoever changes where a channel leads must know its secrets: they would be sent there. Raises `InvalidInputError`."""
    for name in KINDS[kind].secrets:
        if name not in secrets and (name in former or name == "service_account"):
            message = f"The channel would send its secrets to another server than they were entered for. Enter “{name}” again."
            raise InvalidInputError(message, field=f"secrets.{name}")


def for_trail(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without what may be secret in them: of an address the host, of a form the names of its fields."""
    shown = {name: value for name, value in settings.items() if name not in ("url", "fields")}
    if "url" in settings:
        shown["host"] = urlsplit(settings["url"]).netloc
    if "fields" in settings:
        shown["fields"] = sorted(settings["fields"])
    return shown
