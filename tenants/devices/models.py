"""The tables of devices: the phones, the codes that enrol them, and the badges and PINs by which people change on them."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, Index, Integer, LargeBinary, Text, Uuid, func, text

from infra.schema import Grants, Key, tenant_table

READ_AND_CHANGE: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}

device = tenant_table(
    "device",
    Column("device_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    # The canonical URI of a place; a phone always works at one.
    Column("site", Key, nullable=False),
    # RFC 7638, base64url; a key that was revoked is never enrolled again.
    Column("thumbprint", Key, nullable=False),
    Column("public_jwk", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("enrolled_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("enrolled_by", Uuid, nullable=False),
    Column("enrolled_by_name", Text, nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_address", Text, nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("revoked_by", Uuid),
    Column("revoked_by_name", Text),
    Column("revoke_reason", Text),
    # What it delivered after it was revoked: bounded, for everything of it is kept.
    Column("quarantined_entries", Integer, nullable=False, server_default="0"),
    Column("quarantined_bytes", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("site <> ''", name="site"),
    key=("device_id",),
    unique=[("thumbprint",)],
    grants=READ_AND_CHANGE,
)
Index("ix_device_site", device.c.tenant_id, device.c.site, device.c.device_id)

device_enrolment = tenant_table(
    "device_enrolment",
    Column("enrolment_id", Uuid, nullable=False),
    Column("code_sha256", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("site", Key, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_by_name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("device_id", Uuid),
    key=("enrolment_id",),
    unique=[("code_sha256",)],
    grants={"suyuan_app": (*READ_AND_CHANGE["suyuan_app"], "DELETE")},
    purge="(expires_at < (now() - '90 days'::interval))",
)

member_pin = tenant_table(
    "member_pin",
    Column("membership_id", Uuid, nullable=False),
    Column("pin_hash", Text, nullable=False),
    # Set by an administrator: good for one change of the user, in which it is replaced.
    Column("temporary", Boolean, nullable=False),
    # Wrong ones in a row on any phone, a try being counted before it is looked at.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("set_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("set_by", Uuid, nullable=False),
    key=("membership_id",),
    references=[(("membership_id",), "membership.membership_id")],
    grants=READ_AND_CHANGE,
)

# Wrong tries on one phone: of one member, and under the nil UUID of everybody together.
switch_attempt = tenant_table(
    "switch_attempt",
    Column("device_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_failed_at", DateTime(timezone=True), nullable=False),
    key=("device_id", "membership_id"),
    references=[(("device_id",), "device.device_id")],
    grants=READ_AND_CHANGE,
)

member_badge = tenant_table(
    "member_badge",
    Column("badge_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    Column("code_sha256", LargeBinary, nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("issued_by", Uuid, nullable=False),
    Column("voided_at", DateTime(timezone=True)),
    Column("void_reason", Text),
    key=("badge_id",),
    unique=[("code_sha256",)],
    references=[(("membership_id",), "membership.membership_id")],
    grants=READ_AND_CHANGE,
)
Index(
    "uq_member_badge_in_force",
    member_badge.c.tenant_id,
    member_badge.c.membership_id,
    unique=True,
    postgresql_where=text("voided_at is null"),
)

# Proofs of possession that were used while Redis was away; rows go when no such proof is taken any more.
used_proof = tenant_table(
    "used_proof",
    Column("proof_sha256", LargeBinary, nullable=False),
    Column("forget_at", DateTime(timezone=True), nullable=False),
    key=("proof_sha256",),
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
    purge="(forget_at < now())",
)
Index("ix_used_proof_forget", used_proof.c.tenant_id, used_proof.c.forget_at)
