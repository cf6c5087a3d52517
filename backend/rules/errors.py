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


class RuleNotTriedError(ConflictError):
    """A rule is tried on history before it is switched on."""

    code = "RULE_NOT_TRIED"

    def __init__(self) -> None:
        super().__init__(
            "This version hasn't been tried on history yet. Ask tryRule what it would have found, or switch it on with untried: true.",
            field="untried",
        )


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
