// 5. All events, page by page: the header Link leads from each page to the next, until there is none.
const { SUYUAN, SUYUAN_KEY } = process.env;

type EpcisEvent = { type: string; eventID: string; eventTime: string };

async function* allEvents(address: string): AsyncGenerator<EpcisEvent> {
  while (address) {
    const page = await fetch(`${SUYUAN}${address}`, { headers: { Authorization: `Bearer ${SUYUAN_KEY}` } });
    if (!page.ok) throw new Error(`Refused: ${(await page.json()).detail}`);
    yield* (await page.json()).epcisBody.queryResults.resultsBody.eventList;
    address = page.headers.get("Link")?.match(/<([^>]*)>; *rel="next"/)?.[1] ?? "";
  }
}

for await (const event of allEvents("/epcis/events?perPage=2")) console.log(event.eventTime, event.type, event.eventID);
