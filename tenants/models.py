"""The tables of identity: the few global ones by which a tenant is found, and what a tenant owns about its people."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    func,
    text,
)

from infra.roles import APPLICATION, AUTH, PUBLIC
from infra.schema import Key, global_table, tenant_table

tenant = global_table(
    "tenant",
    Column("tenant_id", Integer, Identity(), primary_key=True),
    Column("public_id", Uuid, nullable=False, unique=True),
    Column("slug", Key, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("locale", Text, nullable=False),
    Column("sandbox", Boolean, nullable=False, server_default=text("false")),
    # The company whose sandbox this is; a reset retires a generation, which no token, key or host name finds any more.
    Column("sandbox_of", Integer, ForeignKey("tenant.tenant_id")),
    Column("retired_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("sandbox or (sandbox_of is null and retired_at is null)", name="sandbox"),
    CheckConstraint("slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) between 2 and 63", name="slug"),
    # UPDATE is for a reset, which passes slug and public id on to the next generation.
    grants={APPLICATION: ("SELECT",), AUTH: ("SELECT", "INSERT", "UPDATE"), PUBLIC: ("SELECT",)},
    reason="a host name, a token or a key names its tenant before any tenant is known",
)
Index("ix_tenant_sandbox_of", tenant.c.sandbox_of, unique=True, postgresql_where=text("retired_at is null"))

person = global_table(
    "person",
    Column("person_id", Uuid, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text),
    # Whether it is long enough to stand without a second factor (NIST SP 800-63B-4 §3.1.1.2).
    Column("password_long", Boolean, nullable=False, server_default=text("true")),
    # Raised to end every session of the person at once, in all tenants.
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    grants={AUTH: ("SELECT", "INSERT", "UPDATE")},
    reason="one person may work for several tenants and has one password",
)

login_directory = global_table(
    "login_directory",
    Column("login_name", Key, primary_key=True),
    Column("person_id", Uuid, ForeignKey(person.c.person_id), nullable=False, index=True),
    grants={AUTH: ("SELECT", "INSERT", "DELETE")},
    reason="a sign-in name is unique everywhere: the person is found by it before a tenant is chosen",
)

person_tenant = global_table(
    "person_tenant",
    Column("person_id", Uuid, ForeignKey(person.c.person_id), primary_key=True),
    Column("tenant_id", Integer, ForeignKey(tenant.c.tenant_id), primary_key=True),
    grants={AUTH: ("SELECT", "INSERT", "DELETE")},
    # It may name a tenant too many, never one too few: it is written before the membership.
    reason="where to look for a person's memberships; the membership itself decides",
)

sign_in_attempt = global_table(
    "sign_in_attempt",
    # SHA-256 of the sign-in name or of the address: the table says nothing about who exists.
    Column("subject_sha256", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("window_started_at", DateTime(timezone=True), nullable=False),
    Column("window_failures", Integer, nullable=False),
    grants={AUTH: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    reason="failed sign-ins are counted by name and address, whether or not anyone has that name",
)

resolver_claim = global_table(
    "resolver_claim",
    # 14 digits: one GTIN; 4 to 12 digits: a GS1 company prefix.
    Column("claimed", Key, primary_key=True),
    Column("tenant_id", Integer, ForeignKey(tenant.c.tenant_id), nullable=False, index=True),
    Column("verified_at", DateTime(timezone=True)),
    CheckConstraint("claimed ~ '^([0-9]{14}|[0-9]{4,12})$'", name="claimed"),
    grants={APPLICATION: ("SELECT",), AUTH: ("SELECT", "INSERT", "UPDATE", "DELETE"), PUBLIC: ("SELECT",)},
    reason="a bare resolver host finds the tenant by the company prefix or GTIN that it has proved to own",
)

membership = tenant_table(
    "membership",
    Column("membership_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("deactivated_at", DateTime(timezone=True)),
    key=("membership_id",),
    unique=[("person_id",)],
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE")},
)

# A tenant's own roles; the built-in ones stand in `tenants/permissions.py`.
custom_role = tenant_table(
    "custom_role",
    Column("role", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False),
    # Names of permissions as a JSON list.
    Column("permissions", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("archived_at", DateTime(timezone=True)),
    key=("role",),
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE")},
)

membership_grant = tenant_table(
    "membership_grant",
    Column("membership_id", Uuid, nullable=False),
    # A built-in role or a custom one.
    Column("role", Key, nullable=False),
    # The canonical URI of a place; empty means everywhere.
    Column("site", Key, nullable=False, server_default=""),
    Column("expires_at", DateTime(timezone=True)),
    Column("granted_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("membership_id", "role", "site"),
    references=[(("membership_id",), "membership.membership_id")],
)

session = tenant_table(
    "session",
    Column("session_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("epoch", Integer, nullable=False),
    # Names the family in a refresh token and stands in no list, log or access token.
    Column("selector", LargeBinary, nullable=False),
    Column("token_sha256", LargeBinary, nullable=False),
    Column("previous_sha256", LargeBinary),
    Column("rotated_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_because", Text),
    # The enrolled phone that the session is bound to, and no other may use it.
    Column("device_id", Uuid),
    Column("second_factor_at", DateTime(timezone=True)),
    Column("reauthenticated_at", DateTime(timezone=True)),
    Column("user_agent", Text, nullable=False),
    Column("address", Text, nullable=False),
    key=("session_id",),
    unique=[("selector",)],
    references=[(("membership_id",), "membership.membership_id")],
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    purge="(COALESCE(ended_at, expires_at) < (now() - '90 days'::interval))",
)
Index("ix_session_membership", session.c.tenant_id, session.c.membership_id, postgresql_where=text("ended_at is null"))
Index("ix_session_last_used", session.c.tenant_id, session.c.membership_id, session.c.last_used_at)

audit_entry = tenant_table(
    "audit_entry",
    # The order within a transaction; outside, an entry goes by its public id.
    Column("audit_id", BigInteger, Identity(), nullable=False),
    Column("entry_id", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # "person", "device", "client", or "service" without an id where the service itself acted; the name is as it was then.
    Column("actor_kind", Key, nullable=False),
    Column("actor_id", Uuid),
    Column("actor", Text, nullable=False),
    # The phone on which a person acted.
    Column("device_id", Uuid),
    Column("action", Key, nullable=False),
    Column("subject", Key, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("reason", Text),
    Column("request_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    # The electronic signature under the act. No foreign key: nothing may refer to an append-only table.
    Column("signature_id", Uuid),
    key=("audit_id",),
    unique=[("entry_id",)],
    append_only=True,
)
# Each serves one filter in the order of the list, newest first.
Index("ix_audit_entry_time", audit_entry.c.tenant_id, audit_entry.c.recorded_at, audit_entry.c.audit_id)
Index("ix_audit_entry_subject", audit_entry.c.tenant_id, audit_entry.c.subject, audit_entry.c.recorded_at, audit_entry.c.audit_id)
Index("ix_audit_entry_actor", audit_entry.c.tenant_id, audit_entry.c.actor_id, audit_entry.c.recorded_at, audit_entry.c.audit_id)
Index("ix_audit_entry_action", audit_entry.c.tenant_id, audit_entry.c.action, audit_entry.c.recorded_at, audit_entry.c.audit_id)
Index("ix_audit_entry_request", audit_entry.c.tenant_id, audit_entry.c.request_id)

idempotent_reply = tenant_table(
    "idempotent_reply",
    Column("principal", Key, nullable=False),
    Column("key", Key, nullable=False),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("reply", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    key=("principal", "key"),
    grants={APPLICATION: ("SELECT", "INSERT", "DELETE")},
    purge="(created_at < (now() - '30 days'::interval))",
)
