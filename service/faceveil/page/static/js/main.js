// The frame of the page: tabs, language, sign-in, and what is said when the server is away.

import { Refusal, get, lives, signIn, signedIn, whenAway } from "./api.js";
import { el, fill, svg } from "./dom.js";
import { notice } from "./notices.js";
import { askForKey } from "./sign_in.js";
import { NAMES, choose, current, t } from "./texts.js";
import * as audits from "./audits/view.js";
import * as features from "./features.js";
import * as models from "./models.js";
import * as server from "./server/view.js";
import * as trying from "./try/view.js";

const VIEWS = { try: trying, models, features, audits, server };

const header = el("header", { className: "top" });
const away = el("div", { className: "away", role: "status", hidden: true });
const main = el("main", { id: "main", tabIndex: -1 });
const footer = el("footer", { className: "foot" });
document.body.replaceChildren(header, away, main, footer); // in place of what is shown until we are here

let leave = () => {};
let installed = null; // what /v1/models answers
let shows = 0;

const place = () => {
  const [tab, rest] = location.hash.slice(1).split("/");
  return { tab: tab in VIEWS ? tab : "try", rest: rest ?? null };
};

/** Without leaving the page, wherever <base> points. */
function go(hash) {
  history.pushState(null, "", `${location.pathname}${location.search}#${hash}`);
  show();
}

function drawFrame() {
  const { tab } = place();
  document.title = `${t(`tab.${tab}`)} · FaceVeil`;
  const link = (name) => el("a", {
    href: `${location.pathname}#${name}`, textContent: t(`tab.${name}`), ariaCurrent: name === tab ? "page" : null,
    onclick: (event) => { event.preventDefault(); go(name); main.focus(); },
  });
  const languages = Object.entries(NAMES).filter(([tag]) => tag !== current()).map(([tag, name]) => el("button", {
    type: "button", className: "plain", textContent: name, lang: tag,
    onclick: () => { choose(tag); show(); header.querySelector(".tools button").focus(); },
  }));
  const key = signedIn()
    ? el("button", { type: "button", className: "small", textContent: t("key.out"), onclick: signOut })
    : el("button", { type: "button", className: "small", textContent: t("key.in"), onclick: () => askForKey(changed) });
  fill(header,
    el("a", { className: "skip", href: `${location.pathname}#main`, textContent: t("skip"), onclick: (event) => { event.preventDefault(); main.focus(); } }),
    el("div", { className: "top-row" },
      el("a", { className: "brand", href: `${location.pathname}#try`, onclick: (event) => { event.preventDefault(); go("try"); } }, logo(), el("span", { textContent: "FaceVeil" })),
      el("nav", { className: "tabs", ariaLabel: t("tabs") }, Object.keys(VIEWS).map(link)),
      el("div", { className: "tools", role: "group", ariaLabel: t("tools") }, languages, key)));
  fill(footer, el("p", { textContent: t("foot") }));
}

function logo() {
  return svg("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 9, fill: "var(--accent)" }),
    svg("g", { fill: "none", stroke: "var(--accent-ink)", "stroke-width": 2.2, "stroke-linecap": "round" },
      svg("path", { d: "M7 13c3-3.5 15-3.5 18 0" }), svg("path", { d: "M7 18.5c3-3.5 15-3.5 18 0", opacity: 0.6 }), svg("path", { d: "M11 23.5c2.6 1.8 7.4 1.8 10 0" })));
}

async function show() {
  const mine = ++shows;
  choose(current());
  leave();
  leave = () => {};
  drawFrame();
  const { tab, rest } = place();
  fill(main, el("p", { className: "quiet", role: "status", textContent: t("loading") }));
  try {
    installed ??= await get("v1/models");
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    if (mine === shows) fill(main, welcome(refusal));
    return;
  }
  if (mine !== shows) return; // the visitor has gone on meanwhile
  leave = VIEWS[tab].mount(fill(main), { installed, rest, go }) ?? (() => {});
}

/** What stands where a view would, while nobody may see one. */
function welcome(refusal) {
  const locked = refusal.slug === "unauthorized";
  return el("section", { className: "card" },
    el("h1", { textContent: t("welcome.title") }),
    el("p", { textContent: t("welcome.what") }),
    locked && !signedIn() ? el("p", { className: "quiet", textContent: t("welcome.key") }) : notice(refusal, show),
    locked && el("div", {}, el("button", { type: "button", className: "main", textContent: t("key.in"), onclick: () => askForKey(changed) })));
}

/** Loads the page anew, so that nothing of a visitor outlives them, in whatever module it lies. */
function signOut() {
  signIn(null);
  leave();
  fill(main);
  history.replaceState(null, "", `${location.pathname}${location.search}#${place().tab}`);
  location.reload();
}

/** Another key may see other things, and shall not see what was seen without it. */
function changed() {
  installed = null;
  for (const view of Object.values(VIEWS)) view.forget?.();
  show();
}

let watching = false;
whenAway(async () => {
  if (watching) return;
  watching = true;
  fill(away, el("p", { textContent: t("away") }));
  away.hidden = false;
  while (!(await lives())) await new Promise((resolve) => setTimeout(resolve, 2000));
  away.hidden = true;
  watching = false;
  if (installed === null) show();
});

addEventListener("popstate", show);
show();
