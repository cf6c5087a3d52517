"""Codes as GraphQL shows them: read, and to be printed."""

import asyncio
from typing import Final

import strawberry

from backend.catalog.loaders import sites_for
from backend.catalog.types import Product, load_product
from backend.codes import faults, writing
from backend.codes.element_types import CodeElement
from backend.codes.reading import CodeForm, Reading
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize
from backend.graphql.fields import field
from backend.identifiers import ObjectKind, as_urn
from backend.identifiers.types import LONGEST_IDENTIFIER
from backend.objects import service as objects
from backend.objects.errors import AmbiguousCodeError, ObjectNotFoundError
from backend.objects.types import TraceableObject
from tenants.permissions import Permission

strawberry.enum(CodeForm, description="How a code is written.")
_FAULTS: Final = (ListSize(assumed_size=3),)
_ELEMENTS: Final = (ListSize(assumed_size=5),)


@strawberry.type(description="What is wrong with a code.")
class CodeFault:
    """`position` counts characters of the text, or elements of what is to be built, from 1; null where it can't be told."""

    code: str
    message: str
    mend: str
    position: int | None
    ai: str | None

    @classmethod
    def of(cls, fault: faults.Fault) -> "CodeFault":
        """From the reader's."""
        return cls(code=fault.code, message=fault.message, mend=fault.mend, position=fault.position, ai=fault.ai)


@strawberry.type(description="A text that may be a code, read.")
class ReadCode:
    """What isn't known is null: `key`, `uri` and `kind` of a text that names nothing, the `urn` without its company prefix's length."""

    form: CodeForm
    symbology: str | None
    kind: ObjectKind | None
    key: str | None
    uri: str | None
    urn: str | None
    parameters: list[str]
    reading: strawberry.Private[Reading]
    written: strawberry.Private[writing.Written]

    @classmethod
    def of(cls, reading: Reading, stem: str, prefix_length: int | None) -> "ReadCode":
        """`stem` is the caller's own domain."""
        found = reading.identifier
        return cls(
            form=reading.form, symbology=reading.symbology, kind=found.kind if found else None, key=found.key if found else None,
            uri=found.uri if found else None, urn=as_urn(found, prefix_length) if found else None, parameters=list(reading.parameters),
            reading=reading, written=writing.linked(reading.elements, stem),
        )  # fmt: skip

    @field(description="The same under the own domain, with its attributes.")
    async def digital_link(self) -> str | None:
        """Null without a key of GS1's."""
        return self.written.link

    @field(description="The same, compressed.")
    async def compressed_link(self) -> str | None:
        """Null without a key of GS1's."""
        return self.written.compressed_link

    @field(description='With "^" for each FNC1.')
    async def element_string(self) -> str | None:
        """Null without elements."""
        return self.written.element_string if self.reading.elements else None

    @field(description="With brackets around the identifiers.")
    async def bracketed(self) -> str | None:
        """Null without elements."""
        return self.written.bracketed if self.reading.elements else None

    @field(description="The lines that are printed under a barcode.", directives=_ELEMENTS)
    async def hri(self) -> list[str]:
        """One for each element."""
        return self.written.hri

    @field(description="All that the code says.", directives=_ELEMENTS)
    async def elements(self, info: Info) -> list[CodeElement]:
        """In the order in which they stand there."""
        context = info.context
        return [CodeElement.of(element, context.language, context.started_at.date()) for element in self.reading.elements]

    @field(description="What is wrong with it; empty where nothing is.", directives=_FAULTS)
    async def faults(self) -> list[CodeFault]:
        """With how to put each right."""
        return [CodeFault.of(fault) for fault in self.reading.faults]

    @field(description="The object that it means, if you know it here; by a bare lot number or serial too.", directives=(Cost(weight=2),))
    async def object(self, info: Info) -> TraceableObject | None:
        """Null also for one that is met at other sites only."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        key = self.reading.identifier.key if self.reading.identifier else self.reading.text
        if len(key) > LONGEST_IDENTIFIER:
            return None
        async with info.context.reading() as tx:
            try:
                return TraceableObject.of(await objects.find(tx, key, sites))
            except (ObjectNotFoundError, AmbiguousCodeError):
                return None

    @field(description="The catalogue's entry for the product in it.")
    async def product(self, info: Info) -> Product | None:
        """By GTIN."""
        found = self.reading.identifier
        return await load_product(info.context, found.gtin if found else None)


@strawberry.type(description="A code in every form in which it can be printed; all is null where there are faults.")
class BuiltCode:
    """Pictures are SVG without a size, one unit a module, with their quiet zones."""

    written: strawberry.Private[writing.Written]

    @field(description='For a printer\'s driver: with "^" for each FNC1, the first included.')
    async def element_string(self) -> str | None:
        """GS1-128, GS1 DataMatrix and GS1 QR take the same."""
        return self.written.element_string if self.written.elements else None

    @field(description="What a scanner sends: without the first FNC1, the others as the character GS.")
    async def scan_data(self) -> str | None:
        """Behind ]C1, ]d2 or ]Q3."""
        return self.written.data if self.written.elements else None

    @field(description="With brackets around the identifiers.")
    async def bracketed(self) -> str | None:
        """As it is typed."""
        return self.written.bracketed if self.written.elements else None

    @field(description="The lines that are printed under a barcode.", directives=_ELEMENTS)
    async def hri(self) -> list[str]:
        """One for each element."""
        return self.written.hri

    @field(description="Under the own domain; null without a key.")
    async def digital_link(self) -> str | None:
        """For QR codes that phones open."""
        return self.written.link

    @field(description="The same, compressed; null without a key.")
    async def compressed_link(self) -> str | None:
        """Shorter; not every resolver reads it."""
        return self.written.compressed_link

    @field(description="A QR code of the Digital Link.", directives=(Cost(weight=15),))
    async def qr_svg(self, *, compressed: bool = False) -> str | None:
        """Null without a key. Drawing takes a while, and is done beside the event loop."""
        return await asyncio.to_thread(writing.qr_of, self.written, compressed=compressed)

    @field(description="A GS1 DataMatrix of the elements.", directives=(Cost(weight=5),))
    async def data_matrix_svg(self) -> str | None:
        """Null for more than it holds."""
        return await asyncio.to_thread(writing.datamatrix_of, self.written)

    @field(description="A GS1-128 of the elements; null for more than its 48 characters.", directives=(Cost(weight=5),))
    async def gs1_128_svg(self) -> str | None:
        """Of one height; bars may be stretched."""
        return writing.gs1_128_of(self.written)

    @field(description="What keeps it from being written; empty where nothing does.", directives=_FAULTS)
    async def faults(self) -> list[CodeFault]:
        """With how to put each right."""
        return [CodeFault.of(fault) for fault in self.written.faults]
