// What stands in place of hits: the front page, nothing relevant, something wrong, the field for a text.

import { narrowed } from "./address.js";
import { el } from "./dom.js";
import { longDate, number, percent, t } from "./speech.js";

export const MAX_TEXT = 50_000; // code points that the server takes

/** The front page: what the index holds and how to ask. */
export function front(status) {
  const holds = status && [
    t("holds", number(status.articles), number(status.passages)),
    t("publishers", number(Object.keys(status.sources).filter((name) => name !== "unknown").length)),
    status.published.first && t("between", longDate(status.published.first), longDate(status.published.last)),
    status.updated && t("updated", longDate(status.updated)),
  ];
  return el(
    "div",
    { class: "front" },
    el("p", { class: "lead" }, t("lead")),
    el("p", { class: "holds" }, holds ? holds.filter(Boolean).flatMap((fact, n) => [n > 0 && " · ", el("span", {}, fact)]) : "\u00a0"),
    howToAsk(),
  );
}

function howToAsk() {
  return el("dl", { class: "syntax" }, t("syntax").map(([typed, meaning]) => [el("dt", {}, typed), el("dd", {}, meaning)]));
}

/** Nothing relevant, as an answer in its own right. */
export function nothing(answer, view, status, { clear, nearest }) {
  return el(
    "section",
    { class: "nothing" },
    el("h1", {}, t("nothing")),
    status && !narrowed(view) && el("p", {}, t("nothingMore", number(status.articles))),
    narrowed(view) && el("p", {}, t("nothingNarrowed")),
    el("p", {}, t("nothingTips")),
    el(
      "p",
      { class: "choices" },
      narrowed(view) && el("button", { type: "button", class: "clear", onclick: clear }, t("clearFilters")),
      el("button", { type: "button", class: "nearest", onclick: nearest }, t("showNearest")),
    ),
    el("p", { class: "summary" }, t("doubt", percent(answer.confidence))),
  );
}

// By status code: title, explanation, command that helps. 0: no server answered.
const TROUBLES = {
  0: ["goneTitle", "gone", "telusur serve"],
  400: ["refusedTitle"],
  401: ["tokenTitle", "token"],
  403: ["tokenTitle", "token"],
  404: ["missingTitle", "missing"],
  500: ["brokenTitle"],
  503: ["indexTitle", "index"],
};

/** Something went wrong: what, what the server said of it, and a button that calls `again()`. */
export function wrong(problem, again) {
  const [title, words, command] = TROUBLES[problem.status] || ["wrong"];
  return el(
    "section",
    { class: "wrong", role: "alert" },
    el("h1", {}, t(title)),
    words && el("p", {}, t(words)),
    command && el("p", {}, el("code", {}, command)),
    problem.message && el("p", { class: "told", lang: "en" }, `${problem.message}${problem.hint ? ` — ${problem.hint}` : ""}`),
    el("p", { class: "choices" }, el("button", { type: "button", class: "again", onclick: again }, t("tryAgain"))),
  );
}

/** The field for a text whose related passages are looked for; `send(text)` is called with it. */
export function textForm(text, send) {
  const field = el("textarea", { id: "text", rows: text ? 5 : 12, "aria-describedby": "text-lead", required: true });
  field.value = text;
  const warning = el("p", { class: "told", role: "alert" });
  const form = el(
    "form",
    { class: "text-form" },
    el("h1", {}, el("label", { for: "text" }, t("textTitle"))),
    el("p", { id: "text-lead" }, t("textLead")),
    field,
    warning,
    el("p", { class: "choices" }, el("button", { type: "submit" }, t("textAsk"))),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = field.value.trim();
    const long = Array.from(given).length > MAX_TEXT;
    warning.textContent = long ? t("textLong", number(MAX_TEXT)) : "";
    if (given && !long) send(given);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return form;
}

/** Fill the help with keys and the ways of asking. */
export function fillHelp(dialog) {
  dialog.replaceChildren(
    el("h2", { id: "help-title" }, t("keysTitle")),
    el("dl", { class: "keys" }, t("keys").map(([keys, meaning]) => [
      el("dt", {}, keys.split(" ").flatMap((key, n) => (n ? [" ", el("kbd", {}, key)] : [el("kbd", {}, key)]))),
      el("dd", {}, meaning),
    ])),
    el("h2", {}, t("syntaxTitle")),
    howToAsk(),
    el("p", { class: "fine" }, t("sureHint")),
    el("form", { method: "dialog" }, el("button", { type: "submit" }, t("close"))),
  );
}
