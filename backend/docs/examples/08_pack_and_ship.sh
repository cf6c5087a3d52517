#!/bin/sh
# 8. Two units into a case, the case onto a pallet, the pallet out of the door: whoever traces a unit finds the customer.
set -eu

answer=$(curl -sS --fail-with-body "$SUYUAN/epcis/capture" -H "Authorization: Bearer $SUYUAN_KEY" \
  -H 'Content-Type: application/json' --data-binary @- <<'DOCUMENT'
{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-03-02T20:00:00+08:00",
  "epcisBody": {"eventList": [
    {"type": "ObjectEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000081", "action": "ADD", "bizStep": "commissioning",
     "eventTime": "2026-03-02T09:30:00+08:00", "eventTimeZoneOffset": "+08:00", "bizLocation": {"id": "https://id.gs1.org/414/9506000134000"},
     "epcList": ["https://id.gs1.org/01/09506000134338/10/BUNS-7/21/S1", "https://id.gs1.org/01/09506000134338/10/BUNS-7/21/S2"]},
    {"type": "AggregationEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000082", "action": "ADD", "bizStep": "packing",
     "eventTime": "2026-03-02T10:00:00+08:00", "eventTimeZoneOffset": "+08:00", "bizLocation": {"id": "https://id.gs1.org/414/9506000134000"},
     "parentID": "https://id.gs1.org/00/095060001300000026",
     "childEPCs": ["https://id.gs1.org/01/09506000134338/21/S1", "https://id.gs1.org/01/09506000134338/21/S2"]},
    {"type": "AggregationEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000083", "action": "ADD", "bizStep": "packing",
     "eventTime": "2026-03-02T10:10:00+08:00", "eventTimeZoneOffset": "+08:00", "bizLocation": {"id": "https://id.gs1.org/414/9506000134000"},
     "parentID": "https://id.gs1.org/00/095060001300000019", "childEPCs": ["https://id.gs1.org/00/095060001300000026"]},
    {"type": "ObjectEvent", "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000084", "action": "OBSERVE", "bizStep": "shipping",
     "disposition": "in_transit", "eventTime": "2026-03-02T11:00:00+08:00", "eventTimeZoneOffset": "+08:00",
     "readPoint": {"id": "https://id.gs1.org/414/9506000134000"}, "epcList": ["https://id.gs1.org/00/095060001300000019"],
     "destinationList": [{"type": "owning_party", "destination": "https://id.gs1.org/417/9506000134024"}]}
  ]}
}
DOCUMENT
) || { printf 'Refused: %s\n' "$answer" >&2; exit 1; }
printf '%s\n' "$answer"
