/** What the client makes of a server that is busy, refuses, breaks, or is none. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { FaceVeil, KINDS, Problem, TimedOut, UnexpectedAnswer, Unreachable } from "../src/index.js";

const PICTURE = new Uint8Array([1, 2, 3]);
const ANSWER = { model: {}, image: {}, found: 0, faces: [] };

function json(body, status = 200, headers = {}) {
  const type = status < 400 ? "application/json" : "application/problem+json";
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });
}

function problem(kind, status, headers) {
  const body = { type: `urn:faceveil:problem:${kind}`, title: "", detail: "Do so.", request_id: "17" };
  return json({ ...body, status }, status, headers);
}

/** An answer whose body begins, and then goes no further until the try is given up, or breaks. */
function begun(breaks) {
  return async (_, { signal }) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"models":'));
        signal.addEventListener("abort", () => controller.error(signal.reason));
      },
      pull(controller) {
        if (breaks) controller.error(new TypeError("terminated"));
      },
    });
    return new Response(body, { headers: { "Content-Type": "application/json" } });
  };
}

/** A client of a server that gives these answers, one after the other; and what it was sent. */
function asked(answers, options = {}) {
  const requests = [];
  const fetch = async (request, init) => {
    requests.push(request);
    const answer = answers[Math.min(requests.length, answers.length) - 1];
    if (typeof answer === "function") return answer(request, init);
    if (answer instanceof Error) throw answer;
    return answer.clone();
  };
  const server = new FaceVeil({ url: "http://faces.example/below/", key: "fv_1", fetch, ...options });
  return { server, requests };
}

test("a picture goes out as a form, under the server's path, with the key and no file name", async () => {
  const { server, requests } = asked([json(ANSWER)]);
  const file = new File([PICTURE], "somebody.jpg", { type: "image/jpeg" });
  assert.deepEqual(await server.anonymize(file, { faces: "all", level: "strict" }), ANSWER);
  const [request] = requests;
  assert.equal(request.url, "http://faces.example/below/v1/anonymize?faces=all&level=strict");
  assert.equal(request.headers.get("Authorization"), "Bearer fv_1");
  const form = await request.formData();
  assert.deepEqual([...form.keys()], ["image"]);
  assert.equal(form.get("image").name, "image");
  assert.deepEqual(new Uint8Array(await form.get("image").arrayBuffer()), PICTURE);
});

test("a busy server is asked again after the seconds that it says, with the same request", async () => {
  const busy = problem("overloaded", 429, { "Retry-After": "0" });
  const { server, requests } = asked([busy, problem("not-ready", 503, { "Retry-After": "0" }), json(ANSWER)]);
  await server.store(PICTURE, "somebody", { session: "1" });
  assert.equal(requests.length, 3);
  const keys = requests.map((request) => request.headers.get("Idempotency-Key"));
  assert.equal(new Set(keys).size, 1);
  assert.ok(keys[0]);
  const sent = await Promise.all(requests.map((request) => request.formData()));
  for (const form of sent) assert.equal(form.get("subject"), "somebody");
});

test("a server that wants more patience than there is gets its refusal thrown at once", async () => {
  const { server, requests } = asked([problem("rate-exceeded", 429, { "Retry-After": "31" })]);
  const thrown = await server.anonymize(PICTURE).catch((error) => error);
  assert.ok(thrown instanceof Problem);
  assert.deepEqual([thrown.kind, thrown.status, thrown.retryAfter], ["rate-exceeded", 429, 31]);
  assert.match(thrown.message, /Do so\..*17/);
  assert.equal(requests.length, 1);
});

test("a refusal is not asked again", async () => {
  const { server, requests } = asked([problem("no-face", 422)]);
  await assert.rejects(server.anonymize(PICTURE), (error) => error.kind === "no-face");
  assert.equal(requests.length, 1);
});

test("a connection that breaks is made anew, and given up after so many tries", async () => {
  const broken = asked([new TypeError("gone"), json(ANSWER)]);
  assert.deepEqual(await broken.server.anonymize(PICTURE), ANSWER);
  const away = asked([new TypeError("gone")], { retries: { most: 0 } });
  await assert.rejects(away.server.anonymize(PICTURE), Unreachable);
});

test("what takes too long is told as that, and not sent again", async () => {
  const never = (_, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { server, requests } = asked([never], { timeout: 0.02 });
  await assert.rejects(server.anonymize(PICTURE), TimedOut);
  assert.equal(requests.length, 1);
});

test("an answer that begins and does not end is told as one that takes too long", async () => {
  const { server, requests } = asked([begun()], { timeout: 0.02 });
  await assert.rejects(server.models(), TimedOut);
  assert.equal(requests.length, 1);
});

test("an answer that breaks off is asked for again, as is a connection that breaks", async () => {
  const broken = asked([begun("breaks"), json({ models: [] })]);
  assert.deepEqual(await broken.server.models(), []);
  const away = asked([begun("breaks")], { retries: { most: 0 } });
  await assert.rejects(away.server.models(), Unreachable);
});

test("what is read as a stream comes piece by piece, each in time, however long all of it takes", async () => {
  let wanted = 0;
  const lines = async (_, { signal }) => {
    const pull = (controller) => {
      if (wanted++ < 2) controller.enqueue(new TextEncoder().encode("{}\n"));
      else signal.addEventListener("abort", () => controller.error(signal.reason));
    };
    return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
  };
  const { server } = asked([lines], { timeout: 0.2 });
  const { data } = await server.api.POST("/v1/video", { body: {}, parseAs: "stream" });
  const reader = data.getReader();
  for (let line = 1; line <= 2; line++) {
    assert.equal(new TextDecoder().decode((await reader.read()).value), "{}\n");
    await new Promise((resolve) => setTimeout(resolve, 300)); // whoever reads may take their time
  }
  await assert.rejects(reader.read(), TimedOut);
});

for (const status of [200, 404])
  test(`what answers ${status} and is no FaceVeil server is told as that`, async () => {
    const { server } = asked([new Response("<html>", { status })]);
    await assert.rejects(server.models(), UnexpectedAnswer);
  });

test("all pages of what is stored are read", async () => {
  const pages = [
    { features: [{ id: "1" }, { id: "2" }], next: "more" },
    { features: [{ id: "3" }], next: null },
  ];
  const { server, requests } = asked(pages.map((page) => json(page)));
  const ids = [];
  for await (const { id } of server.features({ limit: 2 })) ids.push(id);
  assert.deepEqual(ids, ["1", "2", "3"]);
  assert.equal(new URL(requests[1].url).searchParams.get("cursor"), "more");
});

test("every refusal that the document tells of is known", () => {
  const document = readFileSync(new URL("../../../openapi.yaml", import.meta.url), "utf-8");
  const told = new Set([...document.matchAll(/urn:faceveil:problem:([a-z-]+)/g)].map(([, kind]) => kind));
  assert.deepEqual([...told].sort(), [...KINDS]);
});
