"""The refusal of who asks for too much."""

from collections.abc import Sequence
from typing import Final

from infra.errors import TooManyRequestsError

# draft-ietf-httpapi-ratelimit-headers-10, "Problem Types".
QUOTA_EXCEEDED: Final = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class RateLimitedError(TooManyRequestsError):
    """A limit on the rate was reached; nothing of the request was done. `policies` are the names of the limits."""

    code = "RATE_LIMITED"

    def __init__(self, policies: Sequence[str], retry_after: int) -> None:
        super().__init__(
            f"Too much was asked for at once (limit: {', '.join(policies)}). Try again in {retry_after} s; the RateLimit field tells what is left.",
            retry_after=retry_after,
            problem={"type": QUOTA_EXCEEDED, "violated-policies": list(policies)},
        )
