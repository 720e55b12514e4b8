// The page: it shows the view that the address names, and changes the address when somebody asks for another one.

import { narrowed, readAddress, request, writeAddress } from "./address.js";
import { ask, forget, Problem } from "./api.js";
import { articlePage } from "./article.js";
import { el, say } from "./dom.js";
import { chips, fillFilters } from "./filters.js";
import { hitItem, kicker, summary } from "./hit.js";
import { listen } from "./keys.js";
import { chooseLanguage, language, number, setLanguage, speak, t } from "./speech.js";
import { fillHelp, front, nothing, textForm, wrong } from "./states.js";

const K = 50; // hits asked for: filters are counted in them
const STEP = 10; // hits shown at once
const WEAK = 0.75; // confidence below which an answer is called weak, as in search/verdict.py
const TYPING_MS = 90; // of rest before a question is asked while somebody types
const LIVE_MS = 150; // answers slower than this are not asked for while somebody types
const PATIENCE_MS = 700; // before "nothing relevant" is said while somebody may go on typing
const RETRY_MS = 4_000;

const main = document.getElementById("main");
const aside = document.getElementById("filters");
const question = document.getElementById("q");
const help = document.getElementById("help");

let view = readAddress(location.href);
let asking = new AbortController();
let retry = 0;
let typing = 0;
let pace = 0; // milliseconds an answer takes lately

// --- going from view to view ---------------------------------------------------------------------------------

/** Show a view and make its address the current one. `draft`: somebody is still typing it. */
function go(next, { draft = false, text } = {}) {
  history.replaceState({ ...history.state, top: scrollY, focus: document.activeElement?.closest("[id]")?.id }, "");
  const state = { inside: true, draft, text };
  if (history.state?.draft && next.name === "answer" && view.name === "answer") history.replaceState(state, "", writeAddress(next));
  else history.pushState(state, "", writeAddress(next));
  show({ draft });
}

const filter = (filters) => go({ ...view, filters: { ...view.filters, ...filters } }, { text: history.state?.text });

/** Show what the address names. `back`: somebody went back or forward to it. */
async function show({ draft = false, back = false } = {}) {
  asking.abort();
  asking = new AbortController();
  clearTimeout(retry);
  const { signal } = asking;
  view = readAddress(location.href);
  if (view.name === "answer" && !draft) question.value = view.question;
  if (view.name === "start" && !draft) question.value = "";
  const late = setTimeout(() => {
    main.setAttribute("aria-busy", "true");
    if (!draft) say(t("searching"));
  }, 150);
  try {
    await { start: showFront, answer: showAnswer, related: showAnswer, text: showText, article: showArticle }[view.name](signal, draft);
    if (back) restore();
  } catch (error) {
    if (error.name !== "AbortError") showWrong(error, signal);
  } finally {
    clearTimeout(late);
    if (!signal.aborted) main.removeAttribute("aria-busy");
  }
}

function restore() {
  const { top = 0, focus } = history.state || {};
  if (focus && focus !== "main") document.getElementById(focus)?.querySelector?.(".to-article")?.focus({ preventScroll: true });
  scrollTo(0, top);
}

function put(title, ...nodes) {
  document.title = title ? `${title} – Telusur` : "Telusur";
  document.body.dataset.view = view.name;
  main.replaceChildren(...nodes.flat().filter(Boolean));
}

// --- views ---------------------------------------------------------------------------------------------------

async function status(signal) {
  return ask("/api/status", undefined, { signal });
}

async function showFront(signal) {
  aside.hidden = true;
  put("", front(null));
  question.focus();
  put("", front(await status(signal)));
}

/** An answer to a question, or what is related to something: hits, or that there are none. */
async function showAnswer(signal, draft) {
  const asked = view;
  const text = history.state?.text;
  const begun = performance.now();
  const answer = await ask(...request(asked, K), { signal, text });
  const took = performance.now() - begun;
  pace = pace ? 0.6 * pace + 0.4 * took : took;
  if (draft && !answer.answered) await rest(PATIENCE_MS, signal);
  const target = asked.name === "related" ? await ask("/api/show", new URLSearchParams({ id: asked.target }), { signal }) : null;
  draw(asked, answer, target, text, draft);
  const [base, figures] = await Promise.all([
    narrowed(asked) ? ask(...request(asked, K, false), { signal, text }) : answer,
    status(signal),
  ]);
  if (signal.aborted) return;
  fillFilters(aside, asked, base, figures, filter);
  if (!answer.hits.length) draw(asked, answer, target, text, draft, figures);
}

