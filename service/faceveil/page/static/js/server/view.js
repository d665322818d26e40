// The fifth tab: what runs on the server now, and who did what before.

import { el, fill } from "../dom.js";
import { t } from "../texts.js";
import { checking, entries } from "./log.js";
import { running } from "./running.js";

/** Shows the tab; returns what ends it. */
export function mount(root) {
  const streams = running();
  fill(root,
    el("div", { className: "lead" }, el("h1", { textContent: t("server.title") }), el("p", { textContent: t("server.what") })),
    streams.box, checking(), entries());
  return streams.close;
}
