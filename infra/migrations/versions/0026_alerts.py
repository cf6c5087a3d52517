"""The life of alerts: groups, owners, escalation, shifts

Revision: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_READ_ADD = {"suyuan_app": ("SELECT", "INSERT")}
_READ_ADD_CHANGE = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_READ_ADD_REMOVE = {"suyuan_app": ("SELECT", "INSERT", "DELETE")}
_OPEN = sa.text("closed_at is null")

# What was raised before is grouped by what it is about.
_CAUSES = """
do $$
declare t record;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    update alert set cause_key = subject where tenant_id = t.tenant_id and cause_key = '';
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""


def upgrade() -> None:
    _alerts()
    _table(
        "alert_occurrence",
        _id("occurrence_id"),
        _key("dedupe_key"),
        _text("kind"),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        _key("subject"),
        _text("detail"),
        _key("cause_key"),
        _id("rule_id", nullable=True),
        sa.Column("resets", sa.Boolean(), nullable=False),
        _time("occurred_at"),
        key=("occurrence_id",),
        grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
    )
    op.create_index("ix_alert_occurrence_dedupe", "alert_occurrence", ["tenant_id", "dedupe_key"])
    _table(
        "alert_history",
        _id("entry_id"),
        _id("alert_id"),
        _time("at"),
        sa.Column("action", sa.SmallInteger(), nullable=False),
        _key("actor_kind"),
        _id("actor_id", nullable=True),
        _text("actor"),
        _text("comment", nullable=True),
        _text("detail", nullable=True),
        key=("entry_id",),
        grants=_READ_ADD,
        append_only=True,
    )
    op.create_index("ix_alert_history_alert", "alert_history", ["tenant_id", "alert_id", "entry_id"])
    _table(
        "escalation_policy",
        _id("policy_id"),
        _text("name"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("least_severity", sa.SmallInteger(), nullable=False),
        _text("kinds"),
        _text("steps"),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("repeat_minutes", sa.Integer(), nullable=False),
        _time("updated_at"),
        _time("archived_at", nullable=True),
        key=("policy_id",),
        grants=_READ_ADD_CHANGE,
    )
    _shifts()


def _alerts() -> None:
    for column in (
        sa.Column("cause_key", sa.Text(collation="C"), server_default="", nullable=False),
        _id("rule_id", nullable=True),
        sa.Column("resets", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _id("recurrence_of", nullable=True),
        sa.Column("occurrences", sa.Integer(), server_default="1", nullable=False),
        _time("last_at", nullable=True),
        _text("latest_detail", nullable=True),
        sa.Column("folded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _id("owner_id", nullable=True),
        _time("acknowledged_at", nullable=True),
        _id("acknowledged_by", nullable=True),
        _time("snoozed_until", nullable=True),
        sa.Column("resolution", sa.SmallInteger(), nullable=True),
        _text("close_reason", nullable=True),
        _id("policy_id", nullable=True),
        sa.Column("escalation", sa.Integer(), server_default="0", nullable=False),
        sa.Column("escalated_steps", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("alert", column)
    op.execute(_CAUSES)
    op.drop_constraint(op.f("uq_alert_tenant_id_dedupe_key"), "alert", type_="unique")
    op.create_index("uq_alert_dedupe", "alert", ["tenant_id", "dedupe_key"], unique=True, postgresql_where=sa.text("closed_at is null or not resets"))
    op.drop_index("ix_alert_open", "alert")
    op.create_index("ix_alert_open", "alert", ["tenant_id", "alert_id"], postgresql_where=_OPEN)
    op.create_index("ix_alert_subject", "alert", ["tenant_id", "subject", "alert_id"])
    op.create_index("ix_alert_cause", "alert", ["tenant_id", "cause_key", "alert_id"], postgresql_where=_OPEN)
    recurring = sa.text("closed_at is not null and resets")
    op.create_index("ix_alert_recurring", "alert", ["tenant_id", "dedupe_key", "alert_id"], postgresql_where=recurring)
    op.create_index("ix_alert_storm", "alert", ["tenant_id", "cause_key", "kind", "raised_at"], postgresql_where=sa.text("not folded"))


def _shifts() -> None:
    _table(
        "duty_team",
        _id("team_id"),
        _text("name"),
        _time("updated_at"),
        _time("archived_at", nullable=True),
        key=("team_id",),
        grants=_READ_ADD_CHANGE,
    )
    _table(
        "duty_team_member",
        _id("team_id"),
        _id("membership_id"),
        _reference("duty_team_member", "team_id", "duty_team"),
        _reference("duty_team_member", "membership_id", "membership"),
        key=("team_id", "membership_id"),
        grants=_READ_ADD_REMOVE,
    )
    _table(
        "shift_plan",
        _id("plan_id"),
        _text("name"),
        _text("time_zone"),
        sa.Column("site", sa.Text(collation="C"), nullable=True),
        _text("body"),
        _time("updated_at"),
        _time("archived_at", nullable=True),
        key=("plan_id",),
        grants=_READ_ADD_CHANGE,
    )


def _table(name: str, *items: sa.schema.SchemaItem, key: tuple[str, ...], grants: dict[str, tuple[str, ...]], append_only: bool = False) -> None:
    tenant = sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False)
    op.create_table(name, tenant, *items, sa.PrimaryKeyConstraint("tenant_id", *key, name=op.f(f"pk_{name}")))
    op.secure_table(name, tenant_owned=True, grants=grants, append_only=append_only)


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", column], [f"{other}.tenant_id", f"{other}.{column}"], name=op.f(f"fk_{table}_tenant_id_{column}"))


def _id(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
