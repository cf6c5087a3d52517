// 4. A document of which the good events are kept, and its job. Without "proceed" one fault refuses all of it.
const { SUYUAN, SUYUAN_KEY } = process.env;
const headers = { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json" };

type Fault = { field: string; title: string; detail: string };
type Job = { running: boolean; accepted: number; duplicates: number; rejected: number; errors: Fault[] };

const common = { type: "ObjectEvent", eventTimeZoneOffset: "+08:00" };
const document = {
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  type: "EPCISDocument",
  schemaVersion: "2.0",
  creationDate: "2026-03-02T20:00:00+08:00",
  epcisBody: {
    eventList: [
      {
        ...common,
        eventID: "urn:uuid:0195a1b0-0000-7000-8000-000000000041",
        eventTime: "2026-03-02T09:30:00+08:00",
        action: "ADD",
        bizStep: "commissioning",
        epcList: ["https://id.gs1.org/01/09506000134338/21/S1", "https://id.gs1.org/01/09506000134338/21/S2"],
      },
      {
        ...common,
        eventID: "urn:uuid:0195a1b0-0000-7000-8000-000000000042",
        eventTime: "2026-03-02T09:40:00+08:00",
        action: "SEEN",
        epcList: ["https://id.gs1.org/01/09506000134338/21/S1"],
      },
    ],
  },
};

const answer = await fetch(`${SUYUAN}/epcis/capture`, {
  method: "POST",
  headers: { ...headers, "GS1-Capture-Error-Behaviour": "proceed" },
  body: JSON.stringify(document),
});
if (!answer.ok) throw new Error(`Refused: ${(await answer.json()).detail}`);
let job: Job = await answer.json();
while (job.running) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  job = await (await fetch(`${SUYUAN}${answer.headers.get("Location")}`, { headers })).json();
}
console.log(`accepted ${job.accepted}, duplicates ${job.duplicates}, rejected ${job.rejected}`);
for (const error of job.errors) console.log(`${error.field}: ${error.title} ${error.detail}`);
