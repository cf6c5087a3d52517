"""Refusals of rules and certificates."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class RuleInvalidError(InvalidInputError):
    """The document of a rule can't be kept; the field says where in it."""

    code = "RULE_INVALID"


class RuleNotFoundError(NotFoundError):
    """No such rule here."""

    code = "RULE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such rule. Open the list of rules and choose one from it.", field="ruleId")


class RuleChangedError(ConflictError):
    """Somebody else has changed the rule meanwhile."""

    code = "RULE_CHANGED"

    def __init__(self, version: int) -> None:
        super().__init__(f"The rule is at version {version} by now; nothing was changed. Read it again and repeat your change.", field="version")


class RuleTooLoudError(ConflictError):
    """Tried on history, the rule would have found far more than anybody can act on."""

    code = "RULE_TOO_LOUD"

    def __init__(self, findings: int, most: int, days: int) -> None:
        super().__init__(
            f"In the last {days} days this rule would have found something {findings:,} times; more than {most:,} is noise that hides the rest. "
            "Narrow its scope or its limits, or switch it on with anyway: true.",
            field="anyway",
        )


class RuleStateError(ConflictError):
    """The rule is on, or off, already."""

    code = "RULE_STATE"

    def __init__(self, state: str) -> None:
        super().__init__(f"The rule is {state} already; nothing was changed.", field="on")


class TooManyRulesError(ConflictError):
    """A tenant has as many rules as it may have."""

    code = "TOO_MANY_RULES"

    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} rules already, which is the most. Change one that is off instead.", field="document")


class CertificateNotFoundError(NotFoundError):
    """No such certificate here."""

    code = "CERTIFICATE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such certificate. Ask for the supplier's certificates and choose one of them.", field="certificateId")
