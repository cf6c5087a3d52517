"""The operations on recall notices, as clients write them."""

from typing import Final

_ERRORS: Final = "userErrors { field code message }"
_LOTS: Final = """lots(first: 50) { nodes { line key code name quantity uom certain shipments { shippedAt document quantity uom } moreShipments
  answer { found returned destroyed forwarded nothing over forwardedTo note source saidBy recordedByUs } } }"""
_NOTICE: Final = f"""id kind state version party drill language number title lotCount overdue sentAt openedAt acknowledgedAt acknowledgedBy
  acknowledgedThrough reportedAt closedAt escalatedAt partner {{ name }}
  deliveries {{ occasion way receiver name state reason attempts doneAt }} links {{ way receiver openedAt revokedAt }} {_LOTS}"""
_RECEIVED: Final = f"""id sender number kind title reason hazard instructions phone email lotCount leftOut overdue acknowledgedAt reportedAt closedAt
  {_LOTS}"""
_CONTACT: Final = "id party name email phone language role partner { name }"


def _mutation(name: str, answer: str) -> str:
    return f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {answer} {_ERRORS} }} }}"


PUT_CONTACT: Final = _mutation("putRecallContact", f"contact {{ {_CONTACT} }}")
REMOVE_CONTACT: Final = _mutation("removeRecallContact", "contact { id }")
SET_PLAN: Final = _mutation("setRecallNoticePlan", "plan { own answerHours acknowledgeReminderHours reportReminderHours escalateHours team }")
SEND_AGAIN: Final = _mutation("sendRecallNoticeAgain", f"notice {{ {_NOTICE} }}")
RENEW: Final = _mutation("renewRecallNoticeLink", f"link notice {{ {_NOTICE} }}")
REVOKE_LINKS: Final = _mutation("revokeRecallNoticeLinks", f"notice {{ {_NOTICE} }}")
RECORD: Final = _mutation("recordRecallAnswer", f"notice {{ {_NOTICE} }}")
RECEIVE: Final = _mutation("receiveRecallNotice", f"notice {{ {_RECEIVED} }}")
ACKNOWLEDGE: Final = _mutation("acknowledgeReceivedRecallNotice", f"notice {{ {_RECEIVED} }}")
ANSWER: Final = _mutation("answerReceivedRecallNotice", f"notice {{ {_RECEIVED} }}")
DISCONNECT: Final = _mutation("revokeRecallConnection", "connection { id revokedAt revokedBy }")
CONTACTS: Final = f"query($party: String) {{ recallContacts(first: 20, party: $party) {{ nodes {{ {_CONTACT} }} }} }}"
NOTICES: Final = f"""query($id: ID!, $filter: RecallNoticeFilter) {{ recallNotices(caseId: $id, first: 4, filter: $filter) {{ nodes {{ {_NOTICE} }} }}
  }}"""
NOTICE: Final = f"query($id: ID!) {{ recallNotice(id: $id) {{ {_NOTICE} answers(first: 20) {{ nodes {{ line found nothing }} }} }} }}"
CUSTOMERS: Final = """query($id: ID!, $without: Boolean!) { recallCustomers(caseId: $id, withoutContact: $without, first: 20) {
  nodes { party lotCount contactCount connected partner { name } } } }"""
PROGRESS: Final = """query($id: ID!) { recallNoticeProgress(caseId: $id) { customers written whole notices waiting sent opened acknowledged reported
  noAddress failed wouldSend overdue } }"""
PLAN: Final = "query($id: ID) { recallNoticePlan(caseId: $id) { own answerHours acknowledgeReminderHours reportReminderHours escalateHours team } }"
RECEIVED: Final = f"query($open: Boolean!) {{ receivedRecallNotices(openOnly: $open, first: 5) {{ nodes {{ {_RECEIVED} }} }} }}"
CONNECTIONS: Final = """{ recallConnections(first: 20) { nodes { id direction company party connectedBy revokedAt revokedBy } } }"""
TOLD: Final = "{ myNotifications(first: 20) { nodes { title text } } }"
TIMELINE: Final = "query($id: ID!) { recall(id: $id) { timeline(first: 50) { nodes { kind actor detail } } } }"
