// The page: it shows the view that the address names, and changes the address when somebody asks for another one.

import { readAddress, writeAddress } from "./address.js";
import { ask, forget, pace } from "./api.js";
import { el, say } from "./dom.js";
import { listen } from "./keys.js";
import { chooseLanguage, language, setLanguage, speak, t } from "./speech.js";
import { fillHelp, wrong } from "./states.js";
import { VIEWS } from "./views.js";

const TYPING_MS = 90; // of rest before a question is asked while somebody types
const LIVE_MS = 150; // when answers take longer, they are not asked for while somebody types
const BUSY_MS = 150; // before a wait is shown
const RETRY_MS = 3_000;

const main = document.getElementById("main");
const aside = document.getElementById("filters");
const question = document.getElementById("q");
const help = document.getElementById("help");

let view = readAddress(location.href);
let asking = new AbortController();
let retry = 0;
let typing = 0;

/** Keep in the history where the reader is, to come back to. */
function remember() {
  history.replaceState({ ...history.state, top: scrollY, focus: document.activeElement?.closest(".hit")?.id }, "");
}

/** Show another view. `draft`: somebody is still typing its question; a draft follows a draft without a trace. */
function go(next, { draft = false, text } = {}) {
  const again = history.state?.draft && next.name === "answer" && view.name === "answer";
  if (!again) remember();
  history[again ? "replaceState" : "pushState"]({ inside: true, draft, text }, "", writeAddress(next));
  return show({ draft });
}

/** Show what the address names. `back`: somebody was there before. */
async function show({ draft = false, back = false, first = false } = {}) {
  asking.abort();
  asking = new AbortController();
  clearTimeout(retry);
  const { signal } = asking;
  view = readAddress(location.href);
  if (!draft && view.name === "answer") question.value = view.question;
  if (view.name === "start" || view.name === "text") question.value = "";
  const late = setTimeout(() => {
    main.setAttribute("aria-busy", "true");
    if (!main.hasChildNodes()) main.append(el("p", { class: "summary" }, t("searching")));
    if (!draft) say(t("searching"));
  }, BUSY_MS);
  let settled = false;
  const drawn = () => {
    if (settled) return;
    settled = true;
    clearTimeout(late);
    main.removeAttribute("aria-busy");
    if (back) restore();
    else if (!first && document.activeElement === document.body) main.focus({ preventScroll: true });
  };
  try {
    await VIEWS[view.name]({ view, signal, draft, back, go, put, drawn, aside, question });
  } catch (error) {
    if (error.name !== "AbortError") showWrong(error, signal);
  } finally {
    clearTimeout(late);
    if (!signal.aborted) drawn();
  }
}

function put(title, ...nodes) {
  document.title = title ? `${title} – Telusur` : "Telusur";
  document.body.dataset.view = view.name;
  main.replaceChildren(...nodes.flat().filter(Boolean));
}

function restore() {
  const { top = 0, focus } = history.state || {};
  if (focus) document.getElementById(focus)?.querySelector(".to-article").focus({ preventScroll: true });
  scrollTo(0, top);
}

function showWrong(error, signal) {
  const again = () => {
    forget();
    show();
  };
  aside.hidden = true;
  put(t("wrong"), wrong(error, again));
  if (error.status === undefined) console.error(error);
  if ([0, 503].includes(error.status)) waitFor(again, signal);
}

/** Call `again` when the server answers and can read its index, without saying anything until then. */
function waitFor(again, signal) {
  retry = setTimeout(async () => {
    forget();
    try {
      await ask("/api/status", undefined, { signal });
      again();
    } catch {
      if (!signal.aborted) waitFor(again, signal);
    }
  }, RETRY_MS);
}

// --- what people do ------------------------------------------------------------------------------------------

const asked = (typed) => ({ name: "answer", question: typed, filters: view.name === "answer" ? { ...view.filters, all: "" } : {} });

document.getElementById("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  const typed = question.value.trim();
  if (!typed) return;
  forget();
  go(asked(typed));
});

question.addEventListener("input", (event) => {
  clearTimeout(typing);
  const typed = question.value.trim();
  if (event.isComposing || typed.length < 3 || pace() > LIVE_MS) return;
  typing = setTimeout(() => {
    if (view.name !== "answer" || typed !== view.question) go(asked(typed), { draft: true });
  }, TYPING_MS);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const held = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button;
  if (!link || held || event.defaultPrevented || link.target || !/^\/(\?|$)/.test(link.getAttribute("href"))) return;
  event.preventDefault();
  if (readAddress(link.href).name !== "article") scrollTo(0, 0);
  go(readAddress(link.href));
});

document.querySelector(".tongues").addEventListener("click", (event) => {
  const chosen = event.target.closest("button")?.value;
  if (!chosen || chosen === language()) return;
  setLanguage(chosen, { remember: true });
  settle();
  remember();
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
listen({ help, question, back: () => history.state?.inside && view.name !== "answer" && history.back() });
show({ first: true });
