// Drawn people, put through the filter, as a file that can be audited: for whoever has no data yet.

import { Refusal, post } from "../api.js";
import { draw, file, person } from "../drawn.js";

export const PEOPLE = 10;
const MOODS = ["neutral", "happiness", "surprise", "sadness"];
const TAKES = 2;
const SIZE = 224;
const WAITS = 5; // times that a busy server, or a key's rate, is waited for

/** What the server answers, however busy it is, within reason. */
async function patiently(ask) {
  for (let left = WAITS; ; left--) {
    try {
      return await ask();
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.status !== 429 || !left) throw refusal;
      await new Promise((resolve) => setTimeout(resolve, 1000 * (refusal.retryAfter ?? 1)));
    }
  }
}

/** Some of them, to be seen. */
export const shown = () => Array.from({ length: PEOPLE }, (_, number) => draw(person(number), MOODS[number % MOODS.length], 1, 112));

/** Filters pictures of drawn people; `onStep` hears how many are done. Returns a `.csv`. */
export async function filtered(onStep) {
  const lines = [];
  const all = PEOPLE * MOODS.length * TAKES;
  let done = 0;
  onStep(done, all);
  for (let number = 0; number < PEOPLE; number++) {
    const who = person(number), form = new FormData(), moods = [];
    for (const mood of MOODS) {
      for (let take = 1; take <= TAKES; take++) {
        form.append("image", await file(draw(who, mood, take + 10 * MOODS.indexOf(mood), SIZE)), "drawn");
        moods.push(mood);
      }
    }
    const { items } = await patiently(() => post("v1/anonymize/batch", { body: form }));
    for (const { index, answer } of items) {
      const face = answer?.faces[0];
      if (face) lines.push([`drawn ${number + 1}`, moods[index], `${answer.model.name} ${answer.model.version}`, answer.model.level, ...face.embedding]);
    }
    done += moods.length;
    onStep(done, all);
  }
  const dimension = lines[0] ? lines[0].length - 4 : 0;
  const head = ["subject", "emotion", "model", "level", ...Array.from({ length: dimension }, (_, index) => `e${index}`)];
  return new Blob([[head, ...lines].map((line) => line.join(",")).join("\n"), "\n"], { type: "text/csv" });
}
