"""Search over everything that an object is known by

Revision: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_READ_ADD_CHANGE = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_READ_ADD = {"suyuan_app": ("SELECT", "INSERT")}
_READ_ADD_REMOVE = {"suyuan_app": ("SELECT", "INSERT", "DELETE")}


def upgrade() -> None:
    _table("search_progress", _number("seq"), key=(), grants=_READ_ADD_CHANGE)
    _table(
        "search_entry",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(), nullable=False),
        _small("kind"),
        _number("field"),
        _key("key"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("label", "detail", "texts")),
        sa.UniqueConstraint("tenant_id", "kind", "field", "key", name=op.f("uq_search_entry_tenant_id_kind_field_key")),
        key=("entry_id",),
        grants=_READ_ADD_CHANGE,
    )
    _table("search_entry_place", _number("entry_id"), _key("place"), key=("entry_id", "place"), grants=_READ_ADD)
    _table(
        "search_term",
        _small("way"),
        _small("kind"),
        _key("term"),
        _number("subject"),
        key=("way", "kind", "term", "subject"),
        grants=_READ_ADD_REMOVE,
    )
    _table("search_gram", _key("gram"), _number("entry_id"), key=("gram", "entry_id"), grants=_READ_ADD_REMOVE)


def _table(name: str, *items: sa.schema.SchemaItem, key: tuple[str, ...], grants: dict[str, tuple[str, ...]]) -> None:
    tenant = sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False)
    op.create_table(name, tenant, *items, sa.PrimaryKeyConstraint("tenant_id", *key, name=op.f(f"pk_{name}")))
    op.secure_table(name, tenant_owned=True, grants=grants)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger(), nullable=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
