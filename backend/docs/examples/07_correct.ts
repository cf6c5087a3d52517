// 7. A mistake is never overwritten: the same event is sent again with an error declaration, beside the event that is right.
const { SUYUAN, SUYUAN_KEY } = process.env;
const headers = { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json" };

const received = (quantity: number) => ({
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  type: "ObjectEvent",
  eventID: `urn:uuid:${crypto.randomUUID()}`,
  eventTime: "2026-03-02T08:00:00+08:00",
  eventTimeZoneOffset: "+08:00",
  action: "OBSERVE",
  bizStep: "receiving",
  quantityList: [{ epcClass: "https://id.gs1.org/01/09506000134307/10/FLOUR-7", quantity, uom: "KGM" }],
});

async function capture(event: object): Promise<void> {
  const answer = await fetch(`${SUYUAN}/epcis/events`, { method: "POST", headers, body: JSON.stringify(event) });
  if (!answer.ok) throw new Error(`Refused: ${(await answer.json()).detail}`);
}

const wrong = received(5000);
const right = received(500);
await capture(wrong);
await capture(right);
const errorDeclaration = {
  declarationTime: "2026-03-02T10:00:00+08:00",
  reason: "incorrect_data",
  correctiveEventIDs: [right.eventID],
};
await capture({ ...wrong, errorDeclaration });

const stored = await (await fetch(`${SUYUAN}/epcis/events/${wrong.eventID}`, { headers })).json();
const [, declared] = stored.epcisBody.queryResults.resultsBody.eventList;
console.log("declared wrong:", declared.errorDeclaration.reason);

export {}; // a module, which may await
