#!/bin/sh
# 4. A document of which the good events are kept, and its job. Without "proceed" one fault refuses all of it.
set -eu
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT

answer=$(curl -sS --fail-with-body -D "$headers" "$SUYUAN/epcis/capture" -H "Authorization: Bearer $SUYUAN_KEY" \
  -H 'Content-Type: application/json' -H 'GS1-Capture-Error-Behaviour: proceed' --data-binary @- <<'DOCUMENT'
{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T20:00:00+08:00",
  "epcisBody": {"eventList": [
    {"type": "ObjectEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000041", "action": "ADD", "bizStep": "commissioning",
     "eventTime": "2026-03-02T09:30:00+08:00", "eventTimeZoneOffset": "+08:00",
     "epcList": ["https://id.gs1.org/01/09506000134338/21/S1", "https://id.gs1.org/01/09506000134338/21/S2"]},
    {"type": "ObjectEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000042", "action": "SEEN",
     "eventTime": "2026-03-02T09:40:00+08:00", "eventTimeZoneOffset": "+08:00", "epcList": ["https://id.gs1.org/01/09506000134338/21/S1"]}
  ]}
}
DOCUMENT
) || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }
job=$(sed -n 's/^[Ll]ocation: *\([^[:space:]]*\).*/\1/p' "$headers")

while :; do
  answer=$(curl -sS --fail-with-body "$SUYUAN$job" -H "Authorization: Bearer $SUYUAN_KEY")
  case $answer in *'"running":true'*) sleep 1 ;; *) break ;; esac
done
printf '%s\n' "$answer" | python3 -c '
import json, sys
job = json.load(sys.stdin)
print("accepted {accepted}, duplicates {duplicates}, rejected {rejected}".format(**job))
for error in job["errors"]:
    print("{field}: {title} {detail}".format(**error))'
