"""What the schema declares about its fields and types: who may read them, and what they cost. All of it stands in the SDL."""

from collections.abc import Sequence
from typing import Final

import strawberry
from strawberry.schema_directive import Location

from tenants.permissions import Permission

DEFAULT_LIST_SIZE: Final = 10
_ACCESS: Final = [Location.OBJECT, Location.FIELD_DEFINITION]


@strawberry.schema_directive(locations=_ACCESS, name="requires", description="Needs this permission; see `me { permissions }`.")
class Requires:
    """On a type it counts for every path on which the type is reached."""

    permission: str


@strawberry.schema_directive(locations=_ACCESS, name="signedIn", description="Open to everyone who has signed in.")
class SignedIn:
    """`reason` says why no permission is needed."""

    reason: str


@strawberry.schema_directive(locations=_ACCESS, name="public", description="Open to everyone.")
class Public:
    """`reason` says why."""

    reason: str


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="cost", description="What the field costs beside the objects that it returns."
)
class Cost:
    """Counted once for each time the field is asked for."""

    weight: int


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="listSize", description=f"How many objects a plain list counts for; {DEFAULT_LIST_SIZE} otherwise."
)
class ListSize:
    """For lists without `first` and `last`, which are short by nature."""

    assumed_size: int


Access = Requires | SignedIn | Public


def requires(permission: Permission, *more: object) -> Sequence[object]:
    """The declaration of a field or type that needs a permission, with `more` directives: `directives=requires(Permission.TRACE_READ)`."""
    return (Requires(permission=str(permission)), *more)


def signed_in(reason: str) -> Sequence[object]:
    """The declaration of a field that is open to whoever has signed in."""
    return (SignedIn(reason=reason),)


def public(reason: str) -> Sequence[object]:
    """The declaration of a field that is open to everyone."""
    return (Public(reason=reason),)
