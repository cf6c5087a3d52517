"""Documents to try the validator with: a good event, a document with the faults that are met most, XML of version 1.2."""

from typing import Final

SAMPLES: Final[dict[str, str]] = {
    "good": """{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "ObjectEvent",
  "eventID": "urn:uuid:0195a1b0-0000-7000-8000-000000000021",
  "eventTime": "2026-03-02T08:00:00+08:00",
  "eventTimeZoneOffset": "+08:00",
  "action": "OBSERVE",
  "bizStep": "shipping",
  "disposition": "in_transit",
  "epcList": ["https://id.gs1.org/00/095060001343520017"],
  "readPoint": {"id": "https://id.gs1.org/414/9506000134000"},
  "destinationList": [{"type": "owning_party", "destination": "https://id.gs1.org/417/9506000134024"}]
}
""",
    "faulty": """{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "EPCISDocument",
  "schemaVersion": "2.0",
  "creationDate": "2026-03-02T20:00:00+08:00",
  "epcisBody": {
    "eventList": [
      {
        "type": "ObjectEvent",
        "eventTime": "2026-03-02 08:00",
        "action": "SHIP",
        "bizStep": "Shipping",
        "epcList": [
          "https://id.gs1.org/01/09506000134353/21/S1",
          "https://id.gs1.org/01/09506000134352/21/S2"
        ],
        "quantityList": [{"epcClass": "urn:epc:class:lgtin:9506000.013435.L1", "quantity": "12", "uom": "kg"}]
      },
      {
        "type": "TransformationEvent",
        "eventTime": "2026-03-02T09:00:00+08:00",
        "eventTimeZoneOffset": "+01:00",
        "inputQuantityList": [{"epcClass": "https://id.gs1.org/01/09506000134307/10/FLOUR-7", "quantity": 12.5}],
        "outputQuantityList": [{"epcClass": "https://id.gs1.org/01/09506000134338/10/BUNS-7", "quantity": 1200}]
      }
    ]
  }
}
""",
    "xml": """<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" schemaVersion="1.2" creationDate="2026-03-02T12:00:00Z">
  <EPCISBody>
    <EventList>
      <AggregationEvent>
        <eventTime>2026-03-02T10:00:00+08:00</eventTime>
        <eventTimeZoneOffset>+08:00</eventTimeZoneOffset>
        <parentID>urn:epc:id:sscc:9506000.0134352001</parentID>
        <childEPCs>
          <epc>urn:epc:id:sgtin:9506000.013435.S1</epc>
          <epc>urn:epc:id:sgtin:9506000.013435.S2</epc>
        </childEPCs>
        <action>ADDED</action>
        <bizStep>urn:epcglobal:cbv:bizstep:packing</bizStep>
      </AggregationEvent>
    </EventList>
  </EPCISBody>
</epcis:EPCISDocument>
""",
}
