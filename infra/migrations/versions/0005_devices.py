"""Devices, enrolments, PINs and badges; review entries say what they are, from which phone, and how they were resolved

Revision: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_CHANGE = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_FORGET = {"suyuan_app": ("SELECT", "INSERT", "DELETE")}

_CONFLICTS_ARE_TOLD_APART = """
do $$
declare t record;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    update review_entry set kind = 'conflict'
      where tenant_id = t.tenant_id and reason = 'an event with the same key and other content is stored';
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""


def upgrade() -> None:
    _devices()
    _users()
    _review()


def _time(name: str, *, nullable: bool = False, now: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=sa.text("now()") if now else None)


def _key(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _devices() -> None:
    op.create_table(
        "device",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _key("site"),
        _key("thumbprint"),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        _time("enrolled_at", now=True),
        sa.Column("enrolled_by", sa.Uuid(), nullable=False),
        sa.Column("enrolled_by_name", sa.Text(), nullable=False),
        _time("last_seen_at", now=True),
        sa.Column("last_address", sa.Text(), nullable=False),
        _time("revoked_at", nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("revoked_by_name", sa.Text(), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("quarantined_entries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quarantined_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("site <> ''", name=op.f("ck_device_site")),
        sa.PrimaryKeyConstraint("tenant_id", "device_id", name=op.f("pk_device")),
        sa.UniqueConstraint("tenant_id", "thumbprint", name=op.f("uq_device_tenant_id_thumbprint")),
        info={"tenant_owned": True, "grants": _CHANGE},
    )
    op.create_index("ix_device_site", "device", ["tenant_id", "site", "device_id"], unique=False)
    op.secure_table("device", tenant_owned=True, grants=_CHANGE)
    op.create_table(
        "device_enrolment",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _key("site"),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_by_name", sa.Text(), nullable=False),
        _time("created_at", now=True),
        _time("expires_at"),
        _time("used_at", nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "enrolment_id", name=op.f("pk_device_enrolment")),
        sa.UniqueConstraint("tenant_id", "code_sha256", name=op.f("uq_device_enrolment_tenant_id_code_sha256")),
        info={"tenant_owned": True, "grants": _CHANGE},
    )
    op.secure_table("device_enrolment", tenant_owned=True, grants=_CHANGE)
    op.create_table(
        "used_proof",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("proof_sha256", sa.LargeBinary(), nullable=False),
        _time("forget_at"),
        sa.PrimaryKeyConstraint("tenant_id", "proof_sha256", name=op.f("pk_used_proof")),
        info={"tenant_owned": True, "grants": _FORGET},
    )
    op.create_index("ix_used_proof_forget", "used_proof", ["tenant_id", "forget_at"], unique=False)
    op.secure_table("used_proof", tenant_owned=True, grants=_FORGET, purge="(forget_at < now())")


def _users() -> None:
    op.create_table(
        "member_pin",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("temporary", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        _time("set_at", now=True),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.membership_id"],
            name=op.f("fk_member_pin_tenant_id_membership_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "membership_id", name=op.f("pk_member_pin")),
        info={"tenant_owned": True, "grants": _CHANGE},
    )
    op.secure_table("member_pin", tenant_owned=True, grants=_CHANGE)
    op.create_table(
        "switch_attempt",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _time("last_failed_at"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "device_id"], ["device.tenant_id", "device.device_id"], name=op.f("fk_switch_attempt_tenant_id_device_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "device_id", "membership_id", name=op.f("pk_switch_attempt")),
        info={"tenant_owned": True, "grants": _CHANGE},
    )
    op.secure_table("switch_attempt", tenant_owned=True, grants=_CHANGE)
    op.create_table(
        "member_badge",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("badge_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        _time("issued_at", now=True),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        _time("voided_at", nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.membership_id"],
            name=op.f("fk_member_badge_tenant_id_membership_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "badge_id", name=op.f("pk_member_badge")),
        sa.UniqueConstraint("tenant_id", "code_sha256", name=op.f("uq_member_badge_tenant_id_code_sha256")),
        info={"tenant_owned": True, "grants": _CHANGE},
    )
    op.create_index(
        "uq_member_badge_in_force", "member_badge", ["tenant_id", "membership_id"], unique=True, postgresql_where=sa.text("voided_at is null")
    )
    op.secure_table("member_badge", tenant_owned=True, grants=_CHANGE)


def _review() -> None:
    # A constant default fills what is there without rewriting the table.
    op.add_column("review_entry", sa.Column("kind", sa.Text(collation="C"), server_default="unreadable", nullable=False))
    op.alter_column("review_entry", "kind", server_default=None)
    op.execute(_CONFLICTS_ARE_TOLD_APART)
    for column in (
        sa.Column("raw_bytes", sa.LargeBinary(), nullable=True),
        sa.Column("event", sa.Text(), nullable=True),
        _key("place", nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        _key("resolution", nullable=True),
        sa.Column("resolved_by", sa.Uuid(), nullable=True),
        sa.Column("resolved_by_name", sa.Text(), nullable=True),
        sa.Column("resolution_reason", sa.Text(), nullable=True),
        sa.Column("accepted_as", sa.Uuid(), nullable=True),
    ):
        op.add_column("review_entry", column)
    op.create_index("ix_review_entry_open", "review_entry", ["tenant_id", "review_id"], postgresql_where=sa.text("resolved_at is null"))
    op.create_index("ix_review_entry_device", "review_entry", ["tenant_id", "device_id"], postgresql_where=sa.text("device_id is not null"))


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
