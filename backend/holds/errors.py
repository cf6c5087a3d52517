"""Refusals of holds and of commands that would move held goods."""

from dataclasses import dataclass
from uuid import UUID

from backend.holds.scopes import HoldCauseKind
from infra.errors import ConflictError, InvalidInputError, NotFoundError, SuyuanError


@dataclass(frozen=True, slots=True)
class HoldCause:
    """Why goods are held: which hold, on what, and which of the goods asked about it reaches."""

    hold_id: UUID
    reason: str
    root_key: str
    root_uri: str
    held_key: str
    held_uri: str
    correction_pending: bool = False
    origin_kind: HoldCauseKind = HoldCauseKind.MANUAL
    origin_reference: str = ""


class GoodsHeldError(SuyuanError):
    """A command was refused because an ancestor of the goods, or they themselves, are on hold. Nothing was written."""

    code = "GOODS_HELD"
    status = 409

    def __init__(self, causes: list[HoldCause]) -> None:
        first = causes[0]
        more = f" and {len(causes) - 1} more" if len(causes) > 1 else ""
        super().__init__(
            f"{first.held_uri} is on hold because of {first.root_uri} ({first.reason}){more}. Have the hold released by quality, or leave the held "
            "goods out.",
            field="objects",
        )
        self.causes = causes


class HoldNotFoundError(NotFoundError):
    """No such hold here."""

    code = "HOLD_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such hold. Open the list of holds and choose one from it.", field="holdId")


class HoldReleasedError(ConflictError):
    """The hold was released before."""

    code = "HOLD_RELEASED"

    def __init__(self) -> None:
        super().__init__("This hold has been released already; nothing was changed.", field="holdId")


class HoldScopeTooLargeError(InvalidInputError):
    """So much falls into a scope that placing the hold would stop everybody else for too long. Nothing was written."""

    code = "HOLD_SCOPE_TOO_LARGE"

    def __init__(self, found: str, limit: int) -> None:
        super().__init__(
            f"{found} fall into this scope; a hold is placed on at most {limit:,}. Narrow the window, the product or the place, and place several "
            "holds.",
            field="scope",
        )


class TooManyWatchingHoldsError(ConflictError):
    """So many holds look at each event that captures would become slow."""

    code = "TOO_MANY_HOLDS"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"There are {limit} holds on suppliers, equipment and steps in force, and each looks at every event. Release those that are over.",
            field="scope",
        )
