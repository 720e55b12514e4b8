// The views: each asks the server for what its address names and puts it on the page.
//
// A view is called with { view, signal, draft, back, go, put, drawn, aside, question }: see show() in main.js. It may be
// given up at any await; what it has put until then stays until the next view puts something.

import { narrowed, request, writeAddress } from "./address.js";
import { ask, forget } from "./api.js";
import { articlePage } from "./article.js";
import { el, say } from "./dom.js";
import { chips, fillFilters } from "./filters.js";
import { hitItem, kicker, summary } from "./hit.js";
import { number, t } from "./speech.js";
import { front, nothing, textForm } from "./states.js";

const STEP = 10; // hits asked for and shown at once
const DEEP = 50; // hits in which the filters' values are counted, and the most that are shown
const WEAK = 0.75; // confidence below which an answer is called weak, as in search/verdict.py
const PATIENCE_MS = 700; // before "nothing relevant" is said while somebody may go on typing

async function showFront({ signal, put, aside, question }) {
  aside.hidden = true;
  put("", front(null));
  question.focus();
  put("", front(await ask("/api/status", undefined, { signal })));
}

/** Answers to a question, or what is related to something: hits, or that there are none. */
async function showAnswer(at) {
  const { view, signal, draft, aside } = at;
  const text = history.state?.text;
  const shown = history.state?.shown || STEP;
  const [answer, target] = await Promise.all([
    ask(...request(view, shown > STEP ? DEEP : STEP), { signal, text }),
    view.name === "related" && ask("/api/show", new URLSearchParams({ id: view.target }), { signal }),
  ]);
  if (draft && !answer.answered) await rest(PATIENCE_MS, signal);
  const narrow = (changes) => {
    at.go({ ...view, filters: { ...view.filters, ...changes } }, { text });
    scrollTo(0, 0);
  };
  const figures = answer.hits.length ? null : await ask("/api/status", undefined, { signal });
  draw(at, { answer, target, figures, shown, narrow });
  at.drawn();
  if (draft) await rest(PATIENCE_MS, signal);
  try {
    const base = await ask(...request(view, DEEP, false), { signal, text });
    const status = await ask("/api/status", undefined, { signal });
    if (base.hits.length || narrowed(view)) fillFilters(aside, view, base, status, narrow);
    else aside.hidden = true;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    aside.hidden = true; // the answer stands without its filters
  }
}

function draw(at, { answer, target, figures, shown, narrow }) {
  const { view, draft, put } = at;
  const title = view.question || target.title || t("related");
  const above = [heading(view, target), chips(view, narrow), datesNotice(answer.dates, narrow)];
  if (!answer.hits.length) {
    const choices = {
      nearest: () => narrow({ all: "true" }),
      clear: () => narrow({ source: [], language: [], since: "", until: "", path: "", mode: "", no_dates: "" }),
    };
    const said = view.filters.all ? el("p", { class: "notice" }, t("nearestNone")) : nothing(answer, view, figures, choices);
    put(title, above, said);
    say(t("nothing"));
    return;
  }
  const hits = answer.hits.slice(0, shown);
  const notice = !answer.answered ? t("nearest") : answer.confidence < WEAK ? t("weak") : "";
  put(
    title,
    above,
    notice && el("p", { class: "notice" }, notice),
    summary(answer, hits.length),
    el("ol", { class: "hits" }, hits.map(hitItem)),
    hits.length >= STEP && shown < DEEP && hits.length === shown && more(at, { target, shown, narrow }),
  );
  if (!draft) say(`${t("best", number(hits.length))}. ${notice}`);
}

/** Which dates the question's words were taken to mean, and the way to take them as words only. */
function datesNotice(dates, narrow) {
  if (!dates) return null;
  if (!dates.used) return el("p", { class: "summary" }, t("datesUnused", dates.words));
  const off = el("button", { type: "button", class: "chip" }, t("datesOff"));
  off.addEventListener("click", () => narrow({ no_dates: "true" }));
  return el("p", { class: "summary" }, t("datesUsed", dates.words, dates.since || "…", dates.until || "…"), " ", off);
}

