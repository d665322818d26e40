// One picture from the camera; it is let go at once.

import { el, fill } from "../dom.js";
import { file } from "../drawn.js";
import { t } from "../texts.js";

/** Shows the camera in a box; `onDone` is given a picture or null. Returns what closes it. */
export async function openCamera(box, onDone) {
  let stream = null, closed = false;
  const stop = () => { closed = true; stream?.getTracks().forEach((track) => track.stop()); };
  const done = (picture) => { stop(); onDone(picture); };
  const cancel = () => el("button", { type: "button", textContent: t("cancel"), onclick: () => done(null) });
  fill(box, el("p", { role: "status", textContent: t("camera.waiting") }), cancel());
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    const name = error.name === "NotAllowedError" ? "camera.denied" : "camera.none";
    fill(box, el("div", { className: "notice unsure", role: "alert", textContent: t(name) }), cancel());
    return stop;
  }
  if (closed) { stop(); return stop; }
  const video = el("video", { autoplay: true, muted: true, playsInline: true, srcObject: stream, ariaLabel: t("camera.view") });
  const take = el("button", { type: "button", className: "main", textContent: t("camera.take"), disabled: true, onclick: snap });
  video.onloadeddata = () => { take.disabled = false; take.focus(); };
  fill(box, el("div", { className: "picture" }, video), el("div", { className: "row" }, take, cancel()));

  async function snap() {
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    done(await file(canvas, "image/jpeg"));
  }
  return stop;
}
