// The words of the page, in the visitor's language, and numbers and dates as that language writes them.

import de from "../texts/de.js";
import en from "../texts/en.js";

const LANGUAGES = { en, de };
/** Each language's own name, by its tag. */
export const NAMES = { en: "English", de: "Deutsch" };

let language = (navigator.languages ?? [navigator.language])
  .map((tag) => tag.slice(0, 2).toLowerCase())
  .find((tag) => tag in LANGUAGES) ?? "en";

export const current = () => language;

export function choose(tag) {
  language = tag;
  document.documentElement.lang = tag;
}

/** The text of this name, its {places} filled. */
export function t(name, values = {}) {
  const text = LANGUAGES[language][name] ?? LANGUAGES.en[name];
  if (text === undefined) throw new Error(`no text is called ${name}`);
  return text.replace(/\{(\w+)\}/g, (_, place) => values[place] ?? "");
}

/** The text for so many: its name ends in .one or .other. */
export function count(name, number, values = {}) {
  const form = new Intl.PluralRules(language).select(number) === "one" ? "one" : "other";
  return t(`${name}.${form}`, { n: whole(number), ...values });
}

export const has = (name) => name in LANGUAGES.en;

/** A label of a model's, such as an emotion, where we have a word for it. */
export const word = (kind, label) => (has(`${kind}.${label}`) ? t(`${kind}.${label}`) : label);

export const whole = (number) => new Intl.NumberFormat(language).format(number);

export const decimal = (number, digits = 2) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" }).format(number);

/** A share in percent, with as many digits as it needs to be told from 0 and from 100. */
export function percent(share) {
  if (share == null) return "–";
  const digits = share > 0 && share < 0.0995 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
}

/** An interval of shares. */
export const between = (rate) => t("interval", { low: percent(rate.low), high: percent(rate.high) });

export const moment = (text) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(text));

export const day = (text) => new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(text));
