// What is kept of somebody: a face with nothing in it but the moods that were released.

import { svg } from "../dom.js";
import { EXPRESSIONS } from "../drawn.js";

/** A drawn face that shows these moods, each as far as its probability goes. */
export function keptFace(probabilities, label) {
  const does = {};
  for (const name of ["brows", "frown", "eyes", "smile", "mouth", "stretch"]) {
    does[name] = Object.entries(probabilities).reduce((sum, [mood, share]) => sum + share * (EXPRESSIONS[mood]?.[name] ?? 0), 0);
  }
  return svg("svg", { class: "face", viewBox: "0 0 160 180", role: "img", "aria-label": label },
    svg("ellipse", { class: "head", cx: 80, cy: 90, rx: 66, ry: 80 }),
    [-1, 1].map((side) => brow(does, side)),
    [-1, 1].map((side) => svg("ellipse", { class: "eye", cx: 80 + side * 25, cy: 82, rx: 6, ry: Math.max(1.6, 6 * (1 + 0.6 * does.eyes)) })),
    mouth(does));
}

function brow({ brows, frown }, side) {
  const inner = 80 + side * 13, outer = 80 + side * 39;
  const level = 64 - 8 * brows;
  return svg("path", { class: "line", d: `M${inner} ${level + 7 * frown} Q${80 + side * 27} ${level - 6} ${outer} ${level - 1 - 4 * frown}` });
}

function mouth({ smile, mouth: open, stretch }) {
  const half = 24 * (1 + 0.3 * stretch), corner = 128 - 8 * smile, middle = 128 + 9 * smile;
  const gap = 26 * Math.max(0, open - 0.12);
  if (gap < 1.5) return svg("path", { class: "line", d: `M${80 - half} ${corner} Q80 ${middle + 6 * smile} ${80 + half} ${corner}` });
  return svg("path", { class: "open", d: `M${80 - half} ${corner} Q80 ${middle - gap * 0.8} ${80 + half} ${corner} Q80 ${middle + gap * 1.5} ${80 - half} ${corner} Z` });
}
