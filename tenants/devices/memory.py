"""That a proof of possession is used once: remembered in Redis, or, with a nonce of its own, in PostgreSQL while Redis is away."""

from datetime import datetime
from typing import Final

from redis.asyncio import Redis

from infra.database import Database
from tenants.devices import repository
from tenants.devices.dpop import LONGEST_USE, Freshness, Nonces, Proof
from tenants.devices.errors import NonceRequiredError, ProofInvalidError
from tenants.optional_redis import OptionalRedis
from tenants.round_trip import RoundTrip

PROOF_SECONDS: Final = int(LONGEST_USE.total_seconds())


class ProofMemory:
    """Remembers proofs for as long as they could be accepted.

    Which of the two stores is asked depends on the proof alone: on its clock or an ordinary nonce, Redis; on an outage's nonce,
    PostgreSQL. So a proof that was used before Redis went away, or by a process that still reached it, is never taken again.
    """

    def __init__(self, app: Database, redis: OptionalRedis, nonces: Nonces) -> None:
        self._app = app
        self._redis = redis
        self._nonces = nonces

    async def use(self, tenant_id: int, proof: Proof, moment: datetime, trip: RoundTrip | None = None) -> None:
        """Raises `ProofInvalidError` for a proof that was used, `NonceRequiredError` with an outage's nonce while Redis is away."""
        if proof.freshness is Freshness.OUTAGE_NONCE:
            async with self._app.tenant(tenant_id) as tx:
                first = await repository.remember_proof(tx, proof.sha256, moment + LONGEST_USE)
        else:
            first = await self._use_in_redis(proof, moment, trip)
        if not first:
            raise ProofInvalidError("it was used before")

    async def _use_in_redis(self, proof: Proof, moment: datetime, trip: RoundTrip | None) -> bool:
        key = key_of(proof)

        async def put(redis: Redis) -> bool:
            return await redis.set(key, b"1", nx=True, ex=PROOF_SECONDS) is not None

        # Asked a second time it would take the proof for used.
        first = trip.proof_is_new if trip is not None and trip.proof_key == key else await self._redis.attempt(put)
        if first is None:
            raise NonceRequiredError(self._nonces.issue(moment, outage=True))
        return first


def key_of(proof: Proof) -> str:
    """Where Redis keeps that a proof was used; empty for one that PostgreSQL keeps."""
    return "" if proof.freshness is Freshness.OUTAGE_NONCE else f"suyuan:proof:{proof.sha256.hex()}"
