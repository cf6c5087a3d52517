"""What the company tells of itself as GraphQL shows it."""

from datetime import datetime

import strawberry

from backend.company import service


@strawberry.type(description="What the company tells of itself in letters and notices; empty where nobody has told it.")
class CompanyProfile:
    """`legalName` where it differs from the company's name here; `address` is the registered one (住所); `legalRepresentative` 法定代表人.

    `registrationNumber` is the number by which authorities know the firm: 统一社会信用代码, FEI, VAT number.
    """

    legal_name: str
    address: str
    legal_representative: str
    registration_number: str
    phone: str
    email: str
    changed_at: datetime | None

    @classmethod
    def of(cls, profile: service.CompanyProfile) -> "CompanyProfile":
        """From the service's."""
        return cls(**profile.told(), changed_at=profile.changed_at)
