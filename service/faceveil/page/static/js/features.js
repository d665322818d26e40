// The third tab: how much is stored, of what, and since when; and the erasure of a person.

import { Refusal, get } from "./api.js";
import { columns } from "./chart.js";
import { el, fill, table, tile } from "./dom.js";
import { erasing } from "./erase.js";
import { notice } from "./notices.js";
import { count, day, t, whole, word } from "./texts.js";

const PAGE = 1000;
const PAGES = 20; // until the visitor asks for more
const ROWS = 50; // people listed

/** Shows the tab; returns what ends it. */
export function mount(root) {
  let ended = false;
  const figures = el("div", { className: "stack" });
  const { box: erase, ask } = erasing(() => tally());
  fill(root,
    el("div", { className: "lead" }, el("h1", { textContent: t("features.title") }), el("p", { textContent: t("features.what") })),
    figures, erase);
  let run = 0;

  /** Counts everything, page by page, and shows it as it comes. */
  async function tally(cursor = "", counts = { all: 0, subjects: new Map(), emotions: new Map(), days: new Map(), models: new Map() }) {
    const mine = ++run;
    if (!cursor) fill(figures, el("p", { className: "quiet", role: "status", textContent: t("loading") }));
    try {
      for (let pages = 0; pages < PAGES && cursor !== null; pages++) {
        const query = new URLSearchParams({ limit: PAGE, embedding_format: "base64", ...(cursor ? { cursor } : {}) });
        const page = await get(`v1/features?${query}`);
        if (ended || mine !== run) return;
        page.features.forEach((feature) => add(counts, feature));
        cursor = page.next;
        fill(figures, drawn(counts, cursor, () => tally(cursor, counts), ask));
      }
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (!ended && mine === run) fill(figures, notice(refusal, () => tally()));
    }
  }
  tally();
  return () => { ended = true; };
}

function add(counts, { subject, emotion, captured_at: captured, model }) {
  const more = (map, name) => map.set(name, (map.get(name) ?? 0) + 1);
  counts.all += 1;
  const one = counts.subjects.get(subject) ?? { number: 0, last: "" };
  counts.subjects.set(subject, { number: one.number + 1, last: captured > one.last ? captured : one.last });
  more(counts.emotions, emotion ?? "");
  more(counts.days, captured.slice(0, 10));
  more(counts.models, `${model.name} ${model.version} · ${word("level", model.level)}`);
}

function drawn(counts, next, goOn, ask) {
  if (!counts.all) {
    return el("section", { className: "card" },
      el("h2", { textContent: t("features.none") }),
      el("p", { textContent: t("features.none.why") }),
      el("pre", { className: "code-box", tabIndex: 0 }, el("code", { textContent: "FACEVEIL_STORE__RETENTION_DAYS=30 faceveil serve" })));
  }
  const emotions = [...counts.emotions].sort(([, one], [, other]) => other - one);
  const people = [...counts.subjects].sort(([, one], [, other]) => other.number - one.number);
  const days = [...counts.days].sort(([one], [other]) => (one < other ? -1 : 1)).map(([date, number]) => ({ day: date, number }));
  return [
    el("div", { className: "tiles", ariaLive: "polite" },
      tile(t("features.all"), whole(counts.all), [...counts.models.keys()].join(", ")),
      tile(t("features.people"), whole(counts.subjects.size), t("features.people.what")),
      tile(t("features.last"), day(days.at(-1).day), t("features.first", { day: day(days[0].day) }))),
    next ? el("div", { className: "notice" }, el("p", { textContent: t("features.more", { n: whole(counts.all) }) }), el("button", { type: "button", className: "small", textContent: t("features.goon"), onclick: goOn })) : null,
    el("div", { className: "two" },
      el("section", { className: "card" },
        el("h2", { textContent: t("features.emotions") }),
        el("ul", { className: "bars" }, emotions.map(([label, number]) => el("li", {},
          el("span", { textContent: label ? word("mood", label) : t("features.unknown") }),
          el("span", { className: "bar", ariaHidden: "true" }, el("i", { style: { "inline-size": `${(number / emotions[0][1]) * 100}%` } })),
          el("span", { className: "number", textContent: whole(number) }))))),
      el("section", { className: "card" },
        el("h2", { textContent: t("features.days") }),
        columns(days, t("features.days.label", { n: days.length })))),
    el("section", { className: "card" },
      el("h2", { textContent: t("features.subjects") }),
      el("p", { textContent: t("features.subjects.what") }),
      table(t("features.subjects"), [t("features.pseudonym"), t("features.number"), t("features.last"), el("span", { className: "hidden-text", textContent: t("erase") })],
        people.slice(0, ROWS).map(([pseudonym, { number, last }]) => [
          el("code", { textContent: `…${pseudonym.slice(-12)}`, title: pseudonym }), whole(number), day(last),
          el("button", { type: "button", className: "small danger", textContent: t("erase"), ariaLabel: t("erase.whom", { name: pseudonym.slice(-12) }), onclick: () => ask(pseudonym) }),
        ]), "people"),
      people.length > ROWS ? el("p", { className: "quiet", textContent: count("features.others", people.length - ROWS) }) : null),
  ];
}
