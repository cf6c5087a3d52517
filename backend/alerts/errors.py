"""Refusals of acts on alerts and on escalation policies."""

from infra.errors import ConflictError, NotFoundError


class AlertNotFoundError(NotFoundError):
    """No such alert here, or none that the caller may see."""

    code = "ALERT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such alert. Open the list of alerts and choose from it.", field="alertIds")


class AlertClosedError(ConflictError):
    """The alert is over; nothing was written."""

    code = "ALERT_CLOSED"

    def __init__(self) -> None:
        super().__init__("This alert is closed already, by somebody or because its condition ended. Reopen it if it isn't over.", field="alertIds")


class AlertAcknowledgedError(ConflictError):
    """Somebody else was quicker; nothing was written."""

    code = "ALERT_ACKNOWLEDGED"

    def __init__(self, by: str) -> None:
        super().__init__(f"{by} has acknowledged this alert already. Add a comment, or take it over by assigning it to yourself.", field="alertIds")


class AlertOpenError(ConflictError):
    """The alert isn't closed, or another one has been raised since for the same; nothing was written."""

    code = "ALERT_OPEN"

    def __init__(self) -> None:
        super().__init__("This alert is open, or was raised again since it was closed. Act on the open one.", field="alertIds")


class EscalationPolicyNotFoundError(NotFoundError):
    """No such policy here, or it was archived."""

    code = "ESCALATION_POLICY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such escalation policy. Open the list of policies and choose from it.", field="policyId")
