#!/bin/sh
# 3. One event. Its id is made once, by whoever reports it; sent again under the same id it is a duplicate, and a success.
set -eu
event_id="urn:uuid:$(cat /proc/sys/kernel/random/uuid)"

answer=$(curl -sS --fail-with-body "$SUYUAN/epcis/events" -H "Authorization: Bearer $SUYUAN_KEY" \
  -H 'Content-Type: application/json' --data-binary @- <<EVENT
{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "ObjectEvent", "eventID": "$event_id",
  "eventTime": "2026-03-02T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
  "action": "OBSERVE", "bizStep": "receiving", "bizLocation": {"id": "https://id.gs1.org/414/9506000134000"},
  "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": 500, "uom": "KGM"}]
}
EVENT
) || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }
printf '%s\n' "$answer"
