"""6. What happened to a pallet in March: the parameters of the standard's query."""

import os
import sys

import httpx

answer = httpx.get(
    f"{os.environ['SUYUAN']}/epcis/events",
    params={
        "MATCH_anyEPC": "https://id.gs1.org/00/095060001300000019",
        "GE_eventTime": "2026-03-01T00:00:00+08:00",
        "LT_eventTime": "2026-04-01T00:00:00+08:00",
        "EQ_bizStep": "packing|shipping",
    },
    headers={"Authorization": f"Bearer {os.environ['SUYUAN_KEY']}"},
    timeout=30,
)
if answer.is_error:
    problem = answer.json()
    sys.exit(f"Refused: {problem.get('field', '')} {problem['detail']}")
for event in answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
    print(event["bizStep"], event["eventTime"])
