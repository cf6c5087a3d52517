"""What the tests of identity call a company: a tenant with one member who can sign in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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
