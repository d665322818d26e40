// The picture as it was sent, with a box around each face that was read.

import { el } from "../dom.js";
import { percent, t, word } from "../texts.js";

const MOST = 1400; // pixels a side that are drawn

/** Draws a picture into a canvas; `slot` has `bitmap`, `answer` and `chosen`. */
export function pictureOf(slot, onChoose) {
  const { bitmap, answer, chosen } = slot;
  const size = answer?.image ?? bitmap ?? { width: 4, height: 3 };
  const scale = Math.min(1, MOST / Math.max(size.width, size.height));
  const canvas = el("canvas", { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)), role: "img" });
  const pen = canvas.getContext("2d");
  if (bitmap) pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const faces = answer?.faces ?? [];
  const line = Math.max(2, canvas.width / 220);
  faces.forEach((face, index) => outline(pen, face.box, index === chosen, scale, line));
  canvas.setAttribute("aria-label", t("try.picture.label", { n: faces.length, mood: faces[chosen] ? word("mood", faces[chosen].emotion.label) : "–" }));
  canvas.onclick = (event) => {
    const frame = canvas.getBoundingClientRect();
    const shown = Math.min(frame.width / size.width, frame.height / size.height); // object-fit: contain
    const x = (event.clientX - frame.left - frame.width / 2) / shown + size.width / 2;
    const y = (event.clientY - frame.top - frame.height / 2) / shown + size.height / 2;
    const hit = faces.findIndex(({ box: b }) => x >= b.x && x <= b.x + b.width && y >= b.y && y <= b.y + b.height);
    if (hit >= 0) onChoose(hit);
  };
  return el("div", { className: "picture" }, canvas);
}

/** Draws the box of a face. */
export function outline(pen, { x, y, width, height }, isChosen, scale, line) {
  const [left, top, across, down] = [x * scale, y * scale, width * scale, height * scale];
  pen.beginPath();
  pen.roundRect(left, top, across, down, Math.min(across, down) * 0.08);
  pen.lineWidth = line * 2.2;
  pen.strokeStyle = "rgb(0 0 0 / 45%)";
  pen.stroke();
  pen.lineWidth = line * (isChosen ? 1.4 : 0.8);
  pen.strokeStyle = isChosen ? "#7fe0ca" : "#ffffff";
  pen.stroke();
}

/** Buttons to choose among several faces. */
export function chooser(slot, onChoose) {
  const { answer, chosen } = slot;
  const faces = answer.faces;
  if (faces.length < 2) return null;
  return el("div", { className: "chips", role: "group", ariaLabel: t("try.faces") }, faces.map((face, index) =>
    el("button", {
      type: "button", className: "small", "data-key": `face ${index}`, ariaPressed: String(index === chosen), onclick: () => onChoose(index),
      textContent: t("try.face.n", { n: index + 1, mood: word("mood", face.emotion.label), share: percent(face.emotion.probabilities[face.emotion.label]) }),
    })));
}
