// The article as a page: the passage that was found in place, its sentence marked, and what else is about it.

import { passageNumber, writeAddress } from "./address.js";
import { el } from "./dom.js";
import { citing, kicker, original, place } from "./hit.js";
import { pieces, shown } from "./passage.js";
import { t } from "./speech.js";

/** The article that `show` told of, for a view that may name a passage and a marked span of the article's text. */
export function articlePage(found, view) {
  const asked = found.passages.find((passage) => passageNumber(passage.passage_id) === view.passage);
  return el(
    "article",
    { class: "story", "aria-labelledby": "story-title" },
    el(
      "header",
      {},
      kicker(found, null, { weekday: true }),
      el("h1", { id: "story-title", class: found.title ? null : "untitled", dir: "auto", lang: found.title && found.language }, found.title || t("untitled")),
      el(
        "div",
        { class: "actions" },
        original(found),
        el("a", { href: writeAddress({ name: "related", target: found.article_id }), class: "to-related" }, t("related")),
        citing(cited(found, asked || found.passages[0], view.mark)),
        el("span", { class: "place" }, place(found, asked ? asked.line_start : 1)),
      ),
    ),
    el("div", { class: "body", lang: found.language }, sections(found, view)),
  );
}

/** The passages in order, and between them what is no news text: each a section that can be linked to. */
function sections(found, view) {
  const points = Array.from(found.text);
  const made = [];
  let at = 0;
  const between = (from, to) => {
    const text = points.slice(from, to).join("");
    if (text.trim()) made.push(el("section", { class: "skipped", title: t("skipped") }, shown([{ text, kind: null }], found.language)));
  };
  for (const passage of found.passages) {
    const n = passageNumber(passage.passage_id);
    const start = Math.max(at, passage.char_start - found.char_start);
    const end = passage.char_end - found.char_start;
    between(at, start);
    const mark = view.mark && [Math.max(0, view.mark[0] - start), Math.min(end, view.mark[1]) - start];
    const parts = pieces(points.slice(start, end).join(""), mark && mark[0] < mark[1] ? [mark] : []);
    const link = writeAddress({ name: "article", target: found.article_id, passage: n });
    made.push(
      el(
        "section",
        { id: `p${n}`, class: n === view.passage ? "asked" : null, "aria-label": t("passage", n), tabindex: n === view.passage ? -1 : null },
        el("a", { class: "anchor", href: link, "aria-label": t("passage", n) }, String(n)),
        shown(parts, found.language),
      ),
    );
    at = Math.max(at, end);
  }
  between(at, points.length);
  return made;
}

/** A passage of an article with the article's facts, as a hit has them. */
function cited(found, passage, mark) {
  if (!passage) return { ...found, passage_id: `${found.article_id}#1`, line_start: 1, highlights: [] };
  const [start, end] = mark ? mark.map((offset) => offset - passage.char_start) : [0, 0];
  const inside = start >= 0 && start < end && end <= passage.char_end - passage.char_start;
  return { ...found, ...passage, highlights: inside ? [[start, end]] : [] };
}
