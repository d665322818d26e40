/** The noise is secret, steady, normal, and nested by level. */

import assert from "node:assert/strict";
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { test } from "node:test";

import { newKey } from "../src/keys.js";
import { ModelNoise } from "../src/noise.js";
import { bundle } from "./files.js";

const { card } = bundle("faceveil");
const SIGMAS = Object.fromEntries(Object.entries(card.levels).map(([name, { sigma }]) => [name, sigma]));

function crop(seed) {
  const data = Uint8Array.from({ length: 48 * 48 }, (_, at) => (at * 7 + seed) % 256);
  return { width: 48, height: 48, data };
}

test("a crop has the same noise at each time, and another crop or key another", async () => {
  const [noise, other] = [new ModelNoise(await newKey(), card), new ModelNoise(await newKey(), card)];
  const drawn = await noise.draw(crop(1), "balanced");
  assert.deepEqual(await noise.draw(crop(1), "balanced"), drawn);
  assert.notDeepEqual(await noise.draw(crop(2), "balanced"), drawn);
  assert.notDeepEqual(await other.draw(crop(1), "balanced"), drawn);
});

test("nobody can read the key", async () => {
  const key = await newKey();
  assert.equal(key.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("raw", key));
});

test("noise is HMAC-SHA-256, AES-256 in counter mode, and Box and Muller", async () => {
  const secret = Buffer.alloc(64, 7);
  const usage = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, usage, false, ["sign"]);
  const level = Object.keys(SIGMAS).sort((a, b) => SIGMAS[a] - SIGMAS[b])[0];
  const drawn = await new ModelNoise(key, card).draw(crop(3), level);

  const digest = createHash("sha256").update("(48, 48)|").update(crop(3).data).digest();
  const context = `${card.name}/${card.version}/${level}\0\0`;
  const seed = createHmac("sha256", secret).update(context).update(digest).digest();
  const cipher = createCipheriv("aes-256-ctr", seed, Buffer.alloc(16));
  const bits = cipher.update(Buffer.alloc(16 * card.dimension));
  const uniform = (at) => (Number(bits.readBigUInt64LE(8 * at) >> 11n) + 0.5) / 2 ** 53;
  for (const [at, value] of drawn.entries()) {
    const angle = 2 * Math.PI * uniform(card.dimension + at);
    const expected = Math.sqrt(-2 * Math.log(uniform(at))) * Math.cos(angle);
    assert.ok(Math.abs(value - expected) < 1e-6);
  }
});

test("over many crops, noise at each level is standard normal", async () => {
  const noise = new ModelNoise(await newKey(), card);
  for (const level of Object.keys(SIGMAS)) {
    const values = [];
    for (let seed = 0; seed < 256; seed++) values.push(...(await noise.draw(crop(seed), level)));
    const moment = (power) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    // Six standard errors of each moment of so many values.
    const slack = 6 / Math.sqrt(values.length);
    assert.ok(Math.abs(moment(1)) < slack);
    assert.ok(Math.abs(moment(2) - 1) < slack * Math.sqrt(2));
    assert.ok(Math.abs(moment(4) - 3) < slack * Math.sqrt(96));
  }
});

test("a stricter level is a looser one and more noise, independent of it", async () => {
  const noise = new ModelNoise(await newKey(), card);
  const [loose, strict] = Object.keys(SIGMAS).sort((a, b) => SIGMAS[a] - SIGMAS[b]);
  let [product, square, count] = [0, 0, 0];
  for (let seed = 0; seed < 256; seed++) {
    const [less, more] = [await noise.draw(crop(seed), loose), await noise.draw(crop(seed), strict)];
    for (const at of less.keys()) {
      const released = SIGMAS[loose] * less[at];
      const added = SIGMAS[strict] * more[at] - released;
      product += released * added;
      square += added ** 2;
      count += 1;
    }
  }
  const added = Math.sqrt(SIGMAS[strict] ** 2 - SIGMAS[loose] ** 2);
  const slack = 6 / Math.sqrt(count);
  assert.ok(Math.abs(Math.sqrt(square / count) / added - 1) < slack);
  assert.ok(Math.abs(product / count / (SIGMAS[loose] * added)) < slack);
});
