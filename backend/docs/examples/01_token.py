"""1. A token for ten minutes in exchange for the client's key. The key itself works as a bearer token, too."""

import os
import sys

import httpx

suyuan = httpx.Client(base_url=os.environ["SUYUAN"], timeout=30)

answer = suyuan.post(
    "/oauth/token",
    auth=(os.environ["SUYUAN_CLIENT_ID"], os.environ["SUYUAN_KEY"]),
    data={"grant_type": "client_credentials", "scope": "events.capture"},
)
if answer.is_error:
    problem = answer.json()
    sys.exit(f"Refused: {problem['error']}: {problem.get('error_description')}")
suyuan.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

me = suyuan.get("/auth/me").raise_for_status().json()
print(f"{me['displayName']} may: {', '.join(me['permissions'])}")
