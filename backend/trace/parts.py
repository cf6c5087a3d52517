"""A part of a lot: what of it was at a place within a time. Which of its uses are proven to be of the part, and which are proven not to be. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.genealogy.rules import Certainty
from backend.trace.rules import CLOCK_TOLERANCE


@dataclass(frozen=True, slots=True)
class Part:
    """What of a lot was at `place` (anywhere where it is None) at any time from `since` to `until` (each None: without that bound)."""

    place: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """Where and when some of the lot was used or shipped. `counted`: with a quantity, so that its movements tell of it."""

    at: datetime
    place: str | None
    counted: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of the lot that is no use: + came to the place, - left it."""

    at: datetime
    place: str
    came: bool


@dataclass(frozen=True, slots=True)
class Story:
    """A lot's movements that aren't uses. `whole`: each time that it moved it was told how much, so that what isn't here didn't happen."""

    moved: Sequence[Moved]
    whole: bool


def verdict(use: Use, part: Part, story: Story, covered: Collection[str] = ()) -> Certainty | None:
    """Certain where the use is proven to be of the part, possible where that isn't excluded, None where it is proven not to be.

    `covered` are further places that count as the part's. Only events prove anything: a use whose place or quantity isn't told is possible.
    Before the part began nothing of it can have been used, a day's difference of clocks apart.
    """
    if part.since is not None and use.at - part.since < -CLOCK_TOLERANCE:
        return None
    early = part.since is not None and use.at < part.since
    if part.place is None:
        return Certainty.POSSIBLE if early or _came_later(use, part, story, None) else Certainty.CERTAIN
    here = {part.place, *covered}
    if use.place is None:
        return Certainty.POSSIBLE
    if use.place in here:
        return Certainty.POSSIBLE if early or _came_later(use, part, story, here) else Certainty.CERTAIN
    if use.counted and story.whole and not _left(use, part, story, here):
        return None
    return Certainty.POSSIBLE


def _came_later(use: Use, part: Part, story: Story, here: Collection[str] | None) -> bool:
    """Whether something came between the part's end and the use, so that the use may be of that."""
    if part.until is None or use.at <= part.until:
        return False
    came = (moved for moved in story.moved if moved.came and (here is None or moved.place in here))
    return not story.whole or any(moved.at - part.until > -CLOCK_TOLERANCE and moved.at - use.at <= CLOCK_TOLERANCE for moved in came)


def _left(use: Use, part: Part, story: Story, here: Collection[str]) -> bool:
    """Whether some of the part may have gone to where the use was."""
    return any(
        not moved.came
        and moved.place in here
        and moved.at - use.at <= CLOCK_TOLERANCE
        and (part.since is None or moved.at - part.since >= -CLOCK_TOLERANCE)
        for moved in story.moved
    )
