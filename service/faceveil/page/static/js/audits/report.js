// An audit's report, built from its figures; it prints as it stands.

import { Refusal, text } from "../api.js";
import { densities } from "../chart.js";
import { el, fill, save, table, tile } from "../dom.js";
import { notice } from "../notices.js";
import { between, count, day, decimal, percent, t, whole, word } from "../texts.js";
import { title } from "./attackers.js";

const TONES = { "above its bound": "bad", "re-identifiable": "bad", "not distinguished from chance": "calm", inconclusive: "unsure" };
const ROWS = 15;

/** The whole report of a finished audit. */
export function report(audit) {
  const { result } = audit;
  const told = el("div", { ariaLive: "polite" });
  const download = async () => {
    try {
      save(new Blob([await text(`v1/audits/${audit.id}/report`)], { type: "text/html" }), `audit-${audit.id}.html`);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fill(told, notice(refusal, download));
    }
  };
  const figures = () => save(new Blob([JSON.stringify(result, null, 2)], { type: "application/json" }), `audit-${audit.id}.json`);
  const button = (name, onclick, main) => el("button", { type: "button", className: main ? "main" : "", textContent: t(name), onclick });
  return el("article", { className: "stack", ariaLabel: t("report.title") },
    verdict(audit),
    el("div", { className: "row no-print" }, button("report.print", () => print(), true), button("report.save", download), button("report.json", figures)),
    told,
    attackers(result), strangers(result.open_set), exposed(result), controls(result), data(result),
    el("p", { className: "quiet", textContent: t("report.foot", { day: day(result.provenance.expires) }) }));
}

function verdict({ result, erased_subjects: erased }) {
  const { worst, hybrid2face, bound, worst_of_sets: sets, limit, utility } = result;
  return el("section", { className: `card verdict ${TONES[result.verdict]}` },
    el("p", { className: "quiet", textContent: t("report.over", { day: day(result.provenance.created), model: result.data.model ?? t("audit.model.none") }) }),
    el("h1", { textContent: t(`verdict.${result.verdict}`) }),
    el("p", { textContent: t(`meaning.${result.verdict}`) }),
    el("div", { lang: "en", className: "stack" }, result.reasons.map((reason) => el("p", { className: "quiet", textContent: reason }))),
    erased ? el("div", { className: "notice unsure" }, el("b", { textContent: count("report.erased", erased) })) : null,
    el("div", { className: "tiles" },
      tile(t("report.worst"), percent(worst.rate), `${between(worst)} · ${title(worst.attacker)}`, "worst"),
      tile("Hybrid2Face", percent(hybrid2face.rate), `${between(hybrid2face)} · ${t("report.paper")}`, "measured"),
      tile(t("figure.chance"), percent(result.chance), t("report.detectable", { n: result.data.subjects, rate: percent(result.detectable_from) })),
      bound ? tile(t("figure.proved"), percent(bound.named), t("report.bound", { mu: decimal(bound.mu, 1), n: bound.codewords }), "proved") : tile(t("figure.proved"), "–", t("figure.proved.not")),
      sets ? tile(t("report.sets"), percent(sets.rate), `${between(sets)} · ${title(sets.attacker)}`) : null,
      utility ? tile(t("figure.emotion"), percent(utility.rate), `${between(utility)} · ${t("report.utility")}`) : null,
      limit ? tile(t("report.limit", { limit: limit.limit }), t(limit.passed ? "report.kept" : "report.broken"), t("report.reaches", { high: percent(limit.high), allowed: percent(limit.allowed) }), limit.passed ? "proved" : "worst") : null));
}

function attackers({ attackers: all, worst, chance, bound }) {
  // The mean of one embedding is measured too, with half the gallery: for those of several.
  const singles = all.filter((one) => !/ x\d+$/.test(one.attacker)).sort((one, other) => other.rate - one.rate);
  const most = Math.min(1, Math.max(...singles.map((one) => Math.max(one.high, one.bound ?? 0)), chance * 2) * 1.04);
  const at = (rate) => `${(100 * Math.min(rate, most)) / most}%`;
  return el("section", { className: "card" },
    el("h2", { textContent: t("report.attackers") }),
    el("p", { textContent: t(bound ? "report.attackers.bound" : "report.attackers.what") }),
    el("div", { className: "attackers", role: "list" }, singles.map((one) => {
      const kind = one.attacker === worst.attacker ? "worst" : "";
      return el("div", { role: "listitem" },
        el("span", { className: `name ${kind}`, textContent: title(one.attacker) }),
        el("span", { className: `track ${kind}`, ariaHidden: "true" },
          el("i", { style: { "inline-size": at(one.rate) } }),
          el("u", { style: { "inset-inline-start": at(one.low), "inline-size": `${(100 * (Math.min(one.high, most) - one.low)) / most}%` } }),
          el("em", { style: { "inset-inline-start": at(chance) } }),
          one.bound != null ? el("s", { style: { "inset-inline-start": at(one.bound) } }) : null),
        el("span", { className: `number ${kind}`, textContent: percent(one.rate) }));
    })),
    el("ul", { className: "legend" },
      el("li", { textContent: t("report.legend.rate") }), el("li", { className: "worst", textContent: t("history.worst") }),
      bound ? el("li", { className: "proved", textContent: t("figure.proved") }) : null, el("li", { className: "chance", textContent: t("figure.chance") })),
    el("details", { className: "no-print" }, el("summary", { textContent: t("report.all") }),
      table(t("report.all"), [t("report.attacker"), t("report.rate"), t("report.interval"), t("figure.proved"), t("report.right"), "p", t("report.bits")],
        all.map((one) => [title(one.attacker), percent(one.rate), between(one), percent(one.bound), `${whole(one.correct)} / ${whole(one.total)}`, decimal(one.p_value, 3), decimal(one.bits_leaked)]))));
}

