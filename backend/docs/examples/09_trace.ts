// 9. What went into a lot, and where everything made from an ingredient has gone. GraphQL tells its errors in the answer.
const { SUYUAN, SUYUAN_KEY } = process.env;

type Goods = { kind: string; code: string };
type Backward = { nodes: { nodes: { steps: number; certainty: string; object: Goods }[] } };
type Forward = { shipments: { nodes: { shipment: { toParty: string }; lots: { quantity: string; object: Goods }[] }[] } };

const backward = `query ($key: String!) {
  trace(key: $key, direction: BACKWARD) { nodes(first: 100) { nodes { steps certainty object { kind code } } } }
}`;
const forward = `query ($key: String!) {
  trace(key: $key, direction: FORWARD) {
    shipments(first: 100) { nodes { shipment { toParty } lots { quantity object { code } } } pageInfo { hasNextPage endCursor } }
  }
}`;

async function ask<Trace>(query: string, key: string): Promise<Trace> {
  const answer = await fetch(`${SUYUAN}/graphql`, {
    method: "POST",
    headers: { Authorization: `Bearer ${SUYUAN_KEY}`, "Content-Type": "application/json" },
    body: JSON.stringify({ query, variables: { key } }),
  });
  const told = await answer.json();
  if (!answer.ok || told.errors) throw new Error(`Refused: ${JSON.stringify(told.errors ?? told.detail)}`);
  if (told.data.trace === null) throw new Error(`Nothing is known of ${key}.`);
  return told.data.trace;
}

const { nodes } = await ask<Backward>(backward, "https://id.gs1.org/01/09506000134338/10/BUNS-7");
for (const { steps, certainty, object } of nodes.nodes) console.log(steps, certainty, object.kind, object.code);
const { shipments } = await ask<Forward>(forward, "https://id.gs1.org/01/09506000134307/10/FLOUR-7");
for (const { shipment, lots } of shipments.nodes) console.log(shipment.toParty, "got", lots.map((lot) => lot.object.code).join(", "));
