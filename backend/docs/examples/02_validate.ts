// 2. What is wrong with a document, before it is sent. Nothing is stored.
const { SUYUAN, SUYUAN_KEY } = process.env;

type Fault = { line: number; column: number; path: string; message: string; mend: string };
type Report = { valid: boolean; faults: Fault[]; events: { valid: boolean; example?: string }[] };

const document = `{
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "ObjectEvent",
  "eventTime": "2026-03-02T08:00:00+08:00",
  "action": "SHIP",
  "bizStep": "shipping",
  "epcList": ["https://id.gs1.org/00/095060001300000019"]
}`;

const answer = await fetch(`${SUYUAN}/epcis/validate`, {
  method: "POST",
  headers: { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json", "Accept-Language": "en" },
  body: document,
});
if (!answer.ok) throw new Error(`Refused: ${(await answer.json()).detail}`);
const report: Report = await answer.json();
for (const fault of report.faults) console.log(`line ${fault.line}: ${fault.message} ${fault.mend}`);
for (const event of report.events) console.log("A good event:", event.example ?? "yours is one");