function strangers(open) {
  if (!open) return null;
  return el("section", { className: "card" },
    el("h2", { textContent: t("report.strangers") }),
    el("p", { textContent: t("report.strangers.what") }),
    densities(open.scores, t("report.scores.label", { eer: percent(open.eer) })),
    el("ul", { className: "legend" }, el("li", { textContent: t("report.scores.two") }), el("li", { className: "worst", textContent: t("report.scores.one") })),
    el("dl", {}, [
      [t("report.eer"), `${percent(open.eer)} ${between({ low: open.eer_low, high: open.eer_high })}; ${t("report.eer.what")}`],
      [t("report.far"), percent(open.tar_at_far_1)],
      ["D_sys", `${decimal(open.d_sys, 3)}; ${t("report.dsys", { mean: decimal(open.d_sys_null, 3), high: decimal(open.d_sys_null_high, 3) })}`],
      [t("report.single"), t("report.single.what", { share: percent(open.singling_out), trivial: percent(open.singling_out_trivial) })],
    ].flatMap(([name, value]) => [el("dt", { textContent: name }), el("dd", { textContent: value })])));
}

function exposed({ subjects }) {
  const most = [...subjects].sort((one, other) => other.rate - one.rate).slice(0, ROWS);
  if (!most.length) return null;
  return el("section", { className: "card" },
    el("h2", { textContent: t("report.exposed") }),
    el("p", { textContent: t("report.exposed.what") }),
    el("ul", { className: "bars" }, most.map((one) => el("li", {},
      el("code", { textContent: `…${one.subject.slice(-8)}`, title: one.subject }),
      el("span", { className: "bar", ariaHidden: "true" }, el("i", { style: { "inline-size": `${one.rate * 100}%` } })),
      el("span", { className: "number", textContent: `${percent(one.rate)} ${between(one)}` })))));
}

function controls({ controls: { planted, shuffled, reference } }) {
  const passed = (one) => el("span", { className: `tag ${one.passed ? "good" : "bad"}`, textContent: t(one.passed ? "report.ok" : "report.notok") });
  return el("section", { className: "card" },
    el("h2", { textContent: t("report.controls") }),
    el("dl", {},
      el("dt", { textContent: t("report.planted") }), el("dd", {}, passed(planted), ` ${t("report.planted.what", { rate: percent(planted.rate.rate) })}`),
      el("dt", { textContent: t("report.shuffled") }), el("dd", {}, passed(shuffled), ` ${t("report.shuffled.what", { rate: percent(shuffled.rate.rate) })}`),
      reference ? [el("dt", { textContent: t("report.reference") }), el("dd", { textContent: `${percent(reference.rate.rate)} ${between(reference.rate)}` })] : null));
}

function data({ data: one, provenance }) {
  const rows = [
    ["report.samples", t("report.samples.what", { samples: whole(one.samples), subjects: whole(one.subjects), dimensions: one.dimensions })],
    ["report.emotions", one.emotions.map((label) => word("mood", label)).join(", ") || "–"],
    ["report.left", Object.keys(one.set_aside).length ? whole(Object.keys(one.set_aside).length) : t("report.left.nobody")],
    ["report.protocol", t("report.protocol.what", { folds: provenance.folds, seed: provenance.seed, permutations: whole(provenance.permutations) }) + (provenance.quick ? ` ${t("report.quick")}` : "")],
    ["report.digest", `sha256:${one.digest}`],
  ];
  return el("section", { className: "card" },
    el("h2", { textContent: t("report.data") }),
    el("dl", {}, rows.flatMap(([name, value]) => [el("dt", { textContent: t(name) }), el("dd", { textContent: value })]),
      one.notes.flatMap((note) => [el("dt", { textContent: t("report.note") }), el("dd", { textContent: note, lang: "en" })])));
}
