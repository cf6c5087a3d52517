#!/bin/sh
# 2. What is wrong with a document, before it is sent. Nothing is stored.
set -eu

answer=$(curl -sS --fail-with-body "$SUYUAN/epcis/validate" -H "Authorization: Bearer $SUYUAN_KEY" \
  -H 'Content-Type: application/json' -H 'Accept-Language: en' --data-binary @- <<'EVENT'
{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "ObjectEvent",
  "eventTime": "2026-03-02T08:00:00+08:00",
  "action": "SHIP",
  "bizStep": "shipping",
  "epcList": ["https://id.gs1.org/00/095060001300000019"]
}
EVENT
) || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }

printf '%s\n' "$answer" | python3 -c '
import json, sys
report = json.load(sys.stdin)
for fault in report["faults"]:
    print("line {line}: {message} {mend}".format(**fault))
for event in report["events"]:
    print("A good event:", event.get("example", "yours is one"))'
