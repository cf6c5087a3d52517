"""Settings from the environment (prefix `SUYUAN_`), typed, with defaults that are safe; weak secrets refuse to start in production."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEMO_SECRET_PREFIX = "demo-"  # noqa: S105 - marks the secrets that only a demo may use
# A secret of the demo's, or an address with a password of its.
_DEMO_SECRET = re.compile(rf"^{DEMO_SECRET_PREFIX}|://[^/@]*:{DEMO_SECRET_PREFIX}")


class Environment(StrEnum):
    """Where the service runs; production refuses what a demo may do."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Every setting of the service. An unset secret or address has no default in production."""

    # What is wrong is named and never shown: it may be a secret, or stand beside one.
    model_config = SettingsConfigDict(env_prefix="SUYUAN_", extra="ignore", hide_input_in_errors=True)

    environment: Environment = Environment.PRODUCTION
    public_url: str = Field(description="Where people reach the service, e.g. https://trace.example.com; tenants' pages are at {slug}.<host>")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)

    database_url: SecretStr = Field(description="Role suyuan_app: what requests use; owns nothing, row level security applies")
    database_relay_url: SecretStr = Field(description="Role suyuan_relay: reads the outbox of all tenants, nothing else")
    database_auth_url: SecretStr = Field(description="Role suyuan_auth: the sign-in directory, nothing else")
    database_public_url: SecretStr = Field(description="Role suyuan_public: the published product histories, nothing else")
    database_owner_url: SecretStr | None = Field(default=None, description="Role suyuan_migrator: migrations only; not given to servers")
    database_pool_size: int = Field(default=10, ge=1, le=200)
    statement_timeout_ms: int = Field(default=3_000, ge=100, le=60_000, description="For requests; captures have their own")

    redis_url: SecretStr
    s3_endpoint: str | None = Field(default=None, description="None: AWS's own for the region")
    s3_public_endpoint: str | None = Field(default=None, description="Where browsers and phones reach the store, if that is not s3_endpoint")
    s3_gateway: bool = Field(default=False, description="Pass requests for the bucket on to the store on the service's own port: for one machine")
    s3_region: str = "us-east-1"
    s3_bucket: str = "suyuan"
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    s3_path_style: bool = True

    token_signing_key: SecretStr = Field(description="Ed25519 private key, base64url of its 32 bytes")
    token_retired_keys: tuple[str, ...] = Field(
        default=(), description="Ed25519 public keys (base64url) whose tokens still verify after the signing key was changed; a JSON list"
    )
    encryption_key: SecretStr = Field(description="Seals the secrets of second factors in the database: 32 random bytes, base64url")
    encryption_retired_keys: tuple[SecretStr, ...] = Field(
        default=(), description="Former encryption keys, which still open what they sealed; a JSON list. `reseal-secrets` makes them dispensable"
    )
    token_issuer: str = "suyuan"  # noqa: S105 - a name, not a secret
    access_token_seconds: int = Field(default=600, ge=60, le=600)
    refresh_token_seconds: int = Field(default=30 * 86_400, ge=3_600)

    document_retention_days: int = Field(default=1_826, ge=1, le=36_500, description="How long made documents are kept; five years")
    capture_max_bytes: int = Field(default=10_000_000, ge=10_000, description="Of a document that is stored as a whole or not at all")
    capture_max_events: int = Field(default=2_000, ge=1, description="Of a document that is stored as a whole or not at all")
    capture_bulk_max_bytes: int = Field(default=2_000_000_000, ge=10_000, le=5_000_000_000, description="Of one whose good events are stored")
    capture_bulk_max_events: int = Field(default=2_000_000, ge=1, description="Of one whose good events are stored")
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="How many proxies in front of the service set X-Forwarded-For")
    limit_tenant_requests: int = Field(default=3_000, ge=1, description="A tenant's requests in ten seconds; see fairness.md for all limits")
    limit_caller_requests: int = Field(default=600, ge=1, description="Of those, what one session, key or device may send")
    limit_tenant_bytes: int = Field(default=120_000_000, ge=1, description="What a tenant may send in a minute, in bytes")
    limit_address_requests: int = Field(default=600, ge=1, description="What one address may send in a minute without having signed in")
    outward_loopback: bool = Field(default=False, description="Let subscriptions report to this machine itself: for tests and demos only")
    log_level: str = "INFO"
    log_json: bool = True

    @property
    def is_production(self) -> bool:
        """Whether nothing may be done that only a demo or a test may."""
        return self.environment is Environment.PRODUCTION

    @model_validator(mode="after")
    def _refuse_demo_secrets_in_production(self) -> Self:
        if self.environment is not Environment.PRODUCTION:
            return self
        secrets = [(name, value) for name in type(self).model_fields if isinstance(value := getattr(self, name), SecretStr)]
        secrets += [("encryption_retired_keys", key) for key in self.encryption_retired_keys]
        weak = {f"SUYUAN_{name.upper()}" for name, value in secrets if _DEMO_SECRET.search(value.get_secret_value())}
        if weak:
            raise ValueError(f"the demo's secrets do not start in production: set your own for {', '.join(sorted(weak))}")
        if self.outward_loopback:
            raise ValueError("SUYUAN_OUTWARD_LOOPBACK is for tests and demos: in production it would open the inside of the network to users")
        return self


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The process's settings, read once; raises pydantic's ValidationError naming every variable that is missing or wrong."""
    return Settings()  # type: ignore[call-arg]  # the environment gives them
