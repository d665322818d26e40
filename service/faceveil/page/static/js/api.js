// The one way to the server. The key is kept here, in memory, and nowhere else; it is shown only to
// get short-lived tokens, which everything else is asked with.

const SCOPES = ["anonymize", "features:read", "features:write", "audit", "log", "metrics"];
const TOKEN_S = 900;
const RENEWED = 0.8; // part of its life after which a token is replaced
const MADE = "fvt_"; // how a token begins: one in a key's place makes no others

let key = null;
let token = null; // {text, until}
let asking = null; // for a token, so that many requests at a time ask once
let onAway = () => {};

export const signIn = (given) => { key = given || null; token = asking = null; };
export const signedIn = () => key !== null;
export const whenAway = (listener) => { onAway = listener; };

/** A request that was refused, or that nobody answered (`away`, of the type `away`). */
export class Refusal extends Error {
  constructor(details, retryAfter = null) {
    super(details.detail ?? details.title);
    this.status = details.status;
    this.slug = (details.type ?? "").split(":").pop() || "unknown";
    this.detail = details.detail ?? "";
    this.errors = details.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** Where a path of the API is, wherever a proxy shows us. */
export const address = (path) => new URL(path, document.baseURI).href;

async function send(path, shown, { headers, ...request }) {
  let answer;
  try {
    answer = await fetch(address(path), {
      ...request, cache: "no-store", credentials: "same-origin",
      headers: { Accept: "application/json", ...headers, ...(shown ? { "X-API-Key": shown } : {}) },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    onAway();
    throw new Refusal({ type: "away", status: 0 });
  }
  if (answer.ok) return answer;
  const after = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
  let details = { status: answer.status };
  try {
    details = { ...details, ...(await answer.json()) };
  } catch { /* a proxy's own page says nothing that we could show */ }
  throw new Refusal(details, Number.isFinite(after) ? after : null);
}

const asJson = (json) => ({ body: JSON.stringify(json), headers: { "Content-Type": "application/json" } });

/** A new token for so much of this as the key may. */
async function made(scopes, seconds) {
  if (key === null || key.startsWith(MADE)) return key;
  const wanted = asJson({ scopes, seconds, fewer: true });
  return (await (await send("v1/tokens", key, { method: "POST", ...wanted })).json()).token;
}

/** What a request shows; null where nobody is signed in. */
async function shown() {
  if (token && Date.now() < token.until) return token.text;
  const mine = (asking ??= made(SCOPES, TOKEN_S));
  try {
    const text = await mine;
    if (mine === asking) token = text && { text, until: Date.now() + RENEWED * TOKEN_S * 1000 };
    return text;
  } finally {
    if (mine === asking) asking = null;
  }
}

/** A token for one stream of an hour at most; null where nobody is signed in. */
export const streamToken = () => made(["anonymize"], 3600);

async function ask(path, { method = "GET", body, json, signal, headers = {} } = {}) {
  const request = { method, signal, headers, body };
  if (json !== undefined) Object.assign(request, asJson(json));
  for (let first = true; ; first = false) {
    const kept = token;
    try {
      return await send(path, await shown(), request);
    } catch (refusal) {
      // It may have ended while this machine slept.
      if (refusal.slug !== "unauthorized" || !first || !kept || kept !== token) throw refusal;
      token = null;
    }
  }
}

export const get = async (path, options) => (await ask(path, options)).json();
export const post = async (path, options) => (await ask(path, { method: "POST", ...options })).json();
export const remove = (path) => ask(path, { method: "DELETE" });
export const bytes = async (path) => new Uint8Array(await (await ask(path, { headers: { Accept: "*/*" } })).arrayBuffer());
export const text = async (path) => (await ask(path, { headers: { Accept: "text/html" } })).text();

/** Whether the server answers at all. */
export async function lives() {
  try {
    return (await fetch(address("healthz"), { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
