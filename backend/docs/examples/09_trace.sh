#!/bin/sh
# 9. What went into a lot, and where everything made from an ingredient has gone. GraphQL tells its errors in the answer.
set -eu

# ask <query> <key>
ask() {
  body=$(python3 -c 'import json, sys; print(json.dumps({"query": sys.argv[1], "variables": {"key": sys.argv[2]}}))' "$1" "$2")
  answer=$(curl -sS --fail-with-body "$SUYUAN/graphql" -H "Authorization: Bearer $SUYUAN_KEY" \
    -H 'Content-Type: application/json' -d "$body") || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }
  case $answer in *'"errors"'*) printf 'Refused: %s\n' "$answer" >&2; exit 1 ;; esac
  printf '%s\n' "$answer"
}

ask 'query ($key: String!) {
  trace(key: $key, direction: BACKWARD) { nodes(first: 100) { nodes { steps certainty object { kind code } } } }
}' https://id.gs1.org/01/09506000134338/10/BUNS-7

ask 'query ($key: String!) {
  trace(key: $key, direction: FORWARD) {
    shipments(first: 100) { nodes { shipment { toParty } lots { quantity object { code } } } pageInfo { hasNextPage endCursor } }
  }
}' https://id.gs1.org/01/09506000134307/10/FLOUR-7
