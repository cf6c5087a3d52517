"""What each mutation is asked of another site, and what is the whole company's: each mutation stands here once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from backend.graphql.ids import global_id
from infra.clock import isoformat, now
from infra.ids import uuid7
from tests.conftest import PASSWORD
from tests.factories import CUSTOMER, FLOUR, lot, made, quantity
from tests.graphql.conftest import PUT
from tests.graphql.test_commands import PLACE, RELEASE, SHIP, document
from tests.sites.town import ENROL, Town

Given = dict[str, Any]
LOCATION: Final = {"names": {"en": "A place"}, "kind": "bin", "own": True, "timeZone": "UTC"}
PARTNER: Final = {"party": CUSTOMER, "names": {"en": "x"}}
CALIBRATION: Final = {
    "performedAt": "2026-03-01T08:00:00Z", "performedBy": "x", "asFound": "IN_TOLERANCE", "asLeft": "IN_TOLERANCE",
    "dueAt": "2027-03-01T08:00:00Z",
}  # fmt: skip
SIGNATURE: Final = {"meaning": "RELEASED", "password": PASSWORD}
APPROVED: Final = {"meaning": "APPROVED", "password": PASSWORD}
PRODUCT: Final = {"gtin": FLOUR, "names": {"en": "x"}, "kind": "RAW"}


ALERT_ACTS: Final[dict[str, Given]] = {
    "acknowledgeAlerts": {"wholeGroup": True}, "assignAlerts": {"toMe": True}, "commentAlerts": {"comment": "x"},
    "snoozeAlerts": {"until": isoformat(now() + timedelta(hours=1))}, "closeAlerts": {"resolution": "FIXED", "reason": "x"},
    "changeAlertSeverity": {"severity": "NOTICE", "reason": "x"},
}  # fmt: skip
Attempt = Callable[[Town, dict[str, str]], tuple[str, Given]]


def acts_of(name: str, more: Given) -> list[Attempt]:
    """On another site's alert alone, and together with one that he sees."""

    def alone(_: Town, names: dict[str, str]) -> tuple[str, Given]:
        return mutation(name), {"alertIds": [names["alert"]], **more}

    def together(town: Town, names: dict[str, str]) -> tuple[str, Given]:
        return mutation(name), {"alertIds": [town.here.names["alert"], names["alert"]], **more}

    return [alone, together]


