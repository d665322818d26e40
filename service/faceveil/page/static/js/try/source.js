// Where a picture comes from: a file, the clipboard, the camera, or a drawn person.

import { el, fill } from "../dom.js";
import { EXPRESSIONS, draw, file, person } from "../drawn.js";
import { t } from "../texts.js";
import { mayHaveCamera, openCamera } from "./camera.js";
import { where } from "./device.js";
import { keptFace } from "./kept.js";

const MOODS = Object.keys(EXPRESSIONS).filter((mood) => mood !== "neutral");

/** A place to drop a picture on, the first (0) or the second; `onPicture` is given the file, `onLive` is asked to follow the camera. */
export function source(onPicture, place, onLive) {
  const compact = place > 0;
  const box = el("div", { className: "drop" });
  const input = el("input", {
    type: "file", accept: "image/*", hidden: true, ariaLabel: t("try.choose"), tabIndex: -1,
    onchange: () => input.files[0] && onPicture(input.files[0]),
  });
  const button = (name, onclick, main) => el("button", { type: "button", "data-key": `${name} ${place}`, className: main ? "main" : "", textContent: t(name), onclick });
  const show = () => fill(box,
    compact ? null : keptFace({ happiness: 0.7, neutral: 0.3 }, t("try.face.example")),
    el("p", {}, el("b", { textContent: t(compact ? "try.drop.second" : "try.drop") })),
    el("div", { className: "row" },
      button("try.choose", () => input.click(), true),
      mayHaveCamera() ? button("try.camera", camera) : null,
      mayHaveCamera() && !compact && !where.isHere ? button("live.begin", onLive) : null, // the server follows
      button("try.drawn", drawn)),
    el("p", { className: "quiet", textContent: t(where.isHere ? "here.memory" : "try.memory") }),
    input);
  let close = () => {};

  function camera() {
    close = openCamera(box, (picture) => { if (picture) onPicture(picture); else show(); });
  }
  async function drawn() {
    const pick = Math.floor(Math.random() * 1000);
    onPicture(await file(draw(person(pick), MOODS[pick % MOODS.length], 0, 512)));
  }
  box.ondragover = (event) => { event.preventDefault(); box.classList.add("over"); };
  box.ondragleave = () => box.classList.remove("over");
  box.ondrop = (event) => {
    event.preventDefault();
    box.classList.remove("over");
    const dropped = event.dataTransfer.files[0];
    if (dropped) onPicture(dropped);
  };
  show();
  return { box, close: () => close() };
}

/** Hears pictures that are pasted anywhere; returns what ends that. */
export function hearPastes(onPicture) {
  const hear = (event) => {
    const pasted = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
    if (pasted) { event.preventDefault(); onPicture(pasted); }
  };
  addEventListener("paste", hear);
  return () => removeEventListener("paste", hear);
}
