// Asks for an API key. It goes into the memory of this page, and is gone with it.

import { Refusal, get, signIn } from "./api.js";
import { el, field, fill } from "./dom.js";
import { notice } from "./notices.js";
import { t } from "./texts.js";

/** Opens the dialog; `onDone` is called once a key counts. */
export function askForKey(onDone) {
  const input = el("input", { type: "password", autocomplete: "off", spellcheck: false, required: true, placeholder: "fv_…" });
  const told = el("div", { ariaLive: "polite" });
  const enter = el("button", { type: "submit", className: "main", textContent: t("key.enter") });
  const form = el("form", { onsubmit: submit },
    el("h2", { textContent: t("key.title"), id: "key-title" }),
    el("p", { className: "quiet", textContent: t("key.why") }),
    field(t("key.label"), input, t("key.memory")),
    told,
    el("div", { className: "row" }, enter, el("button", { type: "button", textContent: t("cancel"), onclick: () => dialog.close() })));
  const dialog = el("dialog", { ariaLabelledby: "key-title", onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
  input.focus();

  async function submit(event) {
    event.preventDefault();
    enter.disabled = true;
    signIn(input.value.trim());
    try {
      await get("v1/models");
      dialog.close();
      onDone();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      signIn(null);
      fill(told, notice(refusal));
      input.select();
    } finally {
      enter.disabled = false;
    }
  }
}
