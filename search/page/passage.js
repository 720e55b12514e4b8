// A passage as pieces of text, plain and marked. Offsets count code points, where JavaScript's strings count UTF-16
// units: texts are taken apart into code points first. Pure, but for `shown`, which makes elements.

import { answering } from "./address.js";
import { el } from "./dom.js";

const EXCERPT = 460; // code points; a longer passage is cut around its answering sentence
const BEFORE = 120;

/** Pieces {text, kind} of `text` from code point `start` to `end`; kind is "sentence", "word" or null. */
export function pieces(text, highlights, start = 0, end = Infinity) {
  const points = Array.from(text);
  const until = Math.min(end, points.length);
  const sentence = answering(highlights);
  const found = [];
  const add = (from, to, kind) => {
    const [low, high] = [Math.max(from, start), Math.min(to, until)];
    if (low < high) found.push({ text: points.slice(low, high).join(""), kind });
  };
  let at = 0;
  for (const span of highlights) {
    add(at, span[0], null);
    add(span[0], span[1], span === sentence ? "sentence" : "word");
    at = span[1];
  }
  add(at, points.length, null);
  return found;
}

/** [start, end] of the part worth reading first: around the answering sentence, cut between words. */
export function excerpt(text, highlights) {
  const points = Array.from(text);
  if (points.length <= EXCERPT * 1.25) return [0, points.length];
  const sentence = answering(highlights) || [0, 0];
  let start = sentence[0] > BEFORE * 1.5 ? sentence[0] - BEFORE : 0;
  let end = Math.min(points.length, Math.max(start + EXCERPT, sentence[1] + BEFORE));
  if (end === points.length) start = Math.max(0, Math.min(start, end - EXCERPT));
  while (start > 0 && start < sentence[0] && !/\s/.test(points[start - 1])) start += 1;
  while (end < points.length && end > sentence[1] && !/\s/.test(points[end])) end -= 1;
  return [start, end];
}

/** The pieces as paragraphs; a line break in the text begins a new one. */
export function shown(parts, language) {
  const paragraphs = [[]];
  for (const { text, kind } of parts) {
    text.split(/[\n\r\u2028\u2029]+/).forEach((line, n) => {
      if (n) paragraphs.push([]);
      if (!line) return;
      const node = kind === "sentence" ? el("mark", {}, line) : kind === "word" ? el("b", {}, line) : line;
      paragraphs.at(-1).push(node);
    });
  }
  return paragraphs
    .filter((nodes) => nodes.length && nodes.some((node) => (node.textContent ?? node).trim()))
    .map((nodes) => el("p", { dir: "auto", lang: language }, nodes));
}
