"""What an 8D report holds, what it needs before it can be closed, and when something is late. No I/O."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from backend.capa.errors import CorrectiveActionStateError
from infra.errors import InvalidInputError

MOST_WHYS = 10
MOST_CAUSES = 40
MOST_TEAM = 30
WORDS = 500


class ActionKind(IntEnum):
    """Against what happened, or before it happens; the numbers are stored and never change."""

    CORRECTIVE = 1
    PREVENTIVE = 2


class ActionStatus(IntEnum):
    """Where a corrective action stands; the numbers are stored and never change."""

    OPEN = 1
    # All is done but for the check of whether it works.
    CHECKING = 2
    CLOSED = 3


class Discipline(IntEnum):
    """The eight disciplines, in their order; the numbers are stored and never change."""

    TEAM = 1
    PROBLEM = 2
    CONTAINMENT = 3
    ROOT_CAUSE = 4
    CHOSEN_ACTIONS = 5
    IMPLEMENTED_ACTIONS = 6
    PREVENTION = 7
    CLOSURE = 8


class CauseCategory(IntEnum):
    """The bones of an Ishikawa diagram."""

    PEOPLE = 1
    MACHINE = 2
    MATERIAL = 3
    METHOD = 4
    MEASUREMENT = 5
    ENVIRONMENT = 6


class RequestStatus(IntEnum):
    """Where a request to a supplier stands; the numbers are stored and never change."""

    SENT = 1
    ACKNOWLEDGED = 2
    ANSWERED = 3
    SENT_BACK = 4
    ACCEPTED = 5
    CANCELLED = 6


class Verdict(IntEnum):
    """What is said of a supplier's answer; the numbers are stored and never change."""

    ACCEPTED = 1
    SENT_BACK = 2


# Who has answered may still send a better answer until it is looked at.
ANSWERABLE = frozenset({RequestStatus.SENT, RequestStatus.ACKNOWLEDGED, RequestStatus.ANSWERED, RequestStatus.SENT_BACK})
# D8 is the closing itself.
WRITTEN = tuple(one for one in Discipline if one is not Discipline.CLOSURE)
ITEMS = frozenset({Discipline.CONTAINMENT, Discipline.CHOSEN_ACTIONS, Discipline.IMPLEMENTED_ACTIONS, Discipline.PREVENTION})


@dataclass(frozen=True, slots=True)
class Cause:
    """One bone of the diagram; `root` marks what was found to be the root cause."""

    category: CauseCategory
    text: str
    root: bool = False


@dataclass(frozen=True, slots=True)
class Detail:
    """What a discipline holds besides its text: the team of D1; the whys, in order, and the causes of D4."""

    team: Sequence[str] = ()
    whys: Sequence[str] = ()
    causes: Sequence[Cause] = ()


def check_detail(discipline: Discipline, detail: Detail) -> None:
    """Raise `InvalidInputError` for what doesn't belong to the discipline, or is too much of it."""
    if detail.team and discipline is not Discipline.TEAM:
        raise InvalidInputError("The team belongs to D1.", field="team")
    if (detail.whys or detail.causes) and discipline is not Discipline.ROOT_CAUSE:
        raise InvalidInputError("Whys and causes belong to D4.", field="whys" if detail.whys else "causes")
    for name, words, most in (("team", detail.team, MOST_TEAM), ("whys", detail.whys, MOST_WHYS), ("causes", detail.causes, MOST_CAUSES)):
        if len(words) > most:
            raise InvalidInputError(f"“{name}” has at most {most} entries.", field=name)
    texts = [("team", one) for one in detail.team] + [("whys", one) for one in detail.whys] + [("causes", one.text) for one in detail.causes]
    for name, text in texts:
        if not text.strip() or len(text) > WORDS or "\x00" in text:
            raise InvalidInputError(f"Each entry of “{name}” is text of 1 to {WORDS} characters.", field=name)


def require_ready_for_check(done: Collection[Discipline], open_items: int, *, has_check: bool) -> None:
    """Raise `CorrectiveActionStateError` unless D1 to D7 and all items are done and a check of the effect is planned."""
    lacking = [f"D{int(one)}" for one in WRITTEN if one not in done]
    if lacking:
        raise CorrectiveActionStateError(f"{', '.join(lacking)} aren't done yet: write them and mark them as done.", field="correctiveActionId")
    if open_items:
        raise CorrectiveActionStateError(f"{open_items} of its actions are still open.", field="correctiveActionId")
    if not has_check:
        raise CorrectiveActionStateError("No check of its effect is planned: say when, and by what it is judged.", field="correctiveActionId")


def is_late(due_at: datetime | None, done_at: datetime | None, now: datetime) -> bool:
    """Whether something should have been done by now."""
    return due_at is not None and done_at is None and due_at <= now


def answer_problems(given: Mapping[str, str], limits: Mapping[str, int]) -> dict[str, str]:
    """What is wrong with a guest's form, by field: "missing" or "long"."""
    wrong = {}
    for name, limit in limits.items():
        text = given.get(name, "").strip()
        if not text:
            wrong[name] = "missing"
        elif len(text) > limit or "\x00" in text:
            wrong[name] = "long"
    return wrong
