"""What told attributes say of names, addresses and kinds. Rules only."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from backend.catalog.attributes import local_name, texts
from backend.catalog.languages import MOST_LANGUAGES, NAME_LENGTH, usable
from backend.catalog.telling import EPC_CLASS, Element

# The attributes by which a thing may be called, the most telling first (CBV 2.0 §10; GS1 Web Vocabulary).
_OF_PRODUCTS: Final = (
    "productName", "tradeItemDescription", "regulatedProductName", "labelDescription", "productDescription", "descriptionShort",
    "functionalName", "name",
)  # fmt: skip
_OF_OTHERS: Final = (
    "name", "physicalLocationName", "locationName", "placeName", "organizationName", "partyName", "description", "descriptionShort",
)  # fmt: skip
# In the order in which an address is written; the second column is what the parts of an address object are called.
_ADDRESS: Final = (
    ("streetAddressOne", "streetAddress"),
    ("streetAddressTwo", "streetAddressLine2"),
    ("streetAddressThree", "streetAddressLine3"),
    ("city", "addressLocality"),
    ("state", "addressRegion"),
    ("postalCode", "postalCode"),
    ("countryCode", "addressCountry"),
)
_LONGEST_ADDRESS: Final = 500


def names_of(element: Element) -> dict[str, str]:
    """The names by language, each from the attribute that tells most; names too long to be shown are cut."""
    wanted = _OF_PRODUCTS if element.vocabulary == EPC_CLASS else _OF_OTHERS
    told: dict[str, list[Any]] = {}
    for name, value in element.attributes:
        told.setdefault(local_name(name), []).append(value)
    names: dict[str, str] = {}
    for word in wanted:
        for language, text in texts(told.get(word, [])):
            name = " ".join(text.split())[:NAME_LENGTH]
            if usable(name) and len(names) < MOST_LANGUAGES:
                names.setdefault(language, name)
    return names


def address_of(element: Element) -> str:
    """The address in one line; empty where none is told."""
    told = {local_name(name): value for name, value in reversed(element.attributes)}
    parts: Mapping[str, Any] = told
    for name in ("address", "postalAddress", "physicalAddress"):
        found = told.get(name)
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, Mapping):
            parts = {local_name(str(key)): value for key, value in found.items()} | told
        elif isinstance(found, str) and found.strip():
            return found.strip()[:_LONGEST_ADDRESS]
    lines = [_first([parts.get(name) for name in names]) for names in _ADDRESS]
    return ", ".join(line for line in lines if line)[:_LONGEST_ADDRESS]


def _first(values: Sequence[Any]) -> str:
    return next((text.strip() for value in values for _, text in texts(value) if text.strip()), "")
