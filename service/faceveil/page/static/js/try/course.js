// The moods of one face over time, as a strip: above as they are told, below as single frames have them.

import { el, svg } from "../dom.js";
import { t, whole, word } from "../texts.js";
import { SPAN_S } from "./tracks.js";

const WIDTH = 640, TALL = 30, THIN = 9, GAP = 3;

/** The strip of a face, and what its colours mean. */
export function course(tracks, track) {
  const shares = tracks.shares(track);
  const said = shares.map(([mood, seconds]) => t("live.share", { mood: word("mood", mood), s: whole(Math.round(seconds)) })).join(", ");
  const band = (which, top, height) => tracks.spans(track, which).map(({ label, from, to }) => svg("rect", {
    x: from * WIDTH, width: Math.max(1, (to - from) * WIDTH), y: top, height, class: `mood-${label}`,
  }, svg("title", {}, word("mood", label))));
  return el("div", { className: "stack" },
    svg("svg", { class: "course", viewBox: `0 0 ${WIDTH} ${TALL + GAP + THIN}`, preserveAspectRatio: "none", role: "img", "aria-label": t("live.course", { n: SPAN_S, moods: said }) },
      svg("rect", { class: "ground", x: 0, y: 0, width: WIDTH, height: TALL + GAP + THIN }),
      band("mood", 0, TALL), band("alone", TALL + GAP, THIN)),
    el("ul", { className: "legend moods" }, shares.map(([mood, seconds]) =>
      el("li", { className: `mood-${mood}`, textContent: t("live.share", { mood: word("mood", mood), s: whole(Math.round(seconds)) }) }))));
}
