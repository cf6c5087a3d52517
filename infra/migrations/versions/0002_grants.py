"""Roles are granted, everywhere or at a site, for good or for a time; the trail names the kind of actor and the phone

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ROLES_BECOME_GRANTS = """
do $$
declare t record; moved bigint; members bigint;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    select count(*) into members from membership where tenant_id = t.tenant_id;
    insert into membership_grant (tenant_id, membership_id, role)
      select tenant_id, membership_id, role from membership where tenant_id = t.tenant_id on conflict do nothing;
    select count(*) into moved from membership_grant where tenant_id = t.tenant_id;
    if moved <> members then raise exception 'tenant %: % memberships, % grants', t.tenant_id, members, moved; end if;
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""

_SERVICE_IS_NO_PERSON = """
do $$
declare t record;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    update audit_entry set actor_kind = 'service' where tenant_id = t.tenant_id and actor_id is null;
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""


def upgrade() -> None:
    op.create_table(
        "custom_role",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "role", name=op.f("pk_custom_role")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}},
    )
    op.secure_table("custom_role", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")})
    op.create_table(
        "membership_grant",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(collation="C"), nullable=False),
        sa.Column("site", sa.Text(collation="C"), server_default="", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "membership_id"],
            ["membership.tenant_id", "membership.membership_id"],
            name=op.f("fk_membership_grant_tenant_id_membership_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "membership_id", "role", "site", name=op.f("pk_membership_grant")),
        info={"tenant_owned": True, "grants": {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}},
    )
    op.secure_table("membership_grant", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")})
    op.execute(_ROLES_BECOME_GRANTS)
    op.drop_column("membership", "role")
    op.add_column("session", sa.Column("device_id", sa.Uuid(), nullable=True))
    op.add_column("session", sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("session", sa.Column("reauthenticated_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("audit_entry", "person_id", new_column_name="actor_id")
    # A constant default fills what is there without rewriting the table.
    op.add_column("audit_entry", sa.Column("actor_kind", sa.Text(collation="C"), server_default="person", nullable=False))
    op.alter_column("audit_entry", "actor_kind", server_default=None)
    op.execute(_SERVICE_IS_NO_PERSON)
    op.add_column("audit_entry", sa.Column("device_id", sa.Uuid(), nullable=True))
    op.create_index("ix_audit_entry_actor", "audit_entry", ["tenant_id", "actor_id", "audit_id"], unique=False)
    op.create_index("ix_audit_entry_action", "audit_entry", ["tenant_id", "action", "audit_id"], unique=False)
    op.create_index("ix_audit_entry_time", "audit_entry", ["tenant_id", "recorded_at", "audit_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
