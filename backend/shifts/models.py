"""Teams with their members, and the plans that say which team is on duty when."""

from sqlalchemy import Column, DateTime, Text, Uuid

from infra.schema import Key, tenant_table

duty_team = tenant_table(
    "duty_team",
    Column("team_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    key=("team_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)

duty_team_member = tenant_table(
    "duty_team_member",
    Column("team_id", Uuid, nullable=False),
    Column("membership_id", Uuid, nullable=False),
    key=("team_id", "membership_id"),
    references=[(("team_id",), "duty_team.team_id"), (("membership_id",), "membership.membership_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "DELETE")},
)

shift_plan = tenant_table(
    "shift_plan",
    Column("plan_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    # An IANA name; the wall clock of the plant counts. `site` is the canonical URI of a place, for whoever reads the plan.
    Column("time_zone", Text, nullable=False),
    Column("site", Key),
    # Weeks of the rotation, its first Monday, the shifts and the exceptions, as JSON.
    Column("body", Text, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("archived_at", DateTime(timezone=True)),
    key=("plan_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
