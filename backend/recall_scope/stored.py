"""Sources, bounds and whereabouts as they are written into rows, and read from them. No I/O."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from backend.genealogy.rules import Certainty
from backend.holds.scopes import Scope, ScopeKind
from backend.identifiers import ObjectKind
from backend.recall_scope.answer import Amount, FrozenScope, Item, Role, ScopeCounts, ScopeState, Whereabouts
from backend.recall_scope.sources import Bounds, Source, SourceKind
from backend.trace.parts import Part
from backend.trace.rules import Doubt
from infra.database import Record


def write_sources(sources: Sequence[Source]) -> str:
    """As JSON."""
    return msgspec.json.encode([source.declared() for source in sources]).decode()


def write_bounds(bounds: Bounds) -> str:
    """As JSON."""
    return msgspec.json.encode(bounds.declared()).decode()


def read_sources(text: str) -> tuple[Source, ...]:
    """As they were declared."""
    return tuple(_source(told) for told in msgspec.json.decode(text))


def _source(told: dict[str, Any]) -> Source:
    scope, part = told.get("scope"), told.get("part")
    return Source(
        SourceKind[told["kind"].upper()], told.get("key", ""), _scope(scope) if scope else None, told.get("reference", ""),
        Part(part.get("place"), _moment(part.get("since")), _moment(part.get("until"))) if part else None,
    )  # fmt: skip


def _scope(told: dict[str, Any]) -> Scope:
    return Scope(
        ScopeKind[told["kind"].upper()], tuple(told.get("keys", ())), told.get("party"), told.get("gtin"), told.get("equipment"), told.get("step"),
        told.get("place"), _moment(told.get("since")), _moment(told.get("until")),
    )  # fmt: skip


def read_bounds(text: str) -> Bounds:
    """As they were declared."""
    told = msgspec.json.decode(text)
    return Bounds(_moment(told.get("since")), _moment(told.get("until")), told.get("place"), told["include_possible"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def write_amounts(amounts: Sequence[Amount]) -> str:
    """As JSON; quantities as text, without zeros that say nothing."""
    return msgspec.json.encode([[plain(one.quantity), one.uom] for one in amounts]).decode()


def read_amounts(text: str) -> tuple[Amount, ...]:
    """As they were written."""
    return tuple(Amount(Decimal(quantity), uom) for quantity, uom in msgspec.json.decode(text))


def write_places(places: Sequence[Whereabouts]) -> str:
    """As JSON."""
    told = [
        [one.state, one.place, one.party, None if one.quantity is None else plain(one.quantity), one.uom, int(one.certainty)] for one in places
    ]  # fmt: skip
    return msgspec.json.encode(told).decode()


def read_places(text: str) -> tuple[Whereabouts, ...]:
    """As they were written."""
    return tuple(
        Whereabouts(ScopeState(state), place, party, None if quantity is None else Decimal(quantity), uom, Certainty(certainty))
        for state, place, party, quantity, uom, certainty in msgspec.json.decode(text)
    )


def write_counts(counts: ScopeCounts) -> str:
    """As JSON."""
    return msgspec.json.encode(counts).decode()


def plain(quantity: Decimal) -> str:
    """A quantity in digits, the same for the same number."""
    return f"{quantity.normalize():f}"


def item_of(row: Record) -> Item:
    """From a row of the table."""
    return Item(
        row["position"], row["object_id"], row["key"], ObjectKind(row["kind"]), row["gtin"], row["code"], Role(row["role"]),
        Certainty(row["certainty"]), tuple(Doubt(word) for word in row["doubts"].split()), row["steps"], row["root"], row["units"],
        read_amounts(row["quantities"]), read_places(row["places"]),
    )  # fmt: skip


def frozen_of(row: Record) -> FrozenScope:
    """From a row of the versions with its question."""
    return FrozenScope(
        row["case_id"], row["version"], row["frozen_at"], row["frozen_by"], row["signature_id"], row["known_at"], row["digest"],
        read_sources(row["sources"]), read_bounds(row["bounds"]), msgspec.json.decode(row["counts"], type=ScopeCounts),
    )  # fmt: skip
