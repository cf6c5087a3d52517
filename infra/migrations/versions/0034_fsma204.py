"""Traceability records of 21 CFR 1 subpart S

Revision: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_GRANTS = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_KEY = sa.Text(collation="C")


def upgrade() -> None:
    _create(
        "food_product",
        "gtin",
        [sa.Column("listed", sa.SmallInteger(), nullable=False)],
        ("brand", "commodity", "variety", "packaging_size", "packaging_style", "species"),
        [sa.Column("produce", sa.Boolean(), nullable=True), sa.Column("aquaculture", sa.Boolean(), nullable=True)],
    )
    _create(
        "food_place",
        "place",
        [],
        ("name", "phone", "street", "city", "region", "postal_code", "country", "coordinates", "tlc_reference"),
        [sa.Column("exempt", sa.Boolean(), nullable=False)],
    )


def _create(name: str, key: str, before: list[sa.Column], texts: tuple[str, ...], behind: list[sa.Column]) -> None:
    op.create_table(
        name,
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(key, _KEY, nullable=False),
        *before,
        *(sa.Column(text, sa.Text(), nullable=False) for text in texts),
        *behind,
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", key, name=op.f(f"pk_{name}")),
    )
    op.secure_table(name, tenant_owned=True, grants=_GRANTS, append_only=False)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
