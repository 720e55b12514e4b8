// The filters: publishers and languages with counts, a period with its histogram, the way of searching.

import { narrowed } from "./address.js";
import { el } from "./dom.js";
import { bins, firstDay, histogram, lastDay } from "./histogram.js";
import { language, languageName, longDate, number, t } from "./speech.js";

const SHOWN = 8;
let open = false; // on a narrow screen

/**
 * Fill the aside with the filters of a view. `base`: the hits without filters, in which values are counted, or null
 * while they are not known. `status`: of the index. `change(filters)` is called with what somebody chose.
 */
export function fillFilters(aside, view, base, status, change) {
  const focused = aside.contains(document.activeElement) ? document.activeElement.id : null;
  const set = (changes) => change({ ...view.filters, ...changes });
  const hits = base?.hits || [];
  const count = view.filters.source.length + view.filters.language.length + (view.filters.since || view.filters.until ? 1 : 0);
  const toggle = el(
    "button",
    { type: "button", id: "filters-open", "aria-expanded": String(open), "aria-controls": "filters-body" },
    count ? `${t("showFilters")} (${number(count)})` : t("showFilters"),
  );
  toggle.addEventListener("click", () => {
    open = !open;
    toggle.setAttribute("aria-expanded", String(open));
  });
  aside.replaceChildren(
    toggle,
    el(
      "div",
      { id: "filters-body" },
      sources(view, hits, status, set),
      period(view, hits, status, set),
      languages(view, hits, status, set),
      modes(view, set),
      hits.length > 1 && el("p", { class: "fine" }, t("counted", number(hits.length))),
    ),
  );
  aside.hidden = false;
  if (focused) document.getElementById(focused)?.focus();
}

/** What narrows a view, each with a button that takes it away; or null. */
export function chips(view, change) {
  const { filters } = view;
  if (!narrowed(view)) return null;
  const chip = (words, without) =>
    el("li", {}, el("button", { type: "button", class: "chip", "aria-label": t("remove", words), onclick: () => change({ ...filters, ...without }) },
      el("bdi", {}, words), el("span", { "aria-hidden": "true" }, " ×")));
  const found = [
    ...filters.source.map((name) => chip(name, { source: filters.source.filter((other) => other !== name) })),
    filters.since && chip(t("sinceChip", longDate(filters.since)), { since: "" }),
    filters.until && chip(t("untilChip", longDate(filters.until)), { until: "" }),
    ...filters.language.map((code) => chip(languageName(code), { language: filters.language.filter((other) => other !== code) })),
    filters.path && chip(t("pathChip", filters.path), { path: "" }),
    filters.no_dates && chip(t("datesOff"), { no_dates: "" }),
    filters.mode && chip(t(filters.mode) || filters.mode, { mode: "" }),
  ];
  return el("ul", { class: "chips", "aria-label": t("filters") }, found.filter(Boolean));
}

/** How often each value occurs, under the spelling met first: filters do not tell upper from lower case. */
function counted(values) {
  const spelling = new Map();
  const counts = new Map();
  for (const value of values.filter(Boolean)) {
    const key = value.toLowerCase();
    if (!spelling.has(key)) spelling.set(key, value);
    counts.set(spelling.get(key), (counts.get(spelling.get(key)) || 0) + 1);
  }
  return counts;
}

/** Check boxes for the most frequent values and for those that are chosen. */
function boxes(name, counts, chosen, named, set) {
  const byCount = [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], language()));
  const same = (value) => (other) => other.toLowerCase() === value.toLowerCase();
  const offered = byCount.slice(0, SHOWN).map(([value]) => value);
  const values = [...offered, ...chosen.filter((value) => !offered.some(same(value)))];
  return values.map((value) => {
    const box = el("input", { type: "checkbox", id: `${name}-${value}`, checked: chosen.some(same(value)) });
    box.addEventListener("change", () => {
      set({ [name]: box.checked ? [...chosen, value] : chosen.filter((other) => !same(value)(other)) });
    });
    return el("label", { class: "choice" }, box, el("bdi", {}, named(value)),
      counts.has(value) && el("span", { class: "count" }, number(counts.get(value))));
  });
}

function sources(view, hits, status, set) {
  const chosen = view.filters.source;
  const known = Object.keys(status?.sources || {});
  const other = el("input", { id: "other-source", list: "known-sources", placeholder: t("otherSourceHint"), "aria-label": t("otherSource"), maxlength: 200 });
  other.addEventListener("change", () => {
    const value = other.value.trim();
    if (value && !chosen.includes(value)) set({ source: [...chosen, value] });
  });
  return el("fieldset", {}, el("legend", {}, t("source")),
    boxes("source", counted(hits.map((hit) => hit.source)), chosen, (name) => name, set),
    known.length > 1 && [other, el("datalist", { id: "known-sources" }, known.slice(0, 500).map((name) => el("option", { value: name })))]);
}

function period(view, hits, status, set) {
  const { since, until } = view.filters;
  const dates = hits.map((hit) => hit.published);
  const picture = histogram(dates, { since, until }, (from, to) => set({ since: from, until: to }));
  const { bars, undated } = bins(dates);
  const { first, last } = status?.published || {};
  const field = (id, words, value, end) => {
    const input = el("input", { type: "date", id, value, min: firstDay(first), max: lastDay(last) });
    input.addEventListener("change", () => {
      if (!input.value || input.value >= "1000") set({ [end]: input.value });
    });
    return el("label", { class: "date" }, words, input);
  };
  return el("fieldset", {}, el("legend", {}, t("published")),
    picture && el("div", { class: "time", title: t("histogramHint") }, picture,
      el("p", { class: "ends", "aria-hidden": "true" }, el("span", {}, longDate(bars[0].name)), el("span", {}, longDate(bars.at(-1).name)))),
    el("div", { class: "dates" }, field("since", t("since"), firstDay(since), "since"), field("until", t("until"), lastDay(until), "until")),
    undated > 0 && el("p", { class: "fine" }, t("undated", number(undated))));
}

function languages(view, hits, status, set) {
  const known = Object.keys(status?.languages || {});
  const chosen = view.filters.language;
  if (known.length < 2 && !chosen.length) return null;
  const counts = counted(hits.map((hit) => hit.language));
  if (!counts.size && !chosen.length) return null;
  return el("fieldset", {}, el("legend", {}, t("articleLanguage")),
    boxes("language", counts, chosen, languageName, set));
}

function modes(view, set) {
  const chosen = view.filters.mode || "hybrid";
  const field = el("select", { id: "mode" }, ["hybrid", "semantic", "lexical"].map((mode) =>
    el("option", { value: mode, selected: mode === chosen }, t(mode))));
  field.addEventListener("change", () => set({ mode: field.value === "hybrid" ? "" : field.value }));
  return el("fieldset", {}, el("legend", {}, el("label", { for: "mode" }, t("mode"))), field);
}
