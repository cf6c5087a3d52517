"""Which versions of EPCIS and CBV there are, and which of them a request can read (EPCIS 2.0 §12.1, headers GS1-EPCIS-Min and so on)."""

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from litestar import Request

from infra.errors import InvalidInputError, SuyuanError

_VERSION: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){0,3}", re.ASCII)
VERSION_HEADERS: Final = ("GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-EPCIS-Max", "GS1-CBV-Version", "GS1-CBV-Min", "GS1-CBV-Max")


class NotAcceptableError(SuyuanError):
    """What the request's headers ask for there is not."""

    code = "NOT_ACCEPTABLE"
    status = 406


class Version(NamedTuple):
    """One version of EPCIS with the version of the CBV that belongs to it."""

    epcis: str
    cbv: str


V2_0: Final = Version("2.0.0", "2.0.0")
# In XML only.
V1_2: Final = Version("1.2.0", "1.2.0")
SPOKEN: Final = (V2_0, V1_2)


def readable(request: Request[Any, Any, Any], versions: Sequence[Version]) -> Version | None:
    """The first of these that the client reads by its headers. Raises `InvalidInputError` naming a header that can't be read."""
    return next((version for version in versions if _fits(request, "EPCIS", version.epcis) and _fits(request, "CBV", version.cbv)), None)


def require_version(request: Request[Any, Any, Any], versions: Sequence[Version] = SPOKEN) -> None:
    """Raises `NotAcceptableError` where none of the versions can be read, and where the request itself is in another."""
    for kind, spoken in (("EPCIS", [version.epcis for version in versions]), ("CBV", [version.cbv for version in versions])):
        written = _read(request, f"GS1-{kind}-Version")
        if written is not None and not any(_parts(version)[: len(written)] == written[:3] for version in spoken):
            raise NotAcceptableError(f"{kind} is spoken here in {' and '.join(spoken)}.", field=f"GS1-{kind}-Version")
    if readable(request, versions) is None:
        raise refusal(request, versions)


def refusal(request: Request[Any, Any, Any], versions: Sequence[Version]) -> NotAcceptableError:
    """Says which header leaves nothing over."""
    field = next((name for name in VERSION_HEADERS if name in request.headers), "Accept")
    spoken = " and ".join(f"EPCIS {version.epcis} with CBV {version.cbv}" for version in versions)
    return NotAcceptableError(f"This is told in {spoken}, which the request doesn't take. Change GS1-EPCIS-Min and GS1-EPCIS-Max.", field=field)


def _fits(request: Request[Any, Any, Any], kind: str, version: str) -> bool:
    least, most = _read(request, f"GS1-{kind}-Min"), _read(request, f"GS1-{kind}-Max")
    number = _parts(version)
    return (least is None or _filled(least) <= number) and (most is None or _filled(most) >= number)


def _read(request: Request[Any, Any, Any], header: str) -> tuple[int, ...] | None:
    text = request.headers.get(header)
    if text is None:
        return None
    if not _VERSION.fullmatch(text.strip()):
        raise InvalidInputError(f"{header} is a version such as 2.0 or 1.2; it was “{text[:20]}”.", field=header)
    return _parts(text.strip())


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _filled(parts: tuple[int, ...]) -> tuple[int, ...]:
    return (*parts, 0, 0, 0)[: max(3, len(parts))]
