// The one way to the server. The key is kept here, in memory, and nowhere else.

let key = null;
let onAway = () => {};

export const signIn = (given) => { key = given || null; };
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

async function ask(path, { method = "GET", body, json, signal, headers = {} } = {}) {
  const request = { method, signal, headers: { Accept: "application/json", ...headers }, cache: "no-store", credentials: "same-origin" };
  if (key) request.headers["X-API-Key"] = key;
  if (json !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(json);
  } else if (body !== undefined) request.body = body;
  let answer;
  try {
    answer = await fetch(address(path), request);
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

export const get = async (path, options) => (await ask(path, options)).json();
export const post = async (path, options) => (await ask(path, { method: "POST", ...options })).json();
export const remove = (path) => ask(path, { method: "DELETE" });
export const text = async (path) => (await ask(path, { headers: { Accept: "text/html" } })).text();

/** Whether the server answers at all. */
export async function lives() {
  try {
    return (await fetch(address("healthz"), { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}
