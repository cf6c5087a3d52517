"""Refusals of shift plans and teams."""

from infra.errors import ConflictError, NotFoundError


class DutyTeamNotFoundError(NotFoundError):
    """No such team here, or it was archived."""

    code = "DUTY_TEAM_NOT_FOUND"

    def __init__(self, field: str = "teamId") -> None:
        super().__init__("There is no such team. Open the list of teams and choose from it.", field=field)


class DutyTeamInUseError(ConflictError):
    """A shift plan or an escalation names the team; nothing was written."""

    code = "DUTY_TEAM_IN_USE"

    def __init__(self, by: str) -> None:
        super().__init__(f"“{by}” names this team. Take the team out of it first.", field="teamId")


class ShiftPlanNotFoundError(NotFoundError):
    """No such plan here, or it was archived."""

    code = "SHIFT_PLAN_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such shift plan. Open the list of plans and choose from it.", field="planId")


class NobodyMeantError(NotFoundError):
    """The text names no member, role or team."""

    code = "RECEIVER_NOT_FOUND"

    def __init__(self, text: str, field: str) -> None:
        super().__init__(
            f"“{text[:100]}” is nobody here. Write role:<key of a role>, team:<id of a team> or member:<id of a member> as the lists tell them.",
            field=field,
        )
