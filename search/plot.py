"""A timeline as a picture: SVG that reads in light and dark, made by hand. Pure: facts in, a string out.

Time runs from left to right, a bar is a day, month or year. What is dated less precisely than that is a wide pale bar
over all of its month or year; what is undated stands apart on the right.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from html import escape

from index.text import clean
from search.timeline import LENGTH, Period, Timeline, summary

WIDTH, HEIGHT = 800, 360
LEFT, RIGHT, TOP, BOTTOM = 48, 24, 76, 64
WIDEST = 64  # bar, when there are few
UNDATED = 84  # at the right, where there is something undated

_STYLE = """
svg { --paper: #fff; --ink: #1b1b1b; --soft: #5c5c5c; --line: #d9d9d9; --bar: #1f5fa8; --pale: #9cc3ee; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #17191c; --ink: #ececec; --soft: #a8a8a8; --line: #3a3d41; --bar: #6aaef5; --pale: #34587f; }
}
text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.title { font-size: 17px; font-weight: 600; fill: var(--ink); }
.paper { fill: var(--paper); } .grid { stroke: var(--line); } .bar { fill: var(--bar); } .pale { fill: var(--pale); }
.span { fill: var(--pale); opacity: .55; }
"""


def plotted(found: Timeline) -> str:
    """The picture, a whole SVG document."""
    dated = [one for one in found.periods if one.precision == found.unit]
    most = max([1, len(found.undated), *(len(one.hits) for one in found.periods)])
    right = WIDTH - RIGHT - (UNDATED if found.undated else 0)
    first, last = _ends(found.periods)
    scale = (right - LEFT) / max(1, (last - first).days)

    def x(day: date) -> float:
        return LEFT + (day - first).days * scale

    def y(count: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * count / most

    title = _text(found.answer.query)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        ' role="img" aria-labelledby="t d">',
        f'<title id="t">{title}</title><desc id="d">{_text(summary(found))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>',
        f'<text class="title" x="{LEFT}" y="30">{_text(_cut(found.answer.query, 80))}</text>',
        f'<text x="{LEFT}" y="52">{_text(summary(found))}</text>',
    ]
    for count in sorted({0, most, *range(0, most + 1, max(1, -(-most // 4)))}):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(count):.1f}" y2="{y(count):.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(count) + 4:.1f}" text-anchor="end">{count}</text>')
    for one in sorted(found.periods, key=lambda one: len(one.period)):  # the wide ones behind the others
        begin, end = _bounds(one.period)
        width = (end - begin).days * scale
        what = _text(f"{one.period}: {_reports(one)}")
        if one not in dated:
            parts.append(_bar("span", x(begin), width, y(len(one.hits)), y(0), f"{what}, {found.unit} not known"))
            continue
        gap = max(min(1.5, width * 0.12), (width - WIDEST) / 2)
        stated = len(one.hits) - one.inferred
        parts.append(_bar("pale", x(begin) + gap, width - 2 * gap, y(len(one.hits)), y(stated), what))
        parts.append(_bar("bar", x(begin) + gap, width - 2 * gap, y(stated), y(0), what))
    for name in _ticks(first, last, found.unit) if found.periods else ():
        begin, end = _bounds(name)
        middle = x(begin) + (end - begin).days * scale / 2
        parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{name}</text>')
    if found.undated:
        middle = WIDTH - RIGHT - UNDATED / 2 + 12
        parts.append(_bar("span", middle - 18, 36, y(len(found.undated)), y(0), f"undated: {len(found.undated)}"))
        parts.append(f'<text x="{middle}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">undated</text>')
    parts += _legend(found)
    return "\n".join([*(part for part in parts if part), "</svg>\n"])


def _legend(found: Timeline) -> Iterator[str]:
    words = {
        "bar": "date as published" if any(len(one.hits) > one.inferred for one in found.periods) else "",
        "pale": "date inferred from the text" if any(one.inferred for one in found.periods) else "",
        "span": f"{found.unit} not known" if any(one.precision != found.unit for one in found.periods) else "",
    }
    at = float(LEFT)
    for name, said in words.items():
        if said:
            yield f'<rect class="{name}" x="{at:.0f}" y="{HEIGHT - 26}" width="12" height="12"/>'
            yield f'<text x="{at + 18:.0f}" y="{HEIGHT - 16}">{said}</text>'
            at += 44 + 6.4 * len(said)


def _bar(name: str, x: float, width: float, top: float, bottom: float, what: str) -> str:
    if bottom - top < 0.05:
        return ""
    box = f'x="{x:.1f}" y="{top:.1f}" width="{max(width, 1.0):.1f}" height="{bottom - top:.1f}"'
    return f'<rect class="{name}" {box}><title>{what}</title></rect>'


def _reports(one: Period) -> str:
    inferred = f", {one.inferred} of them dated by inference" if one.inferred else ""
    return f"{len(one.hits)} report{'s' * (len(one.hits) != 1)}{inferred}"


def _bounds(period: str) -> tuple[date, date]:
    """The first day of a period, and the day after its last."""
    first = date.fromisoformat((period + "-01-01")[:10])
    if len(period) == 10:
        return first, first + timedelta(days=1)
    if len(period) == 4:
        return first, _clipped(first.year + 1, 1)
    return first, _clipped(first.year + first.month // 12, first.month % 12 + 1)


def _clipped(year: int, month: int) -> date:
    return date(year, month, 1) if year <= date.max.year else date.max


def _ends(periods: tuple[Period, ...]) -> tuple[date, date]:
    bounds = [_bounds(one.period) for one in periods]
    if not bounds:
        return date(2000, 1, 1), date(2000, 1, 2)
    return min(first for first, _ in bounds), max(last for _, last in bounds)


def _ticks(first: date, last: date, unit: str) -> Iterator[str]:
    """At most five periods to be named below the axis, the first and the last among them, evenly between."""
    days = (last - first).days - 1
    evenly = ((first + timedelta(days=round(days * part / 4))).isoformat() for part in range(5))
    yield from dict.fromkeys(day[: LENGTH[unit]] for day in evenly)


def _text(text: str) -> str:
    """Safe inside XML, which has no place for some characters at all."""
    return escape("".join(" " if ord(c) in (0xFFFE, 0xFFFF) or "\ud800" <= c <= "\udfff" else c for c in clean(text)))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
