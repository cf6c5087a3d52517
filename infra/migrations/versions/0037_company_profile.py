"""What a company tells of itself in letters and notices, and the link in mails to suppliers

Revision: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    texts = ("legal_name", "address", "legal_representative", "registration_number", "phone", "email")
    op.create_table(
        "company_profile",
        sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False),
        *(sa.Column(text, sa.Text(), nullable=False) for text in texts),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_company_profile")),
    )
    op.secure_table("company_profile", tenant_owned=True, grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")}, append_only=False)
    op.add_column("supplier_request", sa.Column("mail_token_sha256", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
