"""Codes read, and built for labels."""

import strawberry

from backend.codes.reading import read_code
from backend.codes.types import BuiltCode, ReadCode
from backend.codes.writing import write_code
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.fields import field
from backend.history.addresses import home_of
from infra.errors import InvalidInputError
from tenants.permissions import Permission

MOST_CODES = 100
_PREFIX_LENGTHS = range(6, 13)


@strawberry.input(description="One application identifier with its value.")
class CodeElementInput:
    """The value as it stands in a code: dates as YYMMDD, weights with the decimals that the identifier tells."""

    ai: str
    value: str


@strawberry.input(description="What a code is to say: elements, or a text in any form that `readCode` reads.")
class CodeInput:
    """Elements count where both are given."""

    elements: list[CodeElementInput] | None = None
    text: str | None = None


@strawberry.type
class CodeQueries:
    """Neither changes anything."""

    @field(
        description="What a text says that may be a code: scanned, typed, a link, a URN. `companyPrefixLength` (6 to 12) lets its URN be written.",
        directives=requires(Permission.TRACE_READ, Cost(weight=2)),
    )
    async def read_code(self, info: Info, text: str, company_prefix_length: int | None = None) -> ReadCode | None:
        """Whatever is wrong with the text stands in its faults."""
        if company_prefix_length is not None and company_prefix_length not in _PREFIX_LENGTHS:
            raise InvalidInputError("A GS1 company prefix has 6 to 12 digits.", field="companyPrefixLength")
        return ReadCode.of(read_code(text), _own_domain(info.context), company_prefix_length)

    @field(description="What is printed of a code.", directives=requires(Permission.CATALOG_READ, Cost(weight=2)))
    async def build_code(self, info: Info, code: CodeInput) -> BuiltCode | None:
        """Whatever keeps it from being written stands in its faults."""
        return _built(code, _own_domain(info.context))

    @field(
        description=f"The same of up to {MOST_CODES} codes, in their order: a sheet of labels.",
        directives=requires(Permission.CATALOG_READ, Cost(weight=10), ListSize(assumed_size=MOST_CODES)),
    )
    async def build_codes(self, info: Info, codes: list[CodeInput]) -> list[BuiltCode] | None:
        """A code with faults doesn't hinder the others."""
        if len(codes) > MOST_CODES:
            raise InvalidInputError(f"{len(codes)} codes at once; {MOST_CODES} are the most.", field="codes")
        domain = _own_domain(info.context)
        return [_built(code, domain) for code in codes]


def _own_domain(context: Context) -> str:
    return home_of(context.caller_principal.tenant_slug, context.services.settings.public_url)


def _built(code: CodeInput, domain: str) -> BuiltCode:
    given = [(element.ai, element.value) for element in code.elements or ()]
    return BuiltCode(written=write_code(given, code.text, stem=domain))
