// One stream: frames of a video go to the server, and what it read in them comes back.

import { address, streamToken } from "../api.js";

const EVERY_MS = 50;
const AHEAD = 4; // frames that may be on their way; the server drops what it has no time for
const WIDTH = 640;
const PATIENCE_MS = 3000; // for the summary

/** How it ended: foreseen, refused before it began, ended by the server, or lost. */
const reasonOf = (opened, code, words) => {
  if (!opened) return "refused";
  if (words === "the end") return "over";
  return [1000, 1008, 1009].includes(code) ? "ended" : "lost";
};

/**
 * Opens a stream. `hear` has a function for each type of message (`opened`, `frame`, `refused`,
 * `ended`) and `closed`, which is told how it ended and in whose words. Returns what asks for its
 * end: with the summary, or at once where nobody waits for that.
 */
export async function openStream(video, level, hear) {
  const token = await streamToken();
  const where = address(`v1/stream${level ? `?level=${encodeURIComponent(level)}` : ""}`);
  const socket = new WebSocket(where.replace(/^http/, "ws"), ["faceveil", ...(token ? [`bearer.${token}`] : [])]);
  const canvas = document.createElement("canvas");
  let sent = 0, answered = 0, busy = false, opened = false, timer = null;

  function send() {
    if (busy || !video.videoWidth || socket.bufferedAmount > 0 || sent - answered >= AHEAD) return;
    busy = true;
    const scale = Math.min(1, WIDTH / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((frame) => {
      busy = false;
      if (!frame || socket.readyState !== WebSocket.OPEN || timer === null) return;
      socket.send(frame);
      sent += 1;
    }, "image/jpeg", 0.85);
  }
  const rest = () => { clearInterval(timer); timer = null; };

  socket.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    answered = told.frame ?? answered;
    if (told.type === "opened") { opened = true; timer = setInterval(send, EVERY_MS); }
    hear[told.type]?.(told);
  };
  socket.onclose = ({ code, reason }) => { rest(); hear.closed(reasonOf(opened, code, reason), reason); };
  return (wanted) => {
    rest();
    if (!wanted || !opened) { socket.close(); return; }
    if (socket.readyState === WebSocket.OPEN) socket.send("end");
    setTimeout(() => socket.close(), PATIENCE_MS);
  };
}