# Each mutation with names of another site, and with names that nobody has: refused alike.
NAMED_ATTEMPTS: Final[dict[str, list[Attempt]]] = {
    "placeHold": [
        lambda _, names: (PLACE, {"key": names["lot"], "reason": "x"}),
        lambda _, names: (PLACE, {"key": names["pallet"], "reason": "x"}),
        lambda _, names: (PLACE, {"key": names["code"], "reason": "x"}),
    ],
    "releaseHold": [
        lambda _, names: (RELEASE, {"holdId": names["hold"], "reason": "x", "signature": SIGNATURE}),
        lambda town, names: (RELEASE, {"holdId": town.here.names["hold"], "reason": "x", "signature": SIGNATURE, "keys": [names["lot"]]}),
    ],
    "openNonconformance": [
        lambda _, names: (mutation("openNonconformance"), {"title": "x", "severity": "MINOR", "goods": [{"key": names["lot"]}]}),
        lambda _, names: (mutation("openNonconformance"), {"title": "x", "severity": "MINOR", "place": names["place"]}),
    ],
    "addNonconformingGoods": [
        lambda _, names: (mutation("addNonconformingGoods"), {"nonconformanceId": names["nonconformance"], "goods": []}),
        lambda town, names: (
            mutation("addNonconformingGoods"),
            {"nonconformanceId": town.here.names["nonconformance"], "goods": [{"key": names["lot"]}]},
        ),
    ],
    "reviewNonconformance": [lambda _, names: (mutation("reviewNonconformance"), {"nonconformanceId": names["nonconformance"]})],
    "decideNonconformance": [
        lambda town, names: (
            mutation("decideNonconformance"),
            {
                "nonconformanceId": names["waiting nonconformance"],
                "lines": [{"key": town.here.names["lot"], "kind": "SCRAP"}],
                "reason": "x",
                "signature": APPROVED,
            },
        ),
        lambda town, names: (
            mutation("decideNonconformance"),
            {
                "nonconformanceId": town.here.names["waiting nonconformance"],
                "lines": [{"key": names["lot"], "kind": "SCRAP"}],
                "reason": "x",
                "signature": APPROVED,
            },
        ),
    ],
    "countersignDecision": [
        lambda _, names: (
            mutation("countersignDecision"),
            {"decisionId": names["decision"], "accept": True, "reason": "x", "signature": APPROVED},
        )
    ],
    "executeDisposition": [lambda _, names: (mutation("executeDisposition"), {"dispositionId": names["disposition"]})],
    "reinspectRework": [
        lambda _, names: (
            mutation("reinspectRework"),
            {"dispositionId": names["disposition"], "accept": True, "reason": "x", "signature": SIGNATURE},
        )
    ],
    "closeNonconformance": [
        lambda _, names: (mutation("closeNonconformance"), {"nonconformanceId": names["nonconformance"], "reason": "x", "signature": APPROVED})
    ],
    "openCorrectiveAction": [
        lambda _, names: (
            mutation("openCorrectiveAction"),
            {"kind": "CORRECTIVE", "title": "x", "nonconformanceIds": [names["nonconformance"]]},
        )
    ],
    "writeDiscipline": [
        lambda _, names: (mutation("writeDiscipline"), {"correctiveActionId": names["action"], "discipline": "TEAM", "text": "x"})
    ],
    "addActionItem": [
        lambda _, names: (mutation("addActionItem"), {"correctiveActionId": names["action"], "discipline": "PREVENTION", "text": "x"})
    ],
    "completeActionItem": [lambda _, names: (mutation("completeActionItem"), {"actionItemId": names["item"], "evidence": "x"})],
    "planEffectivenessCheck": [
        lambda _, names: (
            mutation("planEffectivenessCheck"),
            {"correctiveActionId": names["action"], "at": "2099-01-01T00:00:00Z", "criterion": "x"},
        )
    ],
    "submitCorrectiveAction": [lambda _, names: (mutation("submitCorrectiveAction"), {"correctiveActionId": names["action"]})],
    "verifyCorrectiveAction": [
        lambda _, names: (
            mutation("verifyCorrectiveAction"),
            {"correctiveActionId": names["action"], "effective": True, "reason": "x", "signature": APPROVED},
        )
    ],
    "reopenCorrectiveAction": [
        lambda _, names: (mutation("reopenCorrectiveAction"), {"correctiveActionId": names["action"], "reason": "x"})
    ],
    "sendSupplierRequest": [
        lambda _, names: (
            mutation("sendSupplierRequest"),
            {"supplier": CUSTOMER, "text": "x", "dueAt": isoformat(now() + timedelta(days=9)), "lots": [names["lot"]]},
        ),
        lambda town, names: (
            mutation("sendSupplierRequest"),
            {
                "supplier": CUSTOMER,
                "text": "x",
                "dueAt": isoformat(now() + timedelta(days=9)),
                "lots": [town.here.names["lot"]],
                "correctiveActionId": names["action"],
            },
        ),
    ],
    "renewSupplierRequestLink": [
        lambda _, names: (mutation("renewSupplierRequestLink"), {"supplierRequestId": names["request"]})
    ],
    "reviewSupplierAnswer": [
        lambda _, names: (mutation("reviewSupplierAnswer"), {"supplierRequestId": names["request"], "accept": True})
    ],
    "cancelSupplierRequest": [
        lambda _, names: (mutation("cancelSupplierRequest"), {"supplierRequestId": names["request"], "reason": "x"})
    ],
    "assertAlias": [
        lambda town, names: (mutation("assertAlias"), {"key": names["lot"], "sameAs": town.here.names["lot"], "cause": "OTHER", "reason": "x"}),
        lambda town, names: (mutation("assertAlias"), {"key": town.here.names["lot"], "sameAs": names["lot"], "cause": "OTHER", "reason": "x"}),
    ],
    "revokeAlias": [lambda _, names: (mutation("revokeAlias"), {"aliasId": names["alias"], "reason": "x"})],
    "putInstrument": [
        lambda town, names: (mutation("putInstrument"), {"identifier": "x", "instrumentId": names["instrument"], "place": town.here.place}),
        lambda town, names: (mutation("putInstrument"), {"identifier": "x", "place": names["place"]}),
        lambda town, names: (
            mutation("putInstrument"), {"identifier": "x", "instrumentId": town.here.names["instrument"], "place": names["place"]},
        ),
    ],
    "recordCalibration": [lambda _, names: (mutation("recordCalibration"), {"instrumentId": names["instrument"], **CALIBRATION})],
    "takeInstrumentOutOfService": [
        lambda _, names: (service_of("takeInstrumentOutOfService"), {"instrumentId": names["instrument"], "reason": "x"}),
    ],
    "returnInstrumentToService": [
        lambda _, names: (service_of("returnInstrumentToService"), {"instrumentId": names["instrument"], "reason": "x"}),
    ],
    "openInspection": [
        lambda _, names: (mutation("openInspection"), {"kind": "INCOMING", "key": names["lot"]}),
        lambda _, names: (mutation("openInspection"), {"kind": "INCOMING", "receipt": "x", "place": names["place"]}),
        lambda town, names: (
            mutation("openInspection"),
            {"kind": "INCOMING", "key": town.here.names["lot"], "supersedes": names["inspection"], "reason": "x"},
        ),
    ],
    "recordResults": [
        lambda _, names: (mutation("recordResults"), {"inspectionId": names["inspection"], "results": [{"characteristic": "LOOK", "value": "NG"}]}),
    ],
    "concludeInspection": [lambda _, names: (mutation("concludeInspection"), {"inspectionId": names["inspection"]})],
    "cancelInspection": [lambda _, names: (mutation("cancelInspection"), {"inspectionId": names["inspection"], "reason": "x"})],
    "putInspectionSchedule": [
        lambda _, names: (
            mutation("putInspectionSchedule"), {"name": "x", "specificationId": "x", "everyDays": 1, "place": names["place"]},
        ),
    ],
    "endInspectionSchedule": [lambda _, names: (mutation("endInspectionSchedule"), {"scheduleId": names["schedule"], "reason": "x"})],
    **{name: acts_of(name, more) for name, more in ALERT_ACTS.items()},
    "reopenAlert": [lambda _, names: (mutation("reopenAlert"), {"alertId": names["alert"], "reason": "x"})],
    "enrolDevice": [
        lambda _, names: (ENROL, {"name": "x", "site": names["place"]}),
        lambda _, names: (ENROL, {"name": "x", "site": names["hall"]}),
    ],
    "renameDevice": [lambda _, names: (mutation("renameDevice"), {"deviceId": names["device"], "name": "x"})],
    "moveDevice": [
        lambda town, names: (mutation("moveDevice"), {"deviceId": names["device"], "site": town.here.place}),
        lambda town, names: (mutation("moveDevice"), {"deviceId": town.here.names["device"], "site": names["place"]}),
    ],
    "revokeDevice": [lambda _, names: (mutation("revokeDevice"), {"deviceId": names["device"], "reason": "x"})],
    "acceptReviewEntry": [
        lambda _, names: (mutation("acceptReviewEntry"), {"entryId": names["review"], "reason": "x", "underNewEventId": True}),
        lambda town, names: (
            mutation("acceptReviewEntry"),
            {"entryId": town.here.names["review"], "reason": "x", "underNewEventId": True, "event": bare(names["place"])},
        ),
    ],
    "dismissReviewEntry": [lambda _, names: (mutation("dismissReviewEntry"), {"entryId": names["review"], "reason": "x"})],
    "ship": [
        lambda town, names: (SHIP, order_of(town.here.place, names["pallet"])),
        lambda town, names: (SHIP, order_of(names["place"], town.here.names["pallet"])),
        lambda town, names: (SHIP, order_of(names["yard"], town.here.names["pallet"])),
    ],
    "putFoodPlaces": [lambda _, names: (mutation("putFoodPlaces"), {"places": [{"place": names["place"]}, {"place": names["hall"]}]})],
    "putLocations": [
        lambda _, names: (PUT["locations"], {"locations": [{"place": names["place"], **LOCATION}]}),
        lambda _, names: (PUT["locations"], {"locations": [{"place": names["hall"], **LOCATION}]}),
        lambda town, names: (PUT["locations"], {"locations": [{"place": names["hall"], "parentPlace": town.here.place, **LOCATION}]}),
        lambda town, names: (PUT["locations"], {"locations": [{"place": town.here.yard, "parentPlace": names["place"], **LOCATION}]}),
        lambda town, names: (PUT["locations"], {"locations": [{"place": town.here.place, "parentPlace": names["place"], **LOCATION}]}),
    ],
}  # fmt: skip
_SPECIFICATION: Final = global_id("Specification", uuid7())


