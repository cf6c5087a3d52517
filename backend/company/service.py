"""What the company tells of itself: put and read. Documents that are made from then on tell it so; those that exist stay as they are."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from backend.company import repository
from backend.notifications.configurations import EMAIL
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class CompanyProfile:
    """As authorities ask for it; each is empty where nobody has told it. `legal_name` is empty where it is the company's name in the service.

    `address` is the registered one (住所); `registration_number` the one by which authorities know the firm: 统一社会信用代码, FEI or VAT.
    """

    legal_name: str = ""
    address: str = ""
    legal_representative: str = ""
    registration_number: str = ""
    phone: str = ""
    email: str = ""
    changed_at: datetime | None = None

    def told(self) -> dict[str, str]:
        """The texts by their names."""
        return {name: text for name, text in asdict(self).items() if name != "changed_at"}


async def profile_of(tx: TenantTransaction) -> CompanyProfile:
    """As it is now; empty where nobody has told anything."""
    row = await repository.profile(tx)
    return CompanyProfile(**row) if row is not None else CompanyProfile()


async def put_profile(tx: TenantTransaction, principal: Principal, given: CompanyProfile) -> None:
    """Tell it as a whole: what is empty is taken away. It is the company's, and no site's. Raises `InvalidInputError`."""
    principal.require_everywhere(Permission.CATALOG_WRITE)
    texts = {name: text.strip() for name, text in given.told().items()}
    for name, text in texts.items():
        lines = name == "address"
        if len(text) > LONGEST or any(not (character.isprintable() or (lines and character == "\n")) for character in text):
            shown = "".join(word.title() if place else word for place, word in enumerate(name.split("_")))
            raise InvalidInputError(f"“{shown}” has more than {LONGEST} characters, or one that can't be printed.", field=shown)
    if texts["email"] and not EMAIL.fullmatch(texts["email"]):
        raise InvalidInputError("This is no e-mail address, such as quality@example.com.", field="email")
    before = (await profile_of(tx)).told()
    await repository.put_profile(tx, **texts, at=clock.now())
    await audit.record(tx, principal, "company_profile.put", "company_profile:tenant", before=before, after=texts)
