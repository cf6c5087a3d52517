// 10. Sending until it is known to be stored. An answer that was lost costs nothing: the same event id makes the repetition a duplicate.
const { SUYUAN, SUYUAN_KEY } = process.env;

const tryAgain = [429, 500, 502, 503, 504];
const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function send(event: object, attempts = 6): Promise<{ eventID: string; status: "accepted" | "duplicate" }> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const answer = await fetch(`${SUYUAN}/epcis/events`, {
      method: "POST",
      headers: { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json" },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(30_000),
    }).catch((trouble: Error) => console.error("no answer:", trouble.message));
    if (answer?.ok) return await answer.json();
    if (answer && !tryAgain.includes(answer.status)) {
      // Every refusal is application/problem+json: what was wrong, and the request id for whoever asks us about it.
      const problem: { detail: string; requestId: string } = await answer.json();
      throw new Error(`Refused: ${problem.detail} (${problem.requestId})`);
    }
    await sleep(Number(answer?.headers.get("Retry-After") ?? 2 ** attempt * (0.5 + Math.random() / 2)));
  }
  throw new Error("Nobody answers. Keep the event, and send it later under the same id.");
}

const stored = await send({
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  type: "ObjectEvent",
  eventID: `urn:uuid:${crypto.randomUUID()}`,
  eventTime: "2026-03-02T08:00:00+08:00",
  eventTimeZoneOffset: "+08:00",
  action: "OBSERVE",
  bizStep: "receiving",
  quantityList: [{ epcClass: "https://id.gs1.org/01/09506000134307/10/FLOUR-7", quantity: 500, uom: "KGM" }],
});
console.log(stored.status);
