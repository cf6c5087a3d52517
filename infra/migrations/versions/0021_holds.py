"""Scopes and causes of holds, the objects on which they stand, and the list of what they reach

Revision: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_READ_ADD_CHANGE = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}

# Each hold that was placed stands on the object named then, and is held by name from then on.
_BEGINNING = """
do $$
declare t record;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    insert into hold_root (tenant_id, hold_id, object_id, event_id, held_from, held_to, added_at)
      select tenant_id, hold_id, object_id, 0, placed_at, '9999-12-31 00:00:00+00', placed_at from hold where tenant_id = t.tenant_id;
    insert into hold_listing (tenant_id, hold_id, walk, complete, started_at)
      select tenant_id, hold_id, 1, 0, now() from hold where tenant_id = t.tenant_id;
    insert into outbox (tenant_id, topic, payload)
      select tenant_id, 'holds.fill', json_build_object('hold_id', hold_id, 'seed', true)::text from hold
      where tenant_id = t.tenant_id and status = 1;
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""


def upgrade() -> None:
    _hold()
    _table(
        "hold_root",
        _hold_id(),
        _number("object_id"),
        _number("event_id"),
        *(_time(name) for name in ("held_from", "held_to")),
        sa.Column("gtin", sa.Text(collation="C"), nullable=True),
        _time("added_at"),
        sa.Column("superseded_by", sa.BigInteger(), nullable=True),
        _to_hold("hold_root"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "object_id"], ["traceable_object.tenant_id", "traceable_object.object_id"], name=op.f("fk_hold_root_tenant_id_object_id")
        ),
        key=("hold_id", "object_id", "event_id"),
        grants=_READ_ADD_CHANGE,
    )
    op.create_index("ix_hold_root_object", "hold_root", ["tenant_id", "object_id", "hold_id"], unique=False)
    op.create_index("ix_hold_root_event", "hold_root", ["tenant_id", "event_id"], unique=False, postgresql_where=sa.text("event_id > 0"))
    op.create_index(
        "ix_hold_pending_object", "hold_pending", ["tenant_id", "object_id"], unique=False, postgresql_where=sa.text("released_at is null")
    )
    _listing()
    op.execute(_BEGINNING)


def _hold() -> None:
    for table, column in (("hold", "placed_by"), ("hold_cut", "released_by")):
        op.alter_column(table, column, existing_type=sa.Uuid(), nullable=True)
    op.alter_column("hold", "object_id", existing_type=sa.BigInteger(), nullable=True)
    for name in ("origin_kind", "scope_kind"):
        op.add_column("hold", sa.Column(name, sa.SmallInteger(), server_default="1", nullable=False))
    for name in ("origin_reference", "scope_digest"):
        op.add_column("hold", sa.Column(name, sa.Text(collation="C"), server_default="", nullable=False))
    for name in ("party", "gtin", "equipment", "step", "place"):
        op.add_column("hold", sa.Column(name, sa.Text(collation="C"), nullable=True))
    for name in ("since", "until"):
        op.add_column("hold", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_hold_watching", "hold", ["tenant_id", "hold_id"], unique=False, postgresql_where=sa.text("status = 1 and scope_kind > 1"))
    op.create_index("ix_hold_origin", "hold", ["tenant_id", "origin_kind", "origin_reference"], unique=False)


def _listing() -> None:
    _table(
        "hold_goods",
        _hold_id(),
        _number("object_id"),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        _number("walk"),
        sa.Column("walked_to", sa.BigInteger(), nullable=True),
        key=("hold_id", "object_id"),
        grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")},
    )
    op.create_index(
        "ix_hold_goods_open", "hold_goods", ["tenant_id", "hold_id", "object_id"], unique=False, postgresql_where=sa.text("walked_to is not null")
    )
    op.create_index("ix_hold_goods_object", "hold_goods", ["tenant_id", "object_id"], unique=False)
    op.create_index("ix_hold_goods_kind", "hold_goods", ["tenant_id", "hold_id", "kind", "key"], unique=False)
    _table(
        "hold_listing",
        _hold_id(),
        _number("walk"),
        sa.Column("complete", sa.SmallInteger(), nullable=False),
        _time("started_at"),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=True),
        _to_hold("hold_listing"),
        key=("hold_id",),
        grants=_READ_ADD_CHANGE,
    )


def _table(name: str, *items: sa.schema.SchemaItem, key: tuple[str, ...], grants: dict[str, tuple[str, ...]]) -> None:
    tenant = sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False)
    op.create_table(name, tenant, *items, sa.PrimaryKeyConstraint("tenant_id", *key, name=op.f(f"pk_{name}")))
    op.secure_table(name, tenant_owned=True, grants=grants)


def _hold_id() -> sa.Column[sa.Uuid]:
    return sa.Column("hold_id", sa.Uuid(), nullable=False)


def _to_hold(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", "hold_id"], ["hold.tenant_id", "hold.hold_id"], name=op.f(f"fk_{table}_tenant_id_hold_id"))


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _time(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
