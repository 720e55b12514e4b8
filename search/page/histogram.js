// Hits over time: bars to see when, and to drag over for a period. The date fields beside it do the same by keyboard.

import { svg } from "./dom.js";
import { longDate, number, t } from "./speech.js";

const WIDTH = 240;
const HEIGHT = 56;
const UNITS = [["day", 10, 45], ["month", 7, 72], ["year", 4, Infinity]];

/** First day of a day, month or year. */
export const firstDay = (iso) => iso && `${iso}-01-01`.slice(0, 10);

/** Last day of a day, month or year. */
export function lastDay(iso) {
  if (!iso || iso.length >= 10) return iso;
  const [year, month = 12] = iso.split("-").map(Number);
  const at = new Date(Date.UTC(2000, month, 0)); // 2000 is a leap year as year 0 is; the year is set after
  at.setUTCFullYear(year, month, 0);
  return `${iso.slice(0, 4)}-${String(month).padStart(2, "0")}-${String(at.getUTCDate()).padStart(2, "0")}`;
}

/**
 * Bins {name, count} from the first to the last of some ISO dates, by day, month or year, whichever gives few enough
 * bars; and how many dates are missing or less exact than a bin.
 */
export function bins(dates) {
  for (const [unit, length, most] of UNITS) {
    const exact = dates.filter((date) => date && date.length >= length).map((date) => date.slice(0, length)).sort();
    const rough = dates.length - exact.length;
    if (unit !== "year" && rough > dates.filter((date) => !date).length + dates.length / 5) continue;
    if (!exact.length) continue;
    const names = every(exact[0], exact.at(-1), unit, most);
    if (!names) continue;
    const counts = new Map(names.map((name) => [name, 0]));
    for (const name of exact) counts.set(name, counts.get(name) + 1);
    return { unit, bars: names.map((name) => ({ name, count: counts.get(name) })), undated: rough };
  }
  return { unit: "year", bars: [], undated: dates.length };
}

function every(first, last, unit, most) {
  const names = [];
  const at = new Date(`${firstDay(first)}T00:00:00Z`);
  const length = last.length;
  for (;;) {
    const name = at.toISOString().slice(0, length);
    names.push(name);
    if (name >= last) return names;
    if (names.length >= most) return null;
    if (unit === "day") at.setUTCDate(at.getUTCDate() + 1);
    else if (unit === "month") at.setUTCMonth(at.getUTCMonth() + 1);
    else at.setUTCFullYear(at.getUTCFullYear() + 1);
  }
}

/** The bars as SVG; `choose(since, until)` is called with whole days when a bar is clicked or bars are dragged over. */
export function histogram(dates, { since, until }, choose) {
  const { bars } = bins(dates);
  if (bars.length < 2) return null;
  const most = bars.reduce((best, bar) => (bar.count > best.count ? bar : best));
  const step = WIDTH / bars.length;
  const inside = ({ name }) => (!since || lastDay(name) >= firstDay(since)) && (!until || firstDay(name) <= lastDay(until));
  const label = t("histogram", longDate(bars[0].name), longDate(bars.at(-1).name), number(most.count), longDate(most.name));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "histogram", role: "img", "aria-label": label });
  const columns = bars.map((bar, n) => {
    const height = bar.count ? Math.max(3, (bar.count / most.count) * (HEIGHT - 2)) : 0;
    const column = svg("g", { class: inside(bar) ? "bar in" : "bar" });
    const title = svg("title");
    title.textContent = `${longDate(bar.name)}: ${number(bar.count)}`;
    const gap = Math.min(2, step / 4);
    column.append(
      title,
      svg("rect", { class: "reach", x: n * step, y: 0, width: step, height: HEIGHT }),
      svg("rect", { class: "count", x: n * step + gap / 2, y: HEIGHT - height, width: step - gap, height }),
    );
    picture.append(column);
    return column;
  });
  picture.append(svg("line", { x1: 0, x2: WIDTH, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5, class: "ground" }));

  let from = null;
  const under = (event) => {
    const box = picture.getBoundingClientRect();
    const n = Math.floor(((event.clientX - box.left) / box.width) * bars.length);
    return Math.max(0, Math.min(bars.length - 1, n));
  };
  const span = (event) => [from, under(event)].sort((a, b) => a - b);
  picture.addEventListener("pointerdown", (event) => {
    from = under(event);
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  picture.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const [low, high] = span(event);
    columns.forEach((column, n) => column.setAttribute("class", n >= low && n <= high ? "bar in" : "bar"));
  });
  picture.addEventListener("pointerup", (event) => {
    if (from === null) return;
    const [low, high] = span(event);
    from = null;
    choose(firstDay(bars[low].name), lastDay(bars[high].name));
  });
  picture.addEventListener("pointercancel", () => {
    from = null;
  });
  return picture;
}
