"""What a search finds, as GraphQL shows it."""

from enum import Enum

import strawberry

from backend.catalog.types import Location, Partner, Product, load_location, load_partner, load_product
from backend.graphql.context import Info
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from backend.objects.types import TraceableObject
from backend.search.kinds import SearchKind
from backend.search.ranking import Hit, How, Where
from backend.search.service import Found

strawberry.enum(SearchKind, description="What a search finds; a FIELD is the value of any other field of events, a PARAMETER a field with numbers.")
strawberry.enum(Where, name="SearchMatched", description="What matched: number or code, whole identifier, name, or the product of a lot.")


@strawberry.enum(description="How the text stands in what matched, the best first.")
class SearchMatch(Enum):
    """The same in another case counts as exact."""

    EXACT = "EXACT"
    PREFIX = "PREFIX"
    SUFFIX = "SUFFIX"
    WORD = "WORD"
    INFIX = "INFIX"


_HOW = {
    How.EXACT: SearchMatch.EXACT, How.SAME: SearchMatch.EXACT, How.PREFIX: SearchMatch.PREFIX, How.SUFFIX: SearchMatch.SUFFIX,
    How.WORD: SearchMatch.WORD, How.INFIX: SearchMatch.INFIX,
}  # fmt: skip


@strawberry.type(description="One thing that was found.")
class SearchHit:
    """`key` is its canonical key or URI, `code` what people call it. `type` is a document's type, or the last part of a field's name.

    `matchedText` is what matched; names and codes in another case stand in it as they were compared.
    """

    kind: SearchKind
    key: str
    code: str
    type: str | None
    match: SearchMatch
    matched: Where
    matched_text: str
    hit: strawberry.Private[Hit]

    @classmethod
    def of(cls, hit: Hit) -> "SearchHit":
        """From the service's."""
        return cls(
            kind=hit.kind, key=hit.key, code=hit.code, type=hit.detail or None, match=_HOW[hit.how], matched=hit.where,
            matched_text=hit.matched, hit=hit,
        )  # fmt: skip

    @field(description="Its name, or its product's, in the language of Accept-Language.")
    async def name(self, info: Info) -> str | None:
        """Null where the catalogue doesn't know it."""
        named: Product | Location | Partner | None
        if self.kind is SearchKind.PLACE:
            named = await load_location(info.context, self.key)
        elif self.kind is SearchKind.PARTNER:
            named = await load_partner(info.context, self.key)
        else:
            named = await load_product(info.context, self._gtin)
        return named.name or None if named else None

    @property
    def _gtin(self) -> str | None:
        if self.kind is SearchKind.PRODUCT:
            return self.key
        return self.hit.thing.gtin if self.hit.thing else None

    @field(description="The object; null for anything else.")
    async def object(self) -> TraceableObject | None:
        """From here a trace begins."""
        return TraceableObject.of(self.hit.thing) if self.hit.thing else None

    @field(description="The catalogue's entry for a product, or for the product of an object.")
    async def product(self, info: Info) -> Product | None:
        """Null where the catalogue doesn't know it."""
        return await load_product(info.context, self._gtin)

    @field(description="The catalogue's entry for a place.")
    async def location(self, info: Info) -> Location | None:
        """Null for anything else."""
        return await load_location(info.context, self.key) if self.kind is SearchKind.PLACE else None

    @field(description="The catalogue's entry for a partner.")
    async def partner(self, info: Info) -> Partner | None:
        """Null for anything else."""
        return await load_partner(info.context, self.key) if self.kind is SearchKind.PARTNER else None


@strawberry.type(description="What a text finds, the best first, kinds together.")
class SearchResult:
    """`more`: there is, or may be, more than is told. Type on, or ask for a kind alone."""

    more: bool
    found: strawberry.Private[Found]

    @classmethod
    def of(cls, found: Found) -> "SearchResult":
        """From the service's."""
        return cls(more=found.more, found=found)

    @field(description="At most `first` of them.", directives=(ListSize(assumed_size=20),))
    async def hits(self) -> list[SearchHit]:
        """Exact ones before those that begin so, end so, have a word that begins so, or hold it anywhere."""
        return [SearchHit.of(hit) for hit in self.found.hits]
