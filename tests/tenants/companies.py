"""What the tests of identity call a company: a tenant with one member who can sign in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from infra.database import Record
from tenants.directory import Tenant
from tenants.sessions import Membership

PASSWORD = "a lamp, a river, nine cranes"


@dataclass(frozen=True)
class Company:
    """A tenant with one member, who signs in with `login` and `PASSWORD`."""

    tenant: Tenant
    member: Membership
    login: str


MakeCompany = Callable[..., Awaitable[Company]]


class Superuser(Protocol):
    """A connection that no wall stops, for turning back clocks and looking behind."""

    async def fetch(self, query: str, *values: Any) -> list[Record]:
        """All rows."""
        ...

    async def fetchrow(self, query: str, *values: Any) -> Record | None:
        """The first row."""
        ...

    async def fetchval(self, query: str, *values: Any) -> Any:
        """The first value."""
        ...

    async def execute(self, query: str, *values: Any) -> str:
        """The statement's status."""
        ...
