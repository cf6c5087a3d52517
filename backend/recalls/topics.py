"""What the outbox is told of recalls, in the transaction of the act. Each payload has `case_id` and `drill`; a drill touches no customer."""

from typing import Final

OPENED: Final = "recall.opened"
# With `act`, the decision in the timeline.
DECIDED: Final = "recall.decided"
# With `version`, the frozen scope's.
ANNOUNCED: Final = "recall.announced"
EXTENDED: Final = "recall.extended"
# What is told of an announced one was changed.
CHANGED: Final = "recall.changed"
CLOSED: Final = "recall.closed"
REOPENED: Final = "recall.reopened"
DISMISSED: Final = "recall.dismissed"
# Put there by whoever watches scopes: something new falls into the scope of a case.
GROWN: Final = "recall.grown"
# One of the law's clocks of a case is to be looked at.
CLOCK: Final = "recall.clock"
