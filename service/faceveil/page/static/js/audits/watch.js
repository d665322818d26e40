// An audit that is being made: how far it is, until it ends.

import { Refusal, get, remove } from "../api.js";
import { el, fill } from "../dom.js";
import { notice } from "../notices.js";
import { t, whole } from "../texts.js";
import { stepTitle } from "./attackers.js";

const EVERY_MS = 1000;

/** Follows an audit in a box; `onEnd` is given it once it has ended. Returns what stops following. */
export function follow(box, id, onEnd) {
  let stopped = false;
  const bar = el("i", { style: { "inline-size": "0%" } });
  const said = el("p", { role: "status" });
  const since = el("p", { className: "quiet" });
  const cancel = el("button", { type: "button", className: "small", textContent: t("audit.cancel"), onclick: async () => {
    cancel.disabled = true;
    try {
      await remove(`v1/audits/${id}`);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      box.append(notice(refusal));
    }
  } });
  const begin = () => {
    fill(box, el("section", { className: "card" },
      el("h2", { textContent: t("audit.running") }),
      el("div", { className: "meter", ariaHidden: "true" }, bar), said, since,
      el("p", { className: "quiet", textContent: t("audit.running.what") }), el("div", {}, cancel)));
    ask();
  };

  async function ask() {
    if (stopped) return;
    try {
      const audit = await get(`v1/audits/${id}`);
      if (stopped) return;
      if (audit.ended_at || !["queued", "running"].includes(audit.state)) { onEnd(audit); return; }
      const { done, steps, step } = audit.progress;
      bar.style.setProperty("inline-size", `${Math.max(2, steps ? (100 * done) / steps : 0)}%`);
      since.textContent = t("audit.since", { s: whole(Math.max(0, Math.round((Date.now() - Date.parse(audit.created_at)) / 1000))) });
      const now = steps ? t("audit.step", { done, steps, step: step ? stepTitle(step) : "" }) : t(`state.${audit.state}.long`);
      if (said.textContent !== now) said.textContent = now;
      setTimeout(ask, EVERY_MS);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (!stopped) fill(box, notice(refusal, begin));
    }
  }
  begin();
  return () => { stopped = true; };
}
