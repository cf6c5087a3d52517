"""The refusals around roles and rights."""

from infra.errors import ConflictError, NotFoundError


class OwnRightsError(ConflictError):
    """Nobody changes what he himself may do, or whether he himself may come in."""

    code = "OWN_RIGHTS"


class RoleNotFoundError(NotFoundError):
    """No role of the company's own has this key."""

    code = "ROLE_NOT_FOUND"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The company has no role of its own “{key[:60]}”. The query roles lists them; built-in roles can't be changed.", field="key"
        )


class RoleInUseError(ConflictError):
    """The role is still granted, or promised in an open invitation; `members` and `invitations` in the detail say how often."""

    code = "ROLE_IN_USE"

    def __init__(self, key: str, members: int, invitations: int) -> None:
        super().__init__(
            f"“{key}” is granted to {members} members and promised in {invitations} open invitations. Give those another role first.",
            field="key",
            members=members,
            invitations=invitations,
        )
