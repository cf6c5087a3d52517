"""Where a trace begins: the objects that are asked about and, of containers, what is in them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from backend.catalog.sites import Sites
from backend.genealogy import containment
from backend.genealogy import query_service as genealogy
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.search import finding
from backend.search.question import Question
from backend.trace.answer import Shown
from backend.trace.errors import TraceTooLargeError
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError

CONTENTS_LIMIT: Final = 5_000
MAXIMUM_STARTS: Final = 100
LONGEST_KEY: Final = 2_000


def named_keys(key: str | None, keys: Sequence[str] | None) -> list[str]:
    """What is asked about, by one argument or the other. Raises `InvalidInputError` for both or neither."""
    if (key is None) == (keys is None):
        raise InvalidInputError("Name what is asked about: either key, or several as keys.", field="key")
    return [key] if key is not None else list(keys or ())


async def found_keys(tx: TenantTransaction, asked: Question, sites: Sites | None) -> list[str]:
    """The keys of what a question finds at `sites`, to begin at. Raises `InvalidInputError` where that is nothing, or more than 100 objects."""
    ids, more = await finding.seeds(tx, asked, sites, MAXIMUM_STARTS)
    if more:
        raise InvalidInputError(f"The filter finds more than {MAXIMUM_STARTS} objects. Narrow it, or ask about a few of them.", field="filter")
    if not ids:
        raise InvalidInputError("The filter finds nothing here. Look at what findObjects finds with it.", field="filter")
    return [thing.key for thing in (await objects.load(tx, ids)).values()]


async def find_starts(tx: TenantTransaction, key: str | Sequence[str], sites: Sites | None) -> list[TraceableObject]:
    """The objects that are asked about, each once. Raises `ObjectNotFoundError`; `InvalidInputError` for too many, too long ones or none."""
    keys = [key] if isinstance(key, str) else list(dict.fromkeys(key))
    if not 1 <= len(keys) <= MAXIMUM_STARTS:
        raise InvalidInputError(f"A trace starts from 1 to {MAXIMUM_STARTS} objects; {len(keys)} were named. Ask in several requests.", field="keys")
    if any(len(each) > LONGEST_KEY for each in keys):
        raise InvalidInputError(f"A code has at most {LONGEST_KEY} characters. Check what was scanned or pasted.", field="keys")
    found = [await objects.find(tx, each, sites) for each in keys]
    return list({thing.object_id: thing for thing in found}.values())


async def seeds_of(tx: TenantTransaction, starts: Sequence[TraceableObject], as_of: datetime | None, known_at: datetime | None = None) -> list[int]:
    """Where a walk begins: the objects and, of containers, what is in them as of a moment and their states until then.

    Raises `TraceTooLargeError` for a container of more than 5,000 contents.
    """
    seeds = [start.object_id for start in starts]
    containers = [start for start in starts if start.kind in containment.CONTAINERS]
    for start in containers:
        rows = await containment.contents(tx, start.object_id, as_of or clock.now(), CONTENTS_LIMIT + 1, known_at=known_at)
        if len(rows) > CONTENTS_LIMIT:
            raise TraceTooLargeError(f"{start.uri} holds more than {CONTENTS_LIMIT} objects. Ask for one of them.", field="key")
        seeds += [row["content_id"] for row in rows]
    if containers:
        seeds += await genealogy.states_of(tx, [start.object_id for start in containers], as_of)
    return list(dict.fromkeys(seeds))


async def stand_ins(tx: TenantTransaction, things: Collection[TraceableObject]) -> dict[int, Shown]:
    """What the genealogy's own nodes among these are shown as: a state as its container, a pool as its lot."""
    states = [thing.object_id for thing in things if thing.kind is ObjectKind.CONTAINER_STATE]
    pools = [thing.object_id for thing in things if thing.kind is ObjectKind.POOL]
    used = await genealogy.containers_of(tx, states) if states else {}
    lots = await genealogy.lots_of_pools(tx, pools) if pools else {}
    named = await objects.load(tx, {container for container, _ in used.values()} | set(lots.values()))
    return {
        **{state: Shown(named[container], at) for state, (container, at) in used.items() if container in named},
        **{pool: Shown(named[lot], None) for pool, lot in lots.items() if lot in named},
    }
