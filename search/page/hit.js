// One hit: where it comes from, the passage with the answering sentence marked, and what can be done with it.

import { articleAddress, writeAddress } from "./address.js";
import { citation, copy } from "./cite.js";
import { el, outside, say } from "./dom.js";
import { excerpt, pieces, shown } from "./passage.js";
import { byline, dateInferred, language, longDate, number, percent, t } from "./speech.js";

/** A hit as a list item. */
export function hitItem(hit) {
  const address = articleAddress(hit);
  const line = kicker(hit, hit.title ? null : address);
  const title = hit.title && el("h2", {}, el("a", { href: address, class: "to-article", dir: "auto", lang: hit.language }, hit.title));
  return el(
    "li",
    {},
    el(
      "article",
      { class: "hit", id: `hit-${hit.rank}`, "aria-label": `${hit.rank}. ${hit.title || byline(hit)}` },
      title ? [line, title] : el("h2", { class: "kicker-only" }, line),
      passage(hit),
      alsoIn(hit),
      el(
        "div",
        { class: "actions" },
        el("a", { href: address }, t("readArticle")),
        original(hit),
        el("a", { href: writeAddress({ name: "related", target: hit.passage_id }), class: "to-related" }, t("related")),
        citing(hit),
        el("span", { class: "place", title: hit.passage_id }, place(hit)),
      ),
    ),
  );
}

/** Publisher · date, and how sure they are; with an address, as a link. */
export function kicker(facts, address = null, { weekday = false } = {}) {
  const source = el("bdi", { class: facts.source ? "source" : "source unknown" }, facts.source || t("unknownSource"));
  return el(
    address ? "a" : "p",
    { class: address ? "kicker to-article" : "kicker", href: address },
    source,
    facts.origin && [" ", el("bdi", { class: "aside" }, t("quoting", facts.origin))],
    el("span", { class: "dot", "aria-hidden": "true" }, " · "),
    facts.published
      ? el("time", { datetime: facts.published }, longDate(facts.published, { weekday }))
      : el("span", { class: "unknown" }, t("noDate")),
    dateInferred(facts) && [" ", el("span", { class: "aside" }, `(${t("inferred")})`)],
  );
}

/** A link to the original, if its address is one that a browser should follow. */
export function original(facts) {
  const url = outside(facts.url);
  return (
    url &&
    el(
      "a",
      { href: url, class: "to-original", target: "_blank", rel: "noopener noreferrer", title: url },
      t("original"),
      el("span", { "aria-hidden": "true" }, " ↗"),
      el("span", { class: "unseen" }, ` ${t("newTab")}`),
    )
  );
}

/** File, row and line of a passage. */
export function place(facts, line = facts.line_start) {
  return el("bdi", {}, `${facts.path}${facts.row === null ? "" : `[${facts.row}]`}:${line}`);
}

/** The buttons that copy a hit as a citation. */
export function citing(hit) {
  const formats = [["text", t("copyText")], ["markdown", t("copyMarkdown")], ["bibtex", t("copyBibtex")]];
  return el(
    "span",
    { class: "cite", role: "group", "aria-label": t("cite") },
    el("span", { class: "cite-name", "aria-hidden": "true" }, `${t("cite")}:`),
    formats.map(([format, name]) =>
      el("button", { type: "button", "data-format": format, onclick: (event) => copyCitation(hit, format, name, event.currentTarget) }, name),
    ),
  );
}

async function copyCitation(hit, format, name, button) {
  try {
    await copy(citation(hit, format));
  } catch {
    say(t("notCopied"));
    button.textContent = t("notCopied");
    return;
  }
  say(t("copied", name));
  button.textContent = `✓ ${t("copiedShort")}`;
  button.classList.add("done");
  setTimeout(() => {
    button.textContent = name;
    button.classList.remove("done");
  }, 2000);
}

function passage(hit) {
  const length = Array.from(hit.text).length;
  const [start, end] = excerpt(hit.text, hit.highlights);
  const box = el("div", { class: "passage", lang: hit.language });
  const cut = start > 0 || end < length;
  const show = (whole) => {
    const parts = whole ? pieces(hit.text, hit.highlights) : pieces(hit.text, hit.highlights, start, end);
    if (!whole && start > 0) parts.unshift({ text: "… ", kind: null });
    if (!whole && end < length) parts.push({ text: " …", kind: null });
    box.replaceChildren(...shown(parts, hit.language));
    if (cut) box.lastElementChild.append(" ", toggle);
  };
  const toggle = el("button", { type: "button", class: "whole", lang: language(), "aria-expanded": "false" }, t("whole"));
  toggle.addEventListener("click", () => {
    const whole = toggle.getAttribute("aria-expanded") === "false";
    show(whole);
    toggle.setAttribute("aria-expanded", String(whole));
    toggle.textContent = whole ? t("less") : t("whole");
    toggle.focus();
  });
  show(!cut);
  return box;
}

function alsoIn(hit) {
  if (!hit.also_in.length) return null;
  const copies = hit.also_in.map((one) => {
    const date = one.published ? `, ${longDate(one.published)}` : "";
    return el("bdi", { title: one.path }, `${one.source || one.path}${date}`);
  });
  return el("p", { class: "also" }, `${t("alsoIn")} `, copies.flatMap((copy, n) => (n ? ["; ", copy] : [copy])));
}

/** What stands above the hits: how many, how fast, how sure. */
export function summary(answer, visible) {
  const sure = el("span", { class: "sure", title: t("sureHint") }, t("sure", percent(answer.confidence)));
  const took = t("took", number(answer.seconds, { maximumSignificantDigits: 2 }));
  return el("p", { class: "summary" }, `${t("best", number(visible))} · `, sure, ` · ${took}`);
}
