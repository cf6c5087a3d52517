// 8. Two units into a case, the case onto a pallet, the pallet out of the door: whoever traces a unit finds the customer.
const { SUYUAN, SUYUAN_KEY } = process.env;

const plant = { id: "https://id.gs1.org/414/9506000134000" };
const units = ["https://id.gs1.org/01/09506000134338/10/BUNS-7/21/S1", "https://id.gs1.org/01/09506000134338/10/BUNS-7/21/S2"];
const box = "https://id.gs1.org/00/095060001300000026";
const pallet = "https://id.gs1.org/00/095060001300000019";
const customer = "https://id.gs1.org/417/9506000134024";

const event = (type: string, time: string, bizStep: string, fields: object) => ({
  type,
  eventID: `urn:uuid:${crypto.randomUUID()}`,
  eventTime: `2026-03-02T${time}:00+08:00`,
  eventTimeZoneOffset: "+08:00",
  bizStep,
  ...fields,
});

const document = {
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  type: "EPCISDocument",
  schemaVersion: "2.0",
  creationDate: "2026-03-02T20:00:00+08:00",
  epcisBody: {
    eventList: [
      event("ObjectEvent", "09:30", "commissioning", { action: "ADD", bizLocation: plant, epcList: units }),
      event("AggregationEvent", "10:00", "packing", { action: "ADD", bizLocation: plant, parentID: box, childEPCs: units }),
      event("AggregationEvent", "10:10", "packing", { action: "ADD", bizLocation: plant, parentID: pallet, childEPCs: [box] }),
      event("ObjectEvent", "11:00", "shipping", {
        action: "OBSERVE",
        disposition: "in_transit",
        readPoint: plant,
        epcList: [pallet],
        destinationList: [{ type: "owning_party", destination: customer }],
      }),
    ],
  },
};

const answer = await fetch(`${SUYUAN}/epcis/capture`, {
  method: "POST",
  headers: { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify(document),
});
if (!answer.ok) throw new Error(`Refused: ${(await answer.json()).detail}`);
const job: { accepted: number } = await answer.json();
console.log("accepted", job.accepted);
