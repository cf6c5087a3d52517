// 3. One event. Its id is made once, by whoever reports it; sent again under the same id it is a duplicate, and a success.
const { SUYUAN, SUYUAN_KEY } = process.env;

type Problem = { detail: string; errors?: { field: string; title: string; detail: string }[] };

const event = {
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  type: "ObjectEvent",
  eventID: `urn:uuid:${crypto.randomUUID()}`,
  eventTime: "2026-03-02T08:00:00+08:00",
  eventTimeZoneOffset: "+08:00",
  action: "OBSERVE",
  bizStep: "receiving",
  bizLocation: { id: "https://id.gs1.org/414/9506000134000" },
  quantityList: [{ epcClass: "https://id.gs1.org/01/09506000134307/10/FLOUR-7", quantity: 500, uom: "KGM" }],
};

const answer = await fetch(`${SUYUAN}/epcis/events`, {
  method: "POST",
  headers: { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify(event),
});
if (!answer.ok) {
  const problem: Problem = await answer.json();
  for (const fault of problem.errors ?? []) console.error(`${fault.field}: ${fault.title} ${fault.detail}`);
  throw new Error(`Refused: ${problem.detail}`);
}
const { status }: { status: "accepted" | "duplicate" } = await answer.json();
console.log(status, answer.headers.get("Location"));