def mutation(name: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ userErrors {{ field code message }} }} }}"


def service_of(name: str) -> str:
    return f"mutation($input: InstrumentServiceInput!) {{ {name}(input: $input) {{ userErrors {{ field code message }} }} }}"


WHOLE_COMPANYS: Final[dict[str, tuple[str, Given]]] = {
    "putSpecification": (mutation("putSpecification"), {"code": "X", "names": {"en": "x"}, "characteristics": []}),
    "releaseSpecification": (mutation("releaseSpecification"), {"specificationId": _SPECIFICATION, "version": 1}),
    "withdrawSpecification": (mutation("withdrawSpecification"), {"specificationId": _SPECIFICATION, "version": 1, "reason": "x"}),
    "putFoodProducts": (mutation("putFoodProducts"), {"products": [{"gtin": PRODUCT["gtin"]}]}),
    "putProducts": (PUT["products"], {"products": [PRODUCT]}),
    "putPartners": (PUT["partners"], {"partners": [PARTNER]}),
    "setCompanyProfile": (mutation("setCompanyProfile"), {"legalName": "x"}),
    "setTwoPeopleDecideFrom": (
        "mutation($input: SetTwoPeopleDecideFromInput!) { setTwoPeopleDecideFrom(input: $input) { userErrors { code } } }",
        {"severity": "MINOR", "reason": "x", "signature": {"meaning": "APPROVED"}},
    ),
    "putSamplingPlan": (
        "mutation($input: PutSamplingPlanInput!) { putSamplingPlan(input: $input) { userErrors { code } } }",
        {"name": "x", "scheme": "ATTRIBUTES", "aqls": [{"defectClass": "MAJOR", "aql": "1.0"}]},
    ),
    "archiveSamplingPlan": (
        "mutation($input: ArchiveSamplingPlanInput!) { archiveSamplingPlan(input: $input) { userErrors { code } } }",
        {"planId": global_id("SamplingPlan", uuid4())},
    ),
    "switchSamplingSeverity": (
        "mutation($input: SwitchSamplingSeverityInput!) { switchSamplingSeverity(input: $input) { userErrors { code } } }",
        {"stateId": global_id("SamplingState", uuid4()), "severity": "TIGHTENED", "reason": "x"},
    ),
}
REFUSALS: Final = [(name, number) for name, attempts in NAMED_ATTEMPTS.items() for number in range(len(attempts))]


def bare(place: str) -> Given:
    return {"@context": document()["@context"], **made([], [quantity(lot(FLOUR, "NEW"), 1)], bizLocation={"id": place})}


def order_of(place: str, key: str) -> Given:
    return {"fromPlace": place, "toParty": CUSTOMER, "lines": [{"key": key}]}
