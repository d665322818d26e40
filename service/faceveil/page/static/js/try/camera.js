// The camera: asked for, let go, and one picture taken with it.

import { el, fill } from "../dom.js";
import { file } from "../drawn.js";
import { t } from "../texts.js";

/** Whether there may be one at all: browsers give it to pages on HTTPS or of this machine alone. */
export const mayHaveCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** Asks for the camera and shows it; `onDenied` is given a notice if there is none to be had. */
export async function seeing(onDenied, onReady) {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    const name = error.name === "NotAllowedError" ? "camera.denied" : "camera.none";
    onDenied(el("div", { className: "notice unsure", role: "alert", textContent: t(name) }));
    return null;
  }
  const video = el("video", { autoplay: true, muted: true, playsInline: true, srcObject: stream, ariaLabel: t("camera.view"), onloadeddata: onReady });
  return { video, stream, close: () => { stream.getTracks().forEach((track) => track.stop()); video.srcObject = null; } };
}

/** Shows the camera in a box; `onDone` is given a picture or null. Returns what closes it. */
export function openCamera(box, onDone) {
  let camera = null, closed = false;
  const stop = () => { closed = true; camera?.close(); };
  const done = (picture) => { stop(); onDone(picture); };
  const cancel = () => el("button", { type: "button", textContent: t("cancel"), onclick: () => done(null) });
  const take = el("button", { type: "button", className: "main", textContent: t("camera.take"), disabled: true, onclick: snap });
  fill(box, el("p", { role: "status", textContent: t("camera.waiting") }), cancel());
  (async () => {
    camera = await seeing((notice) => fill(box, notice, cancel()), () => { take.disabled = false; take.focus(); });
    if (closed) camera?.close();
    else if (camera) fill(box, el("div", { className: "picture" }, camera.video), el("div", { className: "row" }, take, cancel()));
  })();

  async function snap() {
    const { video } = camera;
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    done(await file(canvas, "image/jpeg"));
  }
  return stop;
}
