// Which language the interface speaks, and how it writes numbers and dates.

import { WORDS } from "./words.js";

const REMEMBERED = "telusur.language";
const NEAR = ["in", "ms", "jv", "su"]; // who reads these reads Indonesian; "in" is its own old code
let tongue = "id";

/** The interface's language: the one chosen before, else the browser's, else English. */
export function chooseLanguage() {
  let chosen = null;
  try {
    chosen = localStorage.getItem(REMEMBERED);
  } catch {
    // no storage: nothing is remembered
  }
  const browsers = navigator.languages.map((name) => name.slice(0, 2)).map((name) => (NEAR.includes(name) ? "id" : name));
  setLanguage(chosen in WORDS ? chosen : browsers.find((name) => name in WORDS) || "en");
}

/** Speak a language from now on. */
export function setLanguage(chosen, { remember = false } = {}) {
  tongue = chosen;
  document.documentElement.lang = chosen;
  try {
    if (remember) localStorage.setItem(REMEMBERED, chosen);
  } catch {
    // no storage: the choice holds until the page is closed
  }
}

export const language = () => tongue;

/** What the interface says for a key; some are functions of what they speak of. */
export function t(key, ...about) {
  const words = WORDS[tongue][key];
  return typeof words === "function" ? words(...about) : words;
}

export const number = (value, options) => new Intl.NumberFormat(tongue, options).format(value);

/** An estimate in per cent; it is never said to be certain. */
export function percent(estimate) {
  const [sign, shown] = estimate > 0.99 ? [">\u2009", 0.99] : estimate < 0.01 ? ["<\u2009", 0.01] : ["", estimate];
  return sign + number(shown, { style: "percent" });
}

const PARTS = [{ year: "numeric" }, { year: "numeric", month: "long" }, { year: "numeric", month: "long", day: "numeric" }];

/** An ISO date (a day, a month or a year) written out: 25 November 2022. */
export function longDate(iso, { weekday = false } = {}) {
  const given = (iso || "").slice(0, 10).split("-").map(Number);
  if (!given[0] || given.some(Number.isNaN)) return iso || "";
  const at = new Date(Date.UTC(given[0], (given[1] || 1) - 1, given[2] || 1));
  at.setUTCFullYear(given[0]);
  const parts = { ...PARTS[given.length - 1], ...(weekday && given.length === 3 && { weekday: "long" }) };
  return new Intl.DateTimeFormat(tongue === "en" ? "en-GB" : "id", { ...parts, timeZone: "UTC" }).format(at);
}

/** Whether nobody states an article's date as that of its publication, or a part of it was worked out. */
export const dateInferred = (facts) => facts.published_inferred || facts.published_precision === "inferred";

/** Publisher and date of an article in words; what is not known is said to be unknown. */
export function byline(facts) {
  const source = facts.source || t("unknownSource");
  const origin = facts.origin ? ` (${t("quoting", facts.origin)})` : "";
  const date = facts.published ? longDate(facts.published) : t("noDate");
  const inferred = dateInferred(facts) ? ` (${t("inferred")})` : "";
  return `${source}${origin}, ${date}${inferred}`;
}

/** The name of a language in the interface's own. */
export function languageName(code) {
  try {
    return new Intl.DisplayNames([tongue], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

/** Say everything that stands in the page itself in the current language. */
export function speak(root = document) {
  for (const node of root.querySelectorAll("[data-say]")) node.textContent = t(node.dataset.say);
  for (const node of root.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  root.getElementById("q").placeholder = t("placeholder");
  for (const button of root.querySelectorAll(".tongues button")) {
    button.setAttribute("aria-pressed", String(button.value === tongue));
  }
}
