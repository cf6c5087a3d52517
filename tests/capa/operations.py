"""The operations on corrective actions and requests to suppliers, as clients write them."""

from typing import Final

_ACTION: Final = """correctiveAction { id number kind status title ownerName checkAt closedAt
  disciplines { discipline text team whys causes { category text root } doneAt late }
  items { id discipline text ownerName doneAt late evidence } nonconformances { number } recurrences { number } }
  userErrors { field code message }"""
_REQUEST: Final = """supplierRequest { id number status supplier late supplierPartner { name } lots { code }
  answers { writtenBy containment rootCause correctiveAction doneBy verdict comment } } userErrors { field code message }"""


def _mutation(name: str, answer: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {answer} }} }}"


OPEN: Final = _mutation("openCorrectiveAction", _ACTION)
WRITE: Final = _mutation("writeDiscipline", _ACTION)
ADD_ITEM: Final = _mutation("addActionItem", _ACTION)
COMPLETE: Final = _mutation("completeActionItem", _ACTION)
PLAN: Final = _mutation("planEffectivenessCheck", _ACTION)
SUBMIT: Final = _mutation("submitCorrectiveAction", _ACTION)
VERIFY: Final = _mutation("verifyCorrectiveAction", _ACTION)
REOPEN: Final = _mutation("reopenCorrectiveAction", _ACTION)
SEND: Final = _mutation("sendSupplierRequest", f"link {_REQUEST}")
RENEW: Final = _mutation("renewSupplierRequestLink", f"link {_REQUEST}")
REVIEW: Final = _mutation("reviewSupplierAnswer", _REQUEST)
CANCEL: Final = _mutation("cancelSupplierRequest", _REQUEST)
ONE: Final = f"query($id: ID!) {{ correctiveAction(id: $id) {{ {_ACTION.removeprefix('correctiveAction { ').partition('userErrors')[0]} }}"
HISTORY: Final = """query($id: ID!) { supplierRequest(id: $id) { history(first: 20) { nodes { act actor note } } } }"""
APPROVALS: Final = "{ approvals(first: 20) { nodes { kind subjectId number title critical since } pageInfo { hasNextPage } } }"
ALERTS: Final = "{ alerts(first: 20) { nodes { kind subject detail closedAt } } }"
