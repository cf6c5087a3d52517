"""What held when of the catalogue's entries, and what documents tell of them, as GraphQL shows it."""

from dataclasses import asdict
from datetime import datetime

import msgspec
import strawberry
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

from backend.catalog import languages, loaders
from backend.catalog.entries import Kind
from backend.catalog.languages import name_in
from backend.catalog.master_data import Told
from backend.catalog.sites import Sites
from backend.catalog.versions import Version
from backend.graphql.context import Context
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect
from tenants.permissions import Permission

_APART = ("gtin", "place", "party", "names", "told")


@strawberry.type(description="A name in one language.")
class Translation:
    """`language` as BCP 47 writes it; "und" where nobody told it."""

    language: str
    name: str


@strawberry.type(description="A name in each language in which it is known.")
class Names:
    """Chinese and English, and all of them."""

    zh: str | None
    en: str | None
    given: strawberry.Private[languages.Names]

    @classmethod
    def of(cls, names: languages.Names) -> "Names":
        """From the catalogue's."""
        return cls(zh=_in(names, "zh"), en=_in(names, "en"), given=names)

    @field(description="Every language in order of its tag.", directives=(ListSize(assumed_size=4),))
    def all(self) -> list[Translation]:
        """At most 40."""
        return [Translation(language=language, name=name) for language, name in sorted(self.given.items())]


def _in(names: languages.Names, language: str) -> str | None:
    alike = {tag: name for tag, name in names.items() if tag.partition("-")[0] == language}
    return name_in(alike, language) or None


@strawberry.type(description="A state of an entry of the catalogue, from when to when it held.", directives=requires(Permission.CATALOG_READ))
class CatalogVersion:
    """`validTo` is null for what holds until something else is put. Where both are one moment, it was put right before it held."""

    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    recorded_by: str
    told: bool = strawberry.field(description="It was known from others' documents only.")
    name: str
    names: Names
    state: JSON = strawberry.field(description="Everything else that held.")

    @classmethod
    def of(cls, version: Version, wanted: tuple[str, ...]) -> "CatalogVersion":
        """From the catalogue's."""
        state = {to_camel_case(name): value for name, value in asdict(version.entry).items() if name not in _APART}
        return cls(
            valid_from=version.valid_from, valid_to=version.valid_to, recorded_at=version.recorded_at, recorded_by=version.recorded_by,
            told=version.told, name=name_in(version.entry.names, wanted), names=Names.of(version.entry.names), state=JSON(state),
        )  # fmt: skip


@strawberry.type(description="What one source tells of a product, place or partner.", directives=requires(Permission.CATALOG_READ))
class ToldMasterData:
    """`vocabulary` is the URI of its type (EPCIS 2.0 §9); `attributes` are as they were told, unknown ones too."""

    vocabulary: str
    element: str = strawberry.field(description="Its id as it was written.")
    teller: str
    own: bool = strawberry.field(description="It is the company's own word.")
    valid_from: datetime
    attributes: JSON
    children: list[str] = strawberry.field(
        description="The URIs of what lies in it, as far as you may see it; at most 500.", directives=(ListSize(assumed_size=10),)
    )

    @classmethod
    def of(cls, told: Told, sites: Sites | None) -> "ToldMasterData":
        """From the store's, as somebody of these sites may see it."""
        children: list[str] = [child for child in told.body.get("children", ()) if sites is None or sites.cover(child)][:500]
        return cls(
            vocabulary=told.vocabulary, element=told.captured, teller=told.teller, own=told.own, valid_from=told.valid_from,
            attributes=JSON(told.attributes), children=children,
        )  # fmt: skip


async def versions_of(context: Context, kind: Kind, key: str, page: Page) -> Connection[CatalogVersion]:
    """A page of an entry's states, the last first."""
    rows = await context.load(loaders.pages_of_versions, (kind, key, _read_cursor(page), page.backward, page.limit))
    return connect(page, rows, node=lambda version: CatalogVersion.of(version, context.languages), cursor=_cursor)


async def told_about(context: Context, element: str) -> list[ToldMasterData]:
    """What at most 20 sources tell of it."""
    sites = await loaders.sites_for(context, Permission.CATALOG_READ)
    return [ToldMasterData.of(told, sites) for told in (await context.load(loaders.told, element))[:20]]


def _cursor(version: Version) -> str:
    return msgspec.json.encode((version.valid_from, version.version_id)).decode()


def _read_cursor(page: Page) -> tuple[datetime, int] | None:
    if page.cursor is None:
        return None
    try:
        moment, number = msgspec.json.decode(page.cursor, type=tuple[datetime, int])
    except msgspec.MsgspecError as problem:
        raise page.unknown_cursor() from problem
    if moment.tzinfo is None or not 0 <= number < 2**63:
        raise page.unknown_cursor()
    return moment, number
