// The second tab: each model's card: its terms, its guarantee, its levels, its figures.

import { Refusal, get } from "./api.js";
import { boundsOf, figuresOf, isFree, levelsOf } from "./cards.js";
import { el, fill, table } from "./dom.js";
import { notice } from "./notices.js";
import { between, day, percent, t, word } from "./texts.js";

/** Shows the tab. */
export function mount(root, { installed }) {
  fill(root, el("div", { className: "lead" }, el("h1", { textContent: t("models.title") }), el("p", { textContent: t("models.what") })));
  const newest = new Map(installed.models.map((model) => [model.name, model]));
  const order = [...newest.values()].sort((one, other) => (other.name === installed.default) - (one.name === installed.default));
  for (const model of order) root.append(section(model, model.name === installed.default));
}

function section(model, isDefault) {
  const body = el("div", { className: "stack" });
  const box = el("section", { className: "card", ariaLabel: `${model.name} ${model.version}` },
    el("div", { className: "model-head" },
      el("h2", { textContent: `${model.name} ${model.version}` }),
      isDefault ? el("span", { className: "tag good", textContent: t("models.default") }) : null,
      el("span", { className: `tag ${model.privacy.proved ? "good" : ""}`, textContent: t(model.privacy.proved ? "models.proved" : "models.measured") })),
    el("p", { className: `terms ${isFree(model) ? "free" : ""}` }, el("b", { textContent: `${t("models.terms")} ` }), el("span", { textContent: model.terms, lang: "en" })),
    el("p", { textContent: t("models.reads", { n: model.labels.length, moods: model.labels.map((label) => word("mood", label)).join(", "), d: model.dimension }) }),
    body);
  const details = el("details", {}, el("summary", { textContent: t("models.card") }), body);
  box.append(headlines(model), details);
  let loaded = false;
  details.ontoggle = async () => {
    if (loaded || !details.open) return;
    loaded = true;
    fill(body, el("p", { role: "status", textContent: t("loading") }));
    try {
      fill(body, whole(await get(`v1/models/${encodeURIComponent(model.name)}/${encodeURIComponent(model.version)}`)));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      loaded = false;
      fill(body, notice(refusal, () => details.ontoggle()));
    }
  };
  return box;
}

/** A rate with its interval below it. */
const rated = (rate) => el("span", { className: "rated" }, percent(rate.rate), el("small", { textContent: between(rate) }));

/** The figures at the default level, a set a row. */
function headlines(model) {
  const rows = model.headlines.filter((one) => one.identity || one.emotion).map((one) => [
    el("span", { title: one.protocol, textContent: one.data }),
    one.emotion && rated(one.emotion),
    one.identity && rated(one.identity),
    one.chance != null ? percent(one.chance) : null,
    one.bound != null ? percent(one.bound) : null,
  ]);
  return table(t("models.figures", { level: word("level", model.default_level) }),
    [t("figure.set"), t("figure.emotion"), t("figure.worst"), t("figure.chance"), t("figure.proved")], rows);
}

function whole(card) {
  const levels = levelsOf(card);
  const guarantee = card.guarantee;
  const kinds = [...new Map(card.results
    .filter((one) => one.level in card.levels)
    .map((one) => [`${one.data}|${one.protocol}`, { data: one.data, protocol: one.protocol }])).values()];
  return [
    el("h3", { textContent: t("models.guarantee") }),
    guarantee
      ? [el("p", { textContent: t("models.guarantee.is", { n: guarantee.codewords.length }) }),
        table(t("models.guarantee"), [t("level"), "mu", ...["10", "100", "1000"].map((n) => t("models.named", { n })), t("models.apart"), t("models.eer")],
          levels.map((level) => {
            const bounds = boundsOf(card, level);
            return [word("level", level), String(bounds.mu), ...["10", "100", "1000"].map((n) => percent(bounds.named[n])), percent(bounds.true_positives), percent(bounds.equal_error)];
          }))]
      : el("p", { textContent: t("models.guarantee.not") }),
    el("h3", { textContent: t("models.levels") }),
    el("dl", {}, levels.map((level) => [el("dt", { textContent: word("level", level) }), el("dd", { textContent: card.levels[level].summary, lang: "en" })]).flat()),
    el("h3", { textContent: t("models.sets") }),
    table(t("models.sets"), [t("figure.set"), t("level"), t("figure.emotion"), t("figure.worst"), t("figure.hybrid"), t("figure.chance"), t("figure.proved")],
      kinds.flatMap(({ data, protocol }) => levels.map((level) => {
        const { emotion, worst, hybrid } = figuresOf(card, data, level, protocol);
        if (!emotion && !worst) return null;
        return [el("span", { title: protocol, textContent: data }), word("level", level), emotion && rated(emotion), worst && rated(worst.rate), hybrid && percent(hybrid.rate.rate), worst && percent(worst.chance), worst?.bound != null ? percent(worst.bound) : null];
      }).filter(Boolean))),
    el("h3", { textContent: t("models.for") }),
    el("ul", { className: "uses", lang: "en" }, card.intended_uses.map((use) => el("li", { textContent: use }))),
    el("h3", { textContent: t("models.notfor") }),
    el("ul", { className: "uses", lang: "en" }, card.out_of_scope_uses.map((use) => el("li", { textContent: use }))),
    el("h3", { textContent: t("models.learned") }),
    el("dl", { lang: "en" }, card.training.data.map((one) => [el("dt", { textContent: one.name }), el("dd", { textContent: one.terms })]).flat()),
    el("p", { className: "quiet", textContent: t("models.made", { day: day(card.created) }) }),
  ].flat();
}
