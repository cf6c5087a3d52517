"""Invitations: who was asked to come in, by whom, and as what."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, Text, Uuid, func, text

from infra.roles import APPLICATION
from infra.schema import Key, tenant_table

invitation = tenant_table(
    "invitation",
    Column("invitation_id", Uuid, nullable=False),
    Column("login_name", Key, nullable=False),
    Column("display_name", Text, nullable=False),
    # What will be granted, as JSON: a list of role, site and expiresAt.
    Column("grants", Text, nullable=False),
    # Of the last link's token; the ones before it are void.
    Column("token_sha256", LargeBinary, nullable=False),
    Column("invited_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
    # The membership that came of it.
    Column("accepted_as", Uuid),
    Column("revoked_at", DateTime(timezone=True)),
    key=("invitation_id",),
    unique=[("token_sha256",)],
    references=[(("invited_by",), "membership.membership_id"), (("accepted_as",), "membership.membership_id")],
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE", "DELETE")},
    purge="(expires_at < (now() - '90 days'::interval))",
)
Index(
    "uq_invitation_open",
    invitation.c.tenant_id,
    invitation.c.login_name,
    unique=True,
    postgresql_where=text("accepted_at is null and revoked_at is null"),
)
