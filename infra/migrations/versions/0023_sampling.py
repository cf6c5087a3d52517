"""Sampling plans, instruments, photos

Revision: 0023
Revises: 0022
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_READ_ADD_CHANGE = {"suyuan_app": ("SELECT", "INSERT", "UPDATE")}
_READ_ADD = {"suyuan_app": ("SELECT", "INSERT")}


def upgrade() -> None:
    _sampling()
    _instruments()
    _photos()


def _sampling() -> None:
    plan = {"plan_id": sa.Uuid(), "name": sa.Text(), "version": sa.Integer(), "definition": sa.Text()}
    _table("sampling_plan", plan | {"changed_at": _TIME}, {"archived_at": _TIME}, key=("plan_id",))
    version = {"plan_id": sa.Uuid(), "version": sa.Integer(), "name": sa.Text(), "definition": sa.Text()}
    _evidence("sampling_plan_version", version | {"made_at": _TIME, "made_by": sa.Uuid()}, {}, key=("plan_id", "version"))
    small = sa.SmallInteger()
    state = {"state_id": sa.Uuid(), "plan_id": sa.Uuid(), "product": _KEY, "supplier": _KEY, "class": small, "severity": small}
    state |= {"score": sa.Integer(), "recent": sa.Text(), "refused": small, "skipping": small, "frequency": small, "skip_run": sa.Integer()}
    state |= {"skip_lots": sa.Integer(), "nonce": sa.Text(), "since": _TIME}
    unique = ("plan_id", "product", "supplier", "class")
    _table("sampling_state", state, {}, key=("state_id",), unique=unique, reference=("plan_id", "sampling_plan"))
    lot = {"state_id": sa.Uuid(), "inspection_id": sa.Uuid(), "number": sa.Integer(), "accepted": sa.Boolean(), "severity": small}
    _evidence("sampling_lot", lot | {"score": sa.Integer(), "concluded_at": _TIME}, {}, key=("state_id", "inspection_id"))
    op.create_index("ix_sampling_lot_number", "sampling_lot", ["tenant_id", "state_id", "number"], unique=False)
    switch = {"switch_id": sa.Uuid(), "state_id": sa.Uuid(), "rule": small, "from_severity": small, "to_severity": small, "skipping": small}
    switch |= {"frequency": small, "lots": sa.Text(), "switched_at": _TIME}
    _evidence("sampling_switch", switch, {"actor_id": sa.Uuid(), "reason": sa.Text()}, key=("state_id", "switch_id"))


def _instruments() -> None:
    told = {"instrument_id": sa.Uuid(), "identifier": _KEY, "serial": sa.Text(), "kind": sa.Text(), "uom": sa.Text(), "owner": sa.Text()}
    rest: dict[str, Any] = {name: sa.Numeric() for name in ("range_low", "range_high", "resolution")}
    rest |= {"place": _KEY, "interval_days": sa.Integer(), "due_at": _TIME, "out_of_service_at": _TIME, "out_of_service_reason": sa.Text()}
    _table("instrument", told | {"changed_at": _TIME}, rest, key=("instrument_id",), unique=("identifier",))
    op.create_index("ix_instrument_due", "instrument", ["tenant_id", "due_at"], unique=False, postgresql_where=sa.text("out_of_service_at is null"))
    found = {"calibration_id": sa.Uuid(), "instrument_id": sa.Uuid(), "performed_at": _TIME, "performed_by": sa.Text(), "certificate": sa.Text()}
    found |= {"as_found": sa.SmallInteger(), "as_left": sa.SmallInteger(), "due_at": _TIME, "note": sa.Text(), "recorded_at": _TIME}
    _evidence(
        "calibration", found | {"recorded_by": sa.Uuid()}, {"file_id": sa.Uuid(), "replaces": sa.Uuid()}, key=("instrument_id", "calibration_id")
    )
    outage = {"instrument_id": sa.Uuid(), "began_at": _TIME, "reason": sa.Text()}
    _table("instrument_outage", outage, {"ended_at": _TIME}, key=("instrument_id", "began_at"), reference=("instrument_id", "instrument"))


def _photos() -> None:
    told = {"photo_id": sa.Uuid(), "state": sa.SmallInteger(), "content_type": sa.Text(), "size": sa.BigInteger(), "sha256": sa.Text()}
    rest = {"allowed_by": sa.Uuid(), "checked_at": _TIME, "refusal": sa.Text(), "width": sa.Integer(), "height": sa.Integer(), "taken_at": sa.Text()}
    _table("photo", told | {"allowed_at": _TIME}, rest, key=("photo_id",))
    attached = {"subject": _KEY, "photo_id": sa.Uuid(), "attached_at": _TIME, "attached_by": sa.Uuid()}
    _evidence("photo_subject", attached, {}, key=("subject", "photo_id"))
    op.create_index("ix_photo_subject_photo", "photo_subject", ["tenant_id", "photo_id"], unique=False)


_TIME = sa.DateTime(timezone=True)
_KEY = sa.Text(collation="C")


def _table(
    name: str, told: Mapping[str, Any], rest: Mapping[str, Any], *, key: tuple[str, ...], unique: tuple[str, ...] = (),
    reference: tuple[str, str] | None = None,
) -> None:  # fmt: skip
    constraints: list[Any] = []
    if unique:
        constraints.append(sa.UniqueConstraint("tenant_id", *unique, name=op.f(f"uq_{name}_tenant_id_{'_'.join(unique)}")))
    if reference:
        column, target = reference
        remote = [f"{target}.tenant_id", f"{target}.{column}"]
        constraints.append(sa.ForeignKeyConstraint(["tenant_id", column], remote, name=op.f(f"fk_{name}_tenant_id_{column}")))
    _create(name, told, rest, key, constraints)


def _evidence(name: str, told: Mapping[str, Any], rest: Mapping[str, Any], *, key: tuple[str, ...]) -> None:
    _create(name, told, rest, key, [], append_only=True)


def _create(
    name: str, told: Mapping[str, Any], rest: Mapping[str, Any], key: tuple[str, ...], constraints: list[Any], *, append_only: bool = False
) -> None:  # fmt: skip
    tenant = sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False)
    columns = [sa.Column(column, kind, nullable=False) for column, kind in told.items()]
    columns += [sa.Column(column, kind, nullable=True) for column, kind in rest.items()]
    op.create_table(name, tenant, *columns, *constraints, sa.PrimaryKeyConstraint("tenant_id", *key, name=op.f(f"pk_{name}")))
    op.secure_table(name, tenant_owned=True, grants=_READ_ADD if append_only else _READ_ADD_CHANGE, append_only=append_only)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