function draw(asked, answer, target, text, draft, figures = null) {
  const nearest = () => filter({ all: "true" });
  const clear = () => filter({ source: [], language: [], since: "", until: "", path: "" });
  const active = chips(asked, filter);
  const about = heading(asked, target, text);
  if (!answer.hits.length) {
    put(asked.question, about, active, asked.filters.all ? el("p", { class: "notice" }, t("nearestNone")) : nothing(answer, asked, figures, { clear, nearest }));
    if (!draft && !figures) say(t("nothing"));
    return;
  }
  const list = el("ol", { class: "hits" });
  const more = el("button", { type: "button", class: "more" });
  let shown = 0;
  const add = () => {
    const next = answer.hits.slice(shown, shown + STEP);
    list.append(...next.map(hitItem));
    shown += next.length;
    more.hidden = shown >= answer.hits.length;
    more.textContent = t("more", number(Math.min(STEP, answer.hits.length - shown)));
    history.replaceState({ ...history.state, shown }, "");
    return next;
  };
  const before = Math.max(STEP, history.state?.shown || 0);
  while (shown < Math.min(before, answer.hits.length)) add();
  more.addEventListener("click", () => {
    const [first] = add();
    document.getElementById(`hit-${first.rank}`).querySelector(".to-article").focus();
  });
  const notice = !answer.answered ? t("nearest") : answer.confidence < WEAK ? t("weak") : "";
  put(asked.question || t("related"), about, active, notice && el("p", { class: "notice" }, notice), summary(answer, shown), list, more);
  if (!draft) say(notice || t("best", number(shown)));
}

function heading(asked, target, text) {
  if (asked.name === "related") {
    const link = writeAddress({ name: "article", target: target.article_id });
    const title = el("a", { href: link, dir: "auto", lang: target.language }, target.title || `“${opening(target.text)}”`);
    return el("header", { class: "about" }, el("p", {}, t("relatedTo")), kicker(target), el("h1", {}, title));
  }
  if (asked.name === "text") return el("h1", { class: "unseen" }, t("relatedToText"));
  return el("h1", { class: "unseen" }, asked.question || "");
}

/** The first words of a text that has no title. */
function opening(text) {
  const words = text.trim().split(/\s+/);
  return words.slice(0, 12).join(" ") + (words.length > 12 ? " …" : "");
}

/** The field for a text, and beneath it what is related to the text that was sent. */
async function showText(signal) {
  const text = history.state?.text;
  aside.hidden = true;
  const form = textForm(text || "", (given) => {
    forget();
    go(view, { text: given });
  });
  put(t("textTitle"), form);
  if (!text) {
    form.querySelector("textarea").focus();
    return;
  }
  await showAnswer(signal, false);
  main.prepend(form);
}

async function showArticle(signal) {
  const found = await ask("/api/show", new URLSearchParams({ id: view.target.split("#")[0] }), { signal });
  aside.hidden = true;
  const inside = history.state?.inside;
  const back = el("a", { class: "back", href: "/" }, `← ${inside ? t("back") : t("home")}`);
  if (inside) back.addEventListener("click", (event) => {
    event.preventDefault();
    event.stopPropagation();
    history.back();
  });
  put(found.title || t("untitled"), back, articlePage(found, view));
  const asked = main.querySelector(".asked");
  if (asked) {
    asked.scrollIntoView({ block: "center" });
    asked.focus({ preventScroll: true });
  } else {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  const parameters = new URLSearchParams({ target: found.article_id, k: 5 });
  const near = await ask("/api/related", parameters, { signal }).catch(() => null);
  if (near?.hits.length && !signal.aborted) {
    main.append(el("section", { class: "also-read", "aria-labelledby": "also-read" },
      el("h2", { id: "also-read" }, t("alsoRead")),
      el("ul", {}, near.hits.map((hit) => {
        const address = writeAddress({ name: "article", target: hit.article_id });
        return el("li", {}, kicker(hit, hit.title ? null : address), hit.title && el("a", { href: address, dir: "auto" }, hit.title));
      }))));
  }
}

function showWrong(error, signal) {
  const problem = error instanceof Problem ? error : new Problem(-1, String(error));
  aside.hidden = true;
  const again = () => {
    forget();
    show();
  };
  put(t("refusedTitle"), wrong(problem, again));
  if (!(error instanceof Problem)) console.error(error);
  if ([0, 503].includes(problem.status)) retry = setTimeout(() => !signal.aborted && again(), RETRY_MS);
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

// --- what people do ------------------------------------------------------------------------------------------

const questionView = (typed) => ({ name: "answer", question: typed, filters: view.name === "answer" ? { ...view.filters, all: "" } : {} });

document.getElementById("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  const typed = question.value.trim();
  if (!typed) return;
  forget();
  go(questionView(typed));
});

question.addEventListener("input", (event) => {
  clearTimeout(typing);
  const typed = question.value.trim();
  if (event.isComposing || typed.length < 3 || pace > LIVE_MS) return;
  typing = setTimeout(() => {
    if (view.name !== "answer" || typed !== view.question) go(questionView(typed), { draft: true });
  }, TYPING_MS);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const held = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button;
  if (!link || held || event.defaultPrevented || link.target || !/^\/(\?|$)/.test(link.getAttribute("href"))) return;
  event.preventDefault();
  const next = readAddress(link.href);
  go(next);
  if (next.name !== "article") scrollTo(0, 0);
});

document.querySelector(".tongues").addEventListener("click", (event) => {
  const chosen = event.target.closest("button")?.value;
  if (!chosen || chosen === language()) return;
  setLanguage(chosen, { remember: true });
  settle();
  show({ back: true });
});

document.getElementById("help-open").addEventListener("click", () => help.showModal());
help.addEventListener("click", (event) => event.target === help && help.close());
addEventListener("popstate", () => show({ back: true }));

function settle() {
  speak();
  fillHelp(help);
}

history.scrollRestoration = "manual";
chooseLanguage();
settle();
listen({ help, question, back: () => history.state?.inside && ["article", "related"].includes(view.name) && history.back() });
show();
