"""What every use case on a person's account works with: his passwords, factors and sessions, and where they stand."""

from dataclasses import dataclass

from infra.database import Database
from tenants.passwords import Passwords
from tenants.second_factor.service import SecondFactors
from tenants.session_control import SessionControl
from tenants.standing import Standings
from tenants.throttle import Throttle


@dataclass(frozen=True, slots=True)
class AccountMeans:
    """One set for a process."""

    app: Database
    auth: Database
    passwords: Passwords
    throttle: Throttle
    standings: Standings
    second_factors: SecondFactors
    session_control: SessionControl


class AccountUseCases:
    """The ground of `Credentials`, where the person himself acts, and of `Resets`, where an administrator helps him."""

    def __init__(self, means: AccountMeans) -> None:
        self._app = means.app
        self._auth = means.auth
        self._passwords = means.passwords
        self._throttle = means.throttle
        self._standings = means.standings
        self._second_factors = means.second_factors
        self._session_control = means.session_control
