"""What is given to the mutations on what follows from a recall."""

from datetime import date, datetime

import strawberry


@strawberry.input
class LinkToRecallInput:
    """`reference` is the public id of a nonconformance, a corrective action, an inspection or an alert, like "nonconformance:0190…"."""

    case_id: strawberry.ID
    reference: str


@strawberry.input
class WriteRecallCauseInput:
    """`capaWaiver` says why there is no corrective action, `effectWaiver` why its effect isn't waited for. What is left out stays."""

    case_id: strawberry.ID
    root_cause: str | None = None
    capa_waiver: str | None = None
    effect_waiver: str | None = None


@strawberry.input
class OpenRecallNonconformanceInput:
    """About what the case suspects; without a description, with the case's reason."""

    case_id: strawberry.ID
    description: str = ""


@strawberry.input
class OpenRecallCorrectiveActionInput:
    """For the case's nonconformances; without an owner the caller answers for it."""

    case_id: strawberry.ID
    title: str = ""
    owner_id: strawberry.ID | None = None
    due_at: datetime | None = None


@strawberry.input
class CompleteRecallInput:
    """The goods are taken back as far as they can be."""

    case_id: strawberry.ID
    reason: str
    at: datetime | None = None


@strawberry.input
class MeetRecallDutyInput:
    """`evidence`: the authority's receipt, a document's number; `at` is when it was done, now by default."""

    case_id: strawberry.ID
    rule: str
    evidence: str
    at: datetime | None = None


@strawberry.input
class WaiveRecallDutyInput:
    """Says why a duty doesn't apply."""

    case_id: strawberry.ID
    rule: str
    reason: str


@strawberry.input
class BeginRecallDutyInput:
    """An authority has asked, at `at`, now by default; `evidence` is its letter."""

    case_id: strawberry.ID
    rule: str
    evidence: str
    at: datetime | None = None


@strawberry.input
class RecallCountryDaysInput:
    """`country` as in ISO 3166, "EU" for the Union's law."""

    country: str
    days: list[date]


@strawberry.input
class SetRecallPolicyInput:
    """Replaces what was said before. `workdays` are weekend days that are worked, as China moves them."""

    target_hours: int
    holidays: list[RecallCountryDaysInput] = strawberry.field(default_factory=list)
    workdays: list[RecallCountryDaysInput] = strawberry.field(default_factory=list)
