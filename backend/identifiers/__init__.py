"""Identifiers of traceable objects, parties and places: every written form read into one canonical form, and written back."""

from backend.identifiers.errors import InvalidIdentifierError
from backend.identifiers.parsing import is_uri, parse_identifier
from backend.identifiers.private_forms import (
    private_lot,
    private_object,
    private_product,
    private_transformation,
    private_unit,
)
from backend.identifiers.types import DIGITAL_LINK_ROOT, STEPS_OF_GENEALOGY, Identifier, IdentifierRole, ObjectKind
from backend.identifiers.writing import as_digital_link, as_urn

__all__ = [
    "DIGITAL_LINK_ROOT",
    "STEPS_OF_GENEALOGY",
    "Identifier",
    "IdentifierRole",
    "InvalidIdentifierError",
    "ObjectKind",
    "as_digital_link",
    "as_urn",
    "is_uri",
    "parse_identifier",
    "private_lot",
    "private_object",
    "private_product",
    "private_transformation",
    "private_unit",
]
