#!/bin/sh
# 1. A token for ten minutes in exchange for the client's key. The key itself works as a bearer token, too.
set -eu

answer=$(curl -sS --fail-with-body "$SUYUAN/oauth/token" -u "$SUYUAN_CLIENT_ID:$SUYUAN_KEY" \
  -d grant_type=client_credentials -d scope=events.capture) || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }
token=$(printf '%s\n' "$answer" | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

curl -sS --fail-with-body "$SUYUAN/auth/me" -H "Authorization: Bearer $token"
