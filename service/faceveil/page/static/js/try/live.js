// The camera, followed live: boxes with numbers, moods over time, and what is released meanwhile.

import { Refusal } from "../api.js";
import { el, fill, tile } from "../dom.js";
import { notice } from "../notices.js";
import { count, decimal, percent, t, whole, word } from "../texts.js";
import { seeing } from "./camera.js";
import { course } from "./course.js";
import { outline } from "./picture.js";
import { moods } from "./reading.js";
import { openStream } from "./stream.js";
import { Tracks } from "./tracks.js";

const DRAWN_MS = 250; // between two drawings of what may as well be read at leisure

/** Follows the camera until it is left; `onOpened` hears which model answers, at which level. */
export function following(level, { onOpened, onLeave }) {
  const status = el("p", { className: "quiet", textContent: "" });
  const live = el("p", { className: "hidden-text", role: "status" });
  const told = el("div", { ariaLive: "polite" });
  const picture = el("div", { className: "picture" });
  const controls = el("div", { className: "row" });
  const frames = el("div", { className: "tiles" });
  const readings = el("div", { className: "stack tall" });
  const box = el("section", { className: "card", ariaLabel: t("live.title") }, live, picture, el("div", { className: "row spread" }, status, controls), told, frames);
  const button = (name, onclick, main) => el("button", { type: "button", "data-key": name, className: main ? "main" : "", textContent: t(name), onclick });
  const overlay = el("canvas", { className: "overlay", ariaHidden: "true" });
  let camera = null, end = null, left = false, run = 0;
  let tracks, opened, last, read, chosen, drawnAt, refused;

  async function start() {
    const mine = ++run;
    const gone = () => left || mine !== run;
    Object.assign(overlay, { width: 4, height: 3 });
    [tracks, opened, last, read, chosen, drawnAt, refused] = [new Tracks(), null, null, 0, null, 0, null];
    fill(told); fill(frames); fill(readings);
    fill(controls, button("live.stop", stop, true));
    status.textContent = t("camera.waiting");
    const seen = await seeing((denied) => { if (!gone()) { fill(told, denied); over(); } });
    if (gone() || !seen) { seen?.close(); return; }
    camera = seen;
    camera.stream.getVideoTracks()[0].onended = stop; // unplugged
    fill(picture, camera.video, overlay);
    status.textContent = t("live.opening");
    try {
      const ending = await openStream(camera.video, level, {
        opened: (message) => { if (!gone()) { opened = message; status.textContent = t("live.looking"); onOpened(message.model); } },
        frame: (message) => { if (!gone()) see(message); },
        refused: (message) => { if (!gone()) refuse(message); },
        ended: (message) => { if (!gone()) fill(readings, summary(message)); },
        closed: (reason, words) => { if (!gone()) closed(reason, words); },
      });
      if (gone()) ending(false);
      else end = ending;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (!gone()) { fill(told, notice(refusal)); over(); }
    }
  }

  function see(message) {
    last = message;
    read += 1;
    if (refused) { refused = null; fill(told); }
    tracks.see(message);
    boxes(message);
    const { listed } = tracks;
    if (!listed.some((track) => track.number === chosen)) chosen = listed[0]?.number ?? null;
    const began = message.faces.find((face) => face.track === chosen && face.mood.began);
    if (began) live.textContent = t("live.reads", { n: chosen, mood: word("mood", began.mood.label) });
    if (performance.now() - drawnAt > DRAWN_MS) draw();
  }

  /** A frame that could not be read; the stream goes on. */
  function refuse({ error }) {
    if (refused === error.type) return;
    refused = error.type;
    fill(told, notice(new Refusal(error)));
  }

  function boxes({ image, faces }) {
    Object.assign(overlay, image);
    const pen = overlay.getContext("2d");
    const line = Math.max(2, image.width / 220);
    for (const face of faces) {
      outline(pen, face.box, face.track === chosen, 1, line);
      pen.font = `600 ${Math.round(image.width / 26)}px system-ui, sans-serif`;
      pen.lineWidth = line * 1.5;
      pen.strokeStyle = "rgb(0 0 0 / 65%)";
      pen.fillStyle = "#ffffff";
      const words = [`${face.track} ${word("mood", face.mood.label)}`, face.box.x + line, Math.max(image.width / 24, face.box.y - 2 * line)];
      pen.strokeText(...words);
      pen.fillText(...words);
    }
  }

  function draw() {
    drawnAt = performance.now();
    status.textContent = count("try.found", last.found);
    fill(frames,
      tile(t("live.read"), whole(read), t("live.read.what", { fps: decimal(last.at > 0 ? read / last.at : 0, 1) })),
      tile(t("live.dropped"), whole(last.dropped), t("live.dropped.what")));
    const { listed } = tracks;
    const focused = readings.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const track = tracks.all.get(chosen);
    fill(readings, track ? [
      listed.length > 1 ? el("div", { className: "chips", role: "group", ariaLabel: t("live.faces") }, listed.map(({ number, face }) => el("button", {
        type: "button", className: "small", "data-key": `track ${number}`, ariaPressed: String(number === chosen), onclick: () => { chosen = number; draw(); },
        textContent: t("live.face.n", { n: number, mood: word("mood", face.mood.label) }),
      }))) : null,
      about(track), released(track.face.released)] : el("section", { className: "card" }, el("p", { className: "quiet", textContent: t("live.nobody") })));
    if (focused) readings.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }

  const about = (track) => el("section", { className: "card", ariaLabel: t("live.moods") },
    el("h2", { textContent: t("live.now", { n: track.number, mood: word("mood", track.face.mood.label), share: percent(track.face.mood.intensity) }) }),
    el("p", { className: "quiet", textContent: t("live.since", { s: decimal(Math.max(0, tracks.now - track.face.mood.onset), 0) }) }),
    course(tracks, track),
    el("h3", { textContent: t("live.alone", { mood: word("mood", track.face.emotion.label), share: percent(track.face.emotion.probabilities[track.face.emotion.label]) }) }),
    moods(track.face));

  const released = ({ vectors, mu, named }) => el("section", { className: "card", ariaLabel: t("live.released") },
    el("h2", { textContent: t("live.released") }),
    el("div", { className: "tiles" },
      tile(t("live.vectors"), t("live.vectors.of", { n: whole(vectors), most: whole(opened.vectors) }), t("live.vectors.what")),
      named ? tile(t("figure.crowd"), percent(named["1000"]), t("figure.crowd.of", { chance: percent(0.001) }), "proved") : tile(t("figure.proved"), "–", t(opened.proved ? "live.proved.yet" : "figure.proved.not"))),
    el("p", { className: "quiet", textContent: t(mu === null ? (opened.proved ? "live.yet" : "live.unproved") : "live.bound", { mu: decimal(mu ?? 0, 2) }) }));

  const summary = ({ moods: seconds, tracks: faces, released: vectors, seconds: all }) => {
    const shares = Object.entries(seconds).filter(([, one]) => one > 0).sort(([, one], [, other]) => other - one);
    return el("section", { className: "card", ariaLabel: t("live.summary") },
      el("h2", { textContent: t("live.summary") }),
      el("div", { className: "tiles" },
        tile(t("live.seconds"), decimal(all, 0), t("live.seconds.what")),
        tile(t("live.tracks"), whole(faces), t("live.tracks.what")),
        tile(t("live.vectors"), whole(vectors), t("live.vectors.all"))),
      el("ul", { className: "bars" }, shares.map(([mood, one]) => el("li", {},
        el("span", { textContent: word("mood", mood) }),
        el("span", { className: "bar", ariaHidden: "true" }, el("i", { style: { "inline-size": `${(100 * one) / shares[0][1]}%` } })),
        el("span", { className: "number", textContent: t("live.s", { s: decimal(one, 0) }) })))),
      el("p", { className: "quiet", textContent: t("live.summary.what") }));
  };

  function closed(reason, words) {
    if (reason !== "over") fill(told, el("div", { className: "notice unsure", role: "alert" }, el("b", { textContent: t(`live.${reason}`) }), words ? el("p", { textContent: words, lang: "en" }) : null));
    over();
  }

  /** Lets the camera go, and waits for the visitor. */
  function over() {
    camera?.close();
    camera = end = null;
    run += 1;
    fill(picture);
    status.textContent = t("live.off");
    const again = button("live.again", start, true);
    fill(controls, again, button("live.leave", leave));
    if (!document.activeElement || document.activeElement === document.body) again.focus({ preventScroll: true });
  }

  /** Ends the stream with its summary; the camera is let go at once. */
  function stop() {
    if (!opened || !end) { end?.(false); over(); return; }
    camera.close();
    fill(picture);
    fill(controls);
    end(true);
  }

  function leave() { close(); onLeave(); }

  function close() {
    left = true;
    camera?.close();
    end?.(false);
  }

  start();
  return { box, readings, close, setLevel: (wanted) => { level = wanted; end?.(false); camera?.close(); camera = end = null; start(); } };
}
