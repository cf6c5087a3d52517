#!/bin/sh
# 6. What happened to a pallet in March: the parameters of the standard's query.
set -eu

answer=$(curl -sS --fail-with-body -G "$SUYUAN/epcis/events" -H "Authorization: Bearer $SUYUAN_KEY" \
  --data-urlencode 'MATCH_anyEPC=https://id.gs1.org/00/095060001300000019' \
  --data-urlencode 'GE_eventTime=2026-03-01T00:00:00+08:00' \
  --data-urlencode 'LT_eventTime=2026-04-01T00:00:00+08:00' \
  --data-urlencode 'EQ_bizStep=packing|shipping') || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }

printf '%s\n' "$answer" | python3 -c '
import json, sys
for event in json.load(sys.stdin)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
    print(event["bizStep"], event["eventTime"])'
