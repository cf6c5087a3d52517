// 1. A token for ten minutes in exchange for the client's key. The key itself works as a bearer token, too.
const { SUYUAN, SUYUAN_CLIENT_ID, SUYUAN_KEY } = process.env;

const answer = await fetch(`${SUYUAN}/oauth/token`, {
  method: "POST",
  headers: { Authorization: `Basic ${btoa(`${SUYUAN_CLIENT_ID}:${SUYUAN_KEY}`)}` },
  body: new URLSearchParams({ grant_type: "client_credentials", scope: "events.capture" }),
});
const token: { access_token: string; error?: string; error_description?: string } = await answer.json();
if (!answer.ok) throw new Error(`Refused: ${token.error}: ${token.error_description}`);

const me = await fetch(`${SUYUAN}/auth/me`, { headers: { Authorization: `Bearer ${token.access_token}` } });
const { displayName, permissions }: { displayName: string; permissions: string[] } = await me.json();
console.log(`${displayName} may: ${permissions.join(", ")}`);
