"""What `scripts.bench` found, as JSON, as a Markdown table and as a picture (pure but for `write`)."""

import json
from pathlib import Path
from statistics import median
from typing import Any

TOOLS = {
    "telusur": "Telusur",
    "faiss": "sentence-transformers + FAISS",
    "txtai": "txtai",
    "chroma": "Chroma",
    "lancedb": "LanceDB",
}
CLOCK, PROCESSOR, MEMORY = "clock", "processor", "memory"
INK, OWN, OTHER = "#1f2933", "#b3411e", "#9aa5b1"


def write(out: Path, found: dict[str, Any]) -> None:
    """Write OUT.json, OUT.md and OUT.svg."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".md").write_text(table(found), encoding="utf-8")
    out.with_suffix(".svg").write_text(picture(found), encoding="utf-8")


def table(found: dict[str, Any]) -> str:
    """A Markdown table: a row a task, a column a tool; medians, least and most in brackets, losing rows included."""
    figures = found["figures"]
    rows = [["", *TOOLS.values()], ["---", *["---:"] * len(TOOLS)]]

    def row(title: str, cell: Any) -> None:
        rows.append([title, *(cell(name) for name in TOOLS)])

    tasks = [("ask", "a question, from the start of the process"), ("update", "one article changed")]
    if "index" in figures["telusur"]:
        tasks.append(("index", "all passages, encoding included"))
    for task, title in tasks:
        row(f"{title}: s by the clock", lambda name, task=task: _spread(figures[name].get(task), CLOCK))
        row(f"{title}: s of the processor", lambda name, task=task: _spread(figures[name].get(task), PROCESSOR))
    row("a question in an open process, ms", lambda name: _warm(figures[name].get("warm")))
    row("memory at most, a question, MB", lambda name: _spread(figures[name].get("ask"), MEMORY, "{:.0f}"))
    if "index" in figures["telusur"]:
        row("memory at most, indexing, MB", lambda name: _spread(figures[name].get("index"), MEMORY, "{:.0f}"))
    row("on disk, MB", lambda name: f"{found['disk'][name]:.1f}")
    row("storing ready vectors, s of the processor", lambda name: _spread(figures[name].get("build"), PROCESSOR))
    row("encoding, passages a second", lambda name: _rate(found, name, 0))
    row("encoding, passages a second of the processor", lambda name: _rate(found, name, 1))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def ratio(found: dict[str, Any], task: str, name: str, what: str) -> float:
    """How many times as long as Telusur `name` took: the median over turns of the ratio within each."""
    turns = zip(found["figures"][name][task], found["figures"]["telusur"][task], strict=False)
    return median(theirs[what] / own[what] for theirs, own in turns)


def picture(found: dict[str, Any]) -> str:
    """Bars, SVG: seconds of the processor for a question and for an update, each from the start of a process."""
    panels = (("ask", "One question, asked from the command line"), ("update", "One article changed in the index"))
    width, left, bar, gap, high = 860, 250, 24, 12, 236
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {2 * high + 24}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="15" fill="{INK}">',
        "<title>Processor time of a question and of an update, Telusur and others</title>",
        f'<rect width="{width}" height="{2 * high + 24}" fill="#ffffff"/>',
    ]
    for number, (task, title) in enumerate(panels):
        top = 16 + number * high
        seconds = {name: _median(found["figures"][name][task], PROCESSOR) for name in TOOLS}
        scale = (width - left - 150) / max(seconds.values())
        parts.append(f'<text x="24" y="{top + 16}" font-size="17" font-weight="600">{title}</text>')
        for place, (name, label) in enumerate(TOOLS.items()):
            y = top + 34 + place * (bar + gap)
            long = max(2, seconds[name] * scale)
            beside = "" if name == "telusur" else f" · {ratio(found, task, name, PROCESSOR):.1f}×"
            parts.append(f'<text x="{left - 12}" y="{y + 17}" text-anchor="end">{label}</text>')
            colour = OWN if name == "telusur" else OTHER
            parts.append(f'<rect x="{left}" y="{y}" width="{long:.0f}" height="{bar}" rx="3" fill="{colour}"/>')
            parts.append(f'<text x="{left + long + 10:.0f}" y="{y + 17}">{seconds[name]:.2f} s{beside}</text>')
    foot = f"Seconds of the processor, {found['passages']:,} passages, same encoder: shorter is better."
    parts.append(f'<text x="24" y="{2 * high + 12}" font-size="13" fill="#52606d">{foot}</text></svg>')
    return "\n".join(parts) + "\n"


def _median(runs: list[dict[str, Any]], what: str) -> float:
    return median(run[what] for run in runs)


def _spread(runs: list[dict[str, Any]] | None, what: str, shape: str = "{:.2f}") -> str:
    if not runs:
        return ""
    values = sorted(run[what] for run in runs)
    middle = shape.format(median(values))
    return middle if len(values) == 1 else f"{middle} [{shape.format(values[0])}, {shape.format(values[-1])}]"


def _warm(runs: list[dict[str, Any]] | None) -> str:
    seconds = sorted(1000 * one for run in runs or [] for one in run["inside"])
    return f"{median(seconds):.0f} [{seconds[0]:.0f}, {seconds[-1]:.0f}]" if seconds else ""


def _rate(found: dict[str, Any], name: str, part: int) -> str:
    runs = found["figures"][name].get("encode")
    if not runs:
        return "as FAISS" if name != "txtai" else ""
    rates = sorted(found["sample"] / run["inside"][part] for run in runs)
    return f"{median(rates):.1f}"
