#!/bin/sh
# 10. Sending until it is known to be stored. An answer that was lost costs nothing: the same event id makes the repetition a duplicate.
set -eu
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT
event='{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "ObjectEvent", "eventID": "urn:uuid:'$(cat /proc/sys/kernel/random/uuid)'", "action": "OBSERVE", "bizStep": "receiving",
  "eventTime": "2026-03-02T08:00:00+08:00", "eventTimeZoneOffset": "+08:00",
  "quantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": 500, "uom": "KGM"}]
}'

wait=1
for attempt in 1 2 3 4 5 6; do
  : > "$headers"
  answer=$(curl -sS --max-time 30 -D "$headers" "$SUYUAN/epcis/events" -H "Authorization: Bearer $SUYUAN_KEY" \
    -H 'Content-Type: application/json' -d "$event") || : # no answer, and so no status
  status=$(sed -n '1s/^HTTP[^ ]* \([0-9]*\).*/\1/p' "$headers")
  case $status in
    2??) printf '%s\n' "$answer"; exit 0 ;;
    '' | 429 | 5??) ;;
    # Every refusal is application/problem+json: what was wrong, and the request id for whoever asks us about it.
    *) printf 'Refused: %s\n' "$answer" >&2; exit 1 ;;
  esac
  asked=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9]*\).*/\1/p' "$headers")
  echo "attempt $attempt: ${status:-no answer}" >&2
  sleep "${asked:-$wait}"
  wait=$((wait * 2))
done
echo "Nobody answers. Keep the event, and send it later under the same id." >&2
exit 1
