"""What was known when of links and packing

Revision: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_READ_AND_ADD = {"suyuan_app": ("SELECT", "INSERT")}
_MOMENT = sa.text("coalesce(nullif(current_setting('app.moment', true), '')::timestamptz, now())")
_STATED = ("lot_link", "unit_membership", "class_input", "movement", "shipment")
_DERIVED = ("containment", "lot_shipment")

# What is there is known since its event was recorded, and what a declaration took out of force until the declaration was.
_BEGINNING = """
do $$
declare t record; stated text; own text;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    foreach stated in array array['lot_link', 'unit_membership', 'class_input', 'movement', 'shipment'] loop
      own := case stated when 'shipment' then 'shipment_id' else 'event_id' end;
      execute format('update %I r set known_from = e.record_time from event e
        where r.tenant_id = $1 and e.tenant_id = $1 and e.event_id = r.%I', stated, own) using t.tenant_id;
      execute format('update %I r set superseded_at = coalesce((select greatest(e.record_time, r.known_from) from event e
        where e.tenant_id = $1 and e.event_id = r.superseded_by), now()) where r.tenant_id = $1 and r.superseded_by is not null', stated)
        using t.tenant_id;
    end loop;
    update containment r set known_from = e.record_time from event e
      where r.tenant_id = t.tenant_id and e.tenant_id = t.tenant_id and e.event_id = r.opened_by;
    update lot_shipment r set known_from = e.record_time from event e
      where r.tenant_id = t.tenant_id and e.tenant_id = t.tenant_id and e.event_id = r.shipment_id;
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""


def upgrade() -> None:
    op.add_column("tenant_sequence", sa.Column("last_moment", sa.DateTime(timezone=True), nullable=True))
    op.add_column("event_feed", sa.Column("known_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("event_feed", "known_at", server_default=_MOMENT)
    for table in (*_STATED, *_DERIVED):
        op.add_column(table, sa.Column("known_from", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False))
        op.alter_column(table, "known_from", server_default=_MOMENT)
    for table in _STATED:
        op.add_column(table, sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(_BEGINNING)
    for table in _STATED:
        op.create_check_constraint(op.f(f"ck_{table}_superseded"), table, "(superseded_by is null) = (superseded_at is null)")
    for name, column in (("forward", "parent_id"), ("backward", "child_id")):
        op.create_index(
            f"ix_lot_link_superseded_{name}",
            "lot_link",
            ["tenant_id", column],
            unique=False,
            postgresql_where=sa.text("superseded_by is not null"),
        )
    op.create_index(
        "ix_unit_membership_superseded",
        "unit_membership",
        ["tenant_id", "lot_id"],
        unique=False,
        postgresql_where=sa.text("superseded_by is not null"),
    )
    _link_past()
    _containment_past()
    _rollup_past()
    _shipment_past()


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False)


def _time(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _known() -> tuple[sa.Column[sa.DateTime], sa.Column[sa.DateTime]]:
    return _time("known_from"), sa.Column("known_to", sa.DateTime(timezone=True), server_default=_MOMENT, nullable=False)


def _link_past() -> None:
    op.create_table(
        "lot_link_past",
        _tenant(),
        _id("parent_id"),
        _id("child_id"),
        _id("event_id"),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        _time("occurred_at"),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.Text(), nullable=True),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        *_known(),
        sa.PrimaryKeyConstraint("tenant_id", "parent_id", "child_id", "event_id", "kind", "known_from", name=op.f("pk_lot_link_past")),
    )
    op.create_index("ix_lot_link_past_backward", "lot_link_past", ["tenant_id", "child_id"], unique=False)
    op.secure_table("lot_link_past", tenant_owned=True, grants=_READ_AND_ADD, append_only=True)


def _containment_past() -> None:
    op.create_table(
        "containment_past",
        _tenant(),
        _id("content_id"),
        _id("container_id"),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        _time("valid_from"),
        _time("valid_to"),
        _id("opened_by"),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("uom", sa.Text(), nullable=True),
        *_known(),
        sa.PrimaryKeyConstraint(
            "tenant_id", "content_id", "container_id", "kind", "opened_by", "valid_from", "known_from", name=op.f("pk_containment_past")
        ),
    )
    op.create_index("ix_containment_past_container", "containment_past", ["tenant_id", "container_id", "valid_from"], unique=False)
    op.secure_table("containment_past", tenant_owned=True, grants=_READ_AND_ADD, append_only=True)


def _rollup_past() -> None:
    op.create_table(
        "lot_shipment_past",
        _tenant(),
        _id("lot_id"),
        _id("shipment_id"),
        sa.Column("uom", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(), nullable=False),
        sa.Column("certainty", sa.SmallInteger(), nullable=False),
        *_known(),
        sa.PrimaryKeyConstraint("tenant_id", "lot_id", "shipment_id", "uom", "known_from", name=op.f("pk_lot_shipment_past")),
    )
    op.secure_table("lot_shipment_past", tenant_owned=True, grants=_READ_AND_ADD, append_only=True)


def _shipment_past() -> None:
    op.create_table(
        "shipment_past",
        _tenant(),
        _id("shipment_id"),
        sa.Column("direction", sa.SmallInteger(), nullable=False),
        *_known(),
        sa.PrimaryKeyConstraint("tenant_id", "shipment_id", "known_from", name=op.f("pk_shipment_past")),
    )
    op.secure_table("shipment_past", tenant_owned=True, grants=_READ_AND_ADD, append_only=True)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
