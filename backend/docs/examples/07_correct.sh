#!/bin/sh
# 7. A mistake is never overwritten: the same event is sent again with an error declaration, beside the event that is right.
set -eu
wrong="urn:uuid:$(cat /proc/sys/kernel/random/uuid)"
right="urn:uuid:$(cat /proc/sys/kernel/random/uuid)"

# event <id> <quantity> [more]
event() {
  cat <<EVENT
{"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "ObjectEvent", "eventID": "$1",
 "eventTime": "2026-03-02T08:00:00+08:00", "eventTimeZoneOffset": "+08:00", "action": "OBSERVE", "bizStep": "receiving",
 "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": $2, "uom": "KGM"}] ${3:-}}
EVENT
}
capture() {
  answer=$(curl -sS --fail-with-body "$SUYUAN/epcis/events" -H "Authorization: Bearer $SUYUAN_KEY" \
    -H 'Content-Type: application/json' --data-binary @-) || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }
}

event "$wrong" 5000 | capture
event "$right" 500 | capture
event "$wrong" 5000 ", \"errorDeclaration\": {\"declarationTime\": \"2026-03-02T10:00:00+08:00\", \"reason\": \"incorrect_data\",
  \"correctiveEventIDs\": [\"$right\"]}" | capture
curl -sS --fail-with-body "$SUYUAN/epcis/events/$wrong" -H "Authorization: Bearer $SUYUAN_KEY"
