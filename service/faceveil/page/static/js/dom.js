// Elements, made without any markup as text: what a server or a person wrote can only ever be text.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; `properties` are its own, `aria...` and `data-...` its attributes. */
export function el(name, properties = {}, ...children) {
  return furnish(document.createElement(name), properties, children);
}

/** An SVG element; all `properties` are attributes. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

function furnish(element, properties, children) {
  for (const [key, value] of Object.entries(properties)) {
    if (value == null) continue;
    if (key === "style") {
      for (const [name, one] of Object.entries(value)) element.style.setProperty(name, one);
    } else if (key.startsWith("aria")) element.setAttribute(`aria-${key.slice(4).toLowerCase()}`, value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

/** Puts children into an element, in place of those that it has. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

let last = 0;
/** An id that no other element has. */
export const newId = (what) => `${what}-${++last}`;

/** A field with its label, and perhaps a hint below. */
export function field(label, input, hint) {
  input.id ||= newId("field");
  const small = hint ? el("small", { id: `${input.id}-hint`, textContent: hint }) : null;
  if (small) input.setAttribute("aria-describedby", small.id);
  return el("div", { className: "field" }, el("label", { htmlFor: input.id, textContent: label }), input, small);
}

/** One of a few, side by side: `options` are {value, label, disabled}. */
export function segments(legend, options, chosen, onChoose, { shown = true } = {}) {
  const name = newId("choice");
  return el(
    "fieldset", {},
    el("legend", { textContent: legend, className: shown ? "" : "hidden-text" }),
    el("div", { className: "segments" }, options.map(({ value, label, disabled }) =>
      el("label", {},
        el("input", { type: "radio", name, value, checked: value === chosen, disabled: Boolean(disabled), onchange: () => onChoose(value) }),
        el("span", { textContent: label })))),
  );
}

/** A figure: its name, its value, what it means; `kind` colours it. */
export const tile = (name, value, said, kind = "") =>
  el("div", { className: `tile ${kind}` }, el("span", { className: "name", textContent: name }), el("b", { textContent: value }), el("span", { textContent: said }));

/** Saves something as a file of the visitor's. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A table that scrolls sideways where there is no room, with the keyboard too. */
export function table(caption, heads, rows, className = "") {
  return el("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: caption },
    el("table", { className },
      el("caption", { className: "hidden-text", textContent: caption }),
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell) => el("td", {}, cell ?? "–")))))));
}
