// A hit as a citation: plain text, Markdown, BibTeX. Pure, but for `copy`.

import { answering, passageNumber } from "./address.js";
import { outside, straight } from "./dom.js";
import { byline, dateInferred, t } from "./speech.js";

/** The citation of a hit in one of the formats "text", "markdown" and "bibtex". */
export function citation(hit, format) {
  return { text, markdown, bibtex }[format](hit);
}

/** What is quoted: the answering sentence, else the whole passage; on one line. */
export function quoted(hit) {
  const span = answering(hit.highlights || []);
  const points = Array.from(hit.text);
  return oneLine(span ? points.slice(...span).join("") : hit.text);
}

function oneLine(value) {
  return straight(value || "").replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
}

function place(hit) {
  return `${hit.path}${hit.row === null ? "" : `[${hit.row}]`}:${hit.line_start}`;
}

function text(hit) {
  const facts = [`“${quoted(hit)}”`, byline(hit), hit.title, outside(hit.url), place(hit)];
  return facts.filter(Boolean).map(oneLine).join(" — ");
}

function markdown(hit) {
  const url = outside(hit.url)?.replace(/[()]/g, percented);
  const name = plain(hit.title || byline(hit));
  const facts = [url ? `[${name}](${url})` : hit.title ? `*${name}*` : name];
  if (hit.title) facts.unshift(plain(byline(hit)));
  return `> ${plain(quoted(hit))}\n>\n> — ${facts.join(", ")} (${plain(place(hit))})`;
}

/** A character of an address that the format would take for its own. */
const percented = (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** Text that Markdown takes as it is, also where a line begins. */
function plain(value) {
  return oneLine(value).replace(/[\\`*_{}[\]<>#|~!&]/g, "\\$&").replace(/^(\d*)([-+.)])/, "$1\\$2");
}

// Braces by name: BibTeX counts those that are escaped too.
const MEANT = {
  "\\": "\\textbackslash{}", "{": "\\textbraceleft{}", "}": "\\textbraceright{}", $: "\\$", "&": "\\&", "#": "\\#", _: "\\_", "%": "\\%",
  "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
};
const tex = (value) => oneLine(value).replace(/[\\{}$&#_%~^]/g, (found) => MEANT[found]);

function bibtex(hit) {
  const [year, month] = (hit.published || "").split("-");
  const key = [hit.source || "telusur", year, hit.article_id, passageNumber(hit.passage_id)]
    .filter(Boolean)
    .map((part) => String(part).toLowerCase().replace(/[^a-z0-9]/g, ""))
    .join("-");
  const inferred = dateInferred(hit) ? `${t("inferred")}; ` : "";
  const fields = {
    title: hit.title && `{${tex(hit.title)}}`,
    organization: hit.source && `{${tex(hit.source)}}`,
    year,
    month: month && String(Number(month)),
    date: hit.published,
    url: outside(hit.url)?.replace(/[{}\\]/g, percented),
    langid: { id: "indonesian", en: "english" }[hit.language],
    note: tex(`${inferred}${place(hit)}`),
    annote: `“${tex(quoted(hit))}”`,
  };
  const lines = Object.entries(fields).filter(([, value]) => value).map(([name, value]) => `  ${name} = {${value}},`);
  return `@online{${key},\n${lines.join("\n")}\n}`;
}

/** Put text on the clipboard; browsers allow it from a server elsewhere only through a selection. */
export async function copy(value) {
  if (navigator.clipboard) return navigator.clipboard.writeText(value);
  const field = document.createElement("textarea");
  field.value = value;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("not copied");
}
