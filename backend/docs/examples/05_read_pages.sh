#!/bin/sh
# 5. All events, page by page: the header Link leads from each page to the next, until there is none.
set -eu
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT

next="/epcis/events?perPage=2"
while [ -n "$next" ]; do
  page=$(curl -sS --fail-with-body -D "$headers" "$SUYUAN$next" -H "Authorization: Bearer $SUYUAN_KEY") || { printf '%s\n' "$page" >&2; exit 1; }
  printf '%s\n' "$page" | python3 -c '
import json, sys
for event in json.load(sys.stdin)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
    print(event["eventTime"], event["type"], event["eventID"])'
  next=$(sed -n 's/^[Ll]ink: *<\([^>]*\)>; *rel="next".*/\1/p' "$headers")
done
