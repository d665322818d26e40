// The streams that run on the server now.

import { Refusal, get } from "../api.js";
import { el, fill, table } from "../dom.js";
import { notice } from "../notices.js";
import { decimal, moment, t, whole, word } from "../texts.js";

const EVERY_MS = 2000;

/** A card with them, which is kept up to date until it is closed. */
export function running() {
  let closed = false, told = null;
  const list = el("div", { className: "stack" }, el("p", { className: "quiet", role: "status", textContent: t("loading") }));

  async function ask() {
    if (closed) return;
    try {
      if (!document.hidden) draw((await get("v1/streams")).streams);
      setTimeout(ask, EVERY_MS);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (!closed) fill(list, notice(refusal, () => { told = null; ask(); }));
    }
  }

  function draw(streams) {
    if (closed || told === (told = JSON.stringify(streams))) return;
    fill(list, streams.length ? table(t("running.title"), ["since", "key", "level", "read", "dropped", "faces", "vectors"].map((name) => t(`running.${name}`)),
      streams.map((one) => [moment(one.since), one.key === "anyone" ? t("running.anyone") : el("code", { textContent: one.key }), word("level", one.level), t("running.frames", { n: whole(one.frames), s: decimal(one.seconds, 0) }), whole(one.dropped), whole(one.tracks), whole(one.released)]))
      : el("p", { className: "quiet", textContent: t("running.none") }));
  }
  ask();
  return {
    box: el("section", { className: "card" }, el("h2", { textContent: t("running.title") }), el("p", { textContent: t("running.what") }), list),
    close: () => { closed = true; },
  };
}
