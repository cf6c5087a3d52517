// 6. What happened to a pallet in March: the parameters of the standard's query.
const { SUYUAN, SUYUAN_KEY } = process.env;

const query = new URLSearchParams({
  MATCH_anyEPC: "https://id.gs1.org/00/095060001300000019",
  GE_eventTime: "2026-03-01T00:00:00+08:00",
  LT_eventTime: "2026-04-01T00:00:00+08:00",
  EQ_bizStep: "packing|shipping",
});
const answer = await fetch(`${SUYUAN}/epcis/events?${query}`, { headers: { Authorization: `Bearer ${SUYUAN_KEY}` } });
if (!answer.ok) {
  const problem: { detail: string; field?: string } = await answer.json();
  throw new Error(`Refused: ${problem.field ?? ""} ${problem.detail}`);
}
const { epcisBody } = await answer.json();
const events: { bizStep: string; eventTime: string }[] = epcisBody.queryResults.resultsBody.eventList;
for (const event of events) console.log(event.bizStep, event.eventTime);
