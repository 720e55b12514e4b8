// What the page shows, as an address: every state can be linked to, reloaded and gone back to. Pure.

const LISTS = ["source", "language"];
const SINGLE = ["since", "until", "mode", "path", "all", "no_dates"];

/**
 * A view out of an address:
 *   /?q=…       answers to a question, with filters named as in the API
 *   /?r=ID      what is related to a passage or article, with the same filters
 *   /?text      what is related to a pasted text (which is in no address)
 *   /?a=ID&mark=12-80#p3   an article, passage 3 in place, characters 12 to 80 of the article marked
 */
export function readAddress(href) {
  const { searchParams, hash } = new URL(href);
  const filters = {};
  for (const name of LISTS) filters[name] = searchParams.getAll(name).filter(Boolean);
  for (const name of SINGLE) filters[name] = searchParams.get(name) || "";
  if (searchParams.get("a")) {
    const mark = /^(\d+)-(\d+)$/.exec(searchParams.get("mark") || "");
    const passage = /^#p(\d+)$/.exec(hash);
    return {
      name: "article",
      target: searchParams.get("a"),
      mark: mark ? [Number(mark[1]), Number(mark[2])] : null,
      passage: passage ? Number(passage[1]) : null,
      filters,
    };
  }
  if (searchParams.get("r")) return { name: "related", target: searchParams.get("r"), filters };
  if (searchParams.has("text")) return { name: "text", filters };
  const question = (searchParams.get("q") || "").trim();
  return { name: question ? "answer" : "start", question, filters };
}

/** The address of a view: the inverse of readAddress. */
export function writeAddress(view) {
  const parameters = new URLSearchParams();
  if (view.name === "answer") parameters.set("q", view.question);
  if (view.name === "related") parameters.set("r", view.target);
  if (view.name === "text") parameters.set("text", "");
  if (view.name === "article") {
    parameters.set("a", view.target);
    if (view.mark) parameters.set("mark", view.mark.join("-"));
  }
  addFilters(parameters, view.filters);
  const written = parameters.toString().replace(/(^|&)text=(&|$)/, "$1text$2");
  return (written ? `/?${written}` : "/") + (view.passage ? `#p${view.passage}` : "");
}

function addFilters(parameters, filters = {}) {
  for (const name of LISTS) for (const value of filters[name] || []) parameters.append(name, value);
  for (const name of SINGLE) if (filters[name]) parameters.set(name, filters[name]);
}

/** The request that answers a view: [path, parameters]. Without `filtered`, what to count the filters' values in. */
export function request(view, k, filtered = true) {
  const parameters = new URLSearchParams();
  if (view.name === "answer") parameters.set("query", view.question);
  if (view.name === "related") parameters.set("target", view.target);
  const { mode, path, all, no_dates } = view.filters;
  addFilters(parameters, filtered ? view.filters : { mode, path, all, no_dates });
  if (view.name !== "answer") parameters.delete("no_dates"); // only a question has words that may be dates
  parameters.set("k", k);
  return [view.name === "answer" ? "/api/search" : "/api/related", parameters];
}

/** Whether a view is narrowed by anything, be it a way of searching that finds less. */
export function narrowed({ filters }) {
  const { source, language, since, until, path, mode, no_dates } = filters;
  return Boolean(source.length || language.length || since || until || path || mode || no_dates);
}

/** The address of the article a hit is in, with its passage in place and its answering sentence marked. */
export function articleAddress(hit) {
  const sentence = answering(hit.highlights);
  const mark = sentence && sentence.map((offset) => hit.char_start + offset);
  return writeAddress({ name: "article", target: hit.article_id, mark, passage: passageNumber(hit.passage_id) });
}

/** ARTICLE#3 → 3. */
export const passageNumber = (passageId) => Number(passageId.split("#").at(-1));

/** The answering sentence among a hit's highlights: the longest span; the others are words outside it. */
export function answering(highlights) {
  return highlights.reduce((best, span) => (!best || span[1] - span[0] > best[1] - best[0] ? span : best), null);
}