/** The button under the hits: more of them, from the same deeper answer in which the filters count. */
function more(at, { target, shown, narrow }) {
  const button = el("button", { type: "button", class: "more" }, t("more", number(STEP)));
  button.addEventListener("click", async () => {
    button.disabled = true;
    const { signal, view } = at;
    const answer = await ask(...request(view, DEEP), { signal, text: history.state?.text }).catch(() => null);
    button.disabled = false;
    if (!answer || signal.aborted) return;
    history.replaceState({ ...history.state, shown: shown + STEP }, "");
    draw(at, { answer, target, shown: shown + STEP, narrow });
    document.getElementById(`hit-${shown + 1}`)?.querySelector(".to-article").focus();
  });
  return button;
}

function heading(view, target) {
  if (view.name === "related") {
    const href = writeAddress({ name: "article", target: target.article_id });
    const title = el("a", { href, dir: "auto", lang: target.language }, target.title || `“${opening(target.text)}”`);
    return el("header", { class: "about" }, el("p", {}, t("relatedTo")), kicker(target), el("h1", {}, title));
  }
  if (view.name === "text") return el("h2", { class: "unseen" }, t("relatedToText"));
  return el("h1", { class: "unseen" }, view.question);
}

/** The first words of a text that has no title. */
function opening(text) {
  const words = text.trim().split(/\s+/);
  return words.slice(0, 12).join(" ") + (words.length > 12 ? " …" : "");
}

/** The field for a text, and beneath it what is related to the text that was sent. */
async function showText(at) {
  const { view, put, go, aside } = at;
  const text = history.state?.text || "";
  const form = textForm(text, (given) => {
    forget();
    go(view, { text: given });
  });
  aside.hidden = true;
  put(t("textTitle"), form);
  if (!text) {
    form.querySelector("textarea").focus();
    return;
  }
  await showAnswer({ ...at, put: (title, ...nodes) => put(t("textTitle"), form, ...nodes) });
}

async function showArticle({ view, signal, back: returning, put, drawn, aside }) {
  const found = await ask("/api/show", new URLSearchParams({ id: view.target.split("#")[0] }), { signal });
  const inside = history.state?.inside;
  const back = el("a", { class: "back", href: "/" }, `← ${inside ? t("back") : t("home")}`);
  if (inside) {
    back.addEventListener("click", (event) => {
      event.preventDefault();
      history.back();
    });
  }
  aside.hidden = true;
  const also = el("section", { class: "also-read", "aria-labelledby": "also-read", hidden: true });
  put(found.title || t("untitled"), back, articlePage(found, view), also);
  drawn();
  if (!returning) bringIntoView(document.querySelector(".asked"));
  await showNear(found, also, signal);
}

/** Begin at the top, unless what was asked for is further down. */
function bringIntoView(asked) {
  scrollTo(0, 0);
  if (!asked) return;
  asked.focus({ preventScroll: true });
  const sentence = asked.querySelector("mark") || asked;
  if (sentence.getBoundingClientRect().bottom > innerHeight * 0.9) sentence.scrollIntoView({ block: "center" });
}

/** What else is about the same thing, under the article. */
async function showNear(found, also, signal) {
  const near = await ask("/api/related", new URLSearchParams({ target: found.article_id, k: 5 }), { signal }).catch(() => null);
  if (!near?.hits.length || signal.aborted) return;
  also.append(el("h2", { id: "also-read" }, t("alsoRead")), el("ul", {}, near.hits.map(nearArticle)));
  also.hidden = false;
}

function nearArticle(hit) {
  const href = writeAddress({ name: "article", target: hit.article_id });
  return el("li", {}, kicker(hit), el("a", { href, dir: "auto", lang: hit.language }, hit.title || `“${opening(hit.text)}”`));
}

function rest(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("given up", "AbortError"));
    });
  });
}

export const VIEWS = { start: showFront, answer: showAnswer, related: showAnswer, text: showText, article: showArticle };
