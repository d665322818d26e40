// What a visitor is told when a request is refused, and what can be done about it.

import { el } from "./dom.js";
import { has, t } from "./texts.js";

const WITH_DETAIL = new Set(["forbidden", "invalid-parameters", "unfit-features", "unfit-pseudonym", "not-installed", "not-found", "unknown", "here"]);

/** Whether the same request may be answered later; 0 is a server that is away. */
const mayPass = (status) => status === 0 || status === 408 || status === 429 || status >= 500;

/** A notice of a refusal. With `again`, where it may pass, a button that waits as long as asked. */
export function notice(refusal, again) {
  if (!("slug" in refusal)) throw refusal;
  const known = has(`problem.${refusal.slug}`);
  const calm = ["no-face", "several-faces", "unknown-audit"].includes(refusal.slug);
  const box = el("div", { className: `notice ${calm ? "unsure" : "bad"}`, role: "alert" },
    el("b", { textContent: known ? t(`problem.${refusal.slug}`) : t("problem.unknown") }));
  if (known && has(`problem.${refusal.slug}.do`)) box.append(el("p", { textContent: t(`problem.${refusal.slug}.do`) }));
  if (refusal.detail && (!known || WITH_DETAIL.has(refusal.slug))) box.append(el("p", { textContent: refusal.detail, lang: "en" }));
  for (const { field, message } of refusal.errors) box.append(el("p", { textContent: `${field}: ${message}`, lang: "en" }));
  if (again && mayPass(refusal.status)) box.append(waiting(refusal.retryAfter ?? 0, again));
  return box;
}

function waiting(seconds, again) {
  const button = el("button", { type: "button", className: "small", onclick: again });
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? t("again.in", { s: left }) : t("again");
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
  return button;
}
